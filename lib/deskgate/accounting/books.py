"""The cost books of all bots: from what is carried of them at a cut, else from where each bot started.

A book of finished days is a position, its cost and its lots, and what was realised and paid by then. It is taken only where
it was made of the same: the same method, starts, sides and accounted bots, and the same fills before its cut that are not
finished (of finished ones `FillHistory` knows that they stay). Else all agreed fills are booked again.

The method is the desk's (`[desk] accounting`). A desk that books first in, first out carries the position by average cost too,
for what is compared with a controller's own count.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import polars as pl

from deskgate.accounting.cost_book import METHODS, book_fills
from deskgate.accounting.moved_fills import KEY, accounted, moved_fills
from deskgate.accounting.starts import starts
from deskgate.case.case import Case, per_case
from deskgate.case.fill_history import CarriedBooks
from deskgate.case.tolerances import MONEY
from deskgate.config.accounting import Accounting
from deskgate.reconciliation.accounts.hedged import by_side
from deskgate.reconciliation.agreed import agreed_fills, unfinished_agreed
from deskgate.reconciliation.agreed_moves import agreed_moves

__all__ = ["Books", "books_since", "carry_books", "fills_by_average", "key_of"]

_BOOKED = (
    *("bot", "pair", "trade_id", "order_id", "ts", "side", "held_side", "liquidity", "price", "quantity", "notional"),
    *("position", "cost", "realized", "fee_quote", "fee_token"),
)


@dataclass(frozen=True)
class Books:
    """What every bot that can be accounted held at an instant, had realised and paid by then, and its fills since.

    `since` is that instant, None where it is each bot's start. `held`: bot, key (the pair or its side), position, cost.
    `sums`: bot, realized, fee_quote, unknown (of how many fills the fee is not known in quote), tokens (theirs). `fills` is
    a query over the rows of `profits`, those of each bot in their order. All Decimal(38, 18).
    """

    since: datetime | None
    held: pl.DataFrame
    sums: pl.DataFrame
    fills: pl.LazyFrame

    def sums_after(self) -> pl.DataFrame:
        """Return `sums` with those of `fills`."""
        return _add_sums(self.sums, self.fills.collect())


def books_since(case: Case, since: datetime | None) -> Books:
    """Return the newest books that have every fill since an instant; None: since each bot's start."""
    newest = _newest(case)
    if newest.since is None or (since is not None and since >= newest.since):
        return newest
    carried = case.fill_history.books if case.fill_history else None
    if carried is None:
        raise ValueError("books of a cut are of a history that has them")
    later = sum(cut <= since for cut in carried.cuts) if since is not None else 0
    at = _at(case, carried, carried.cuts[later - 1]) if later else (_started(case), _no_sums(case))
    fills = pl.concat([pl.scan_parquet(list(carried.files[later:]), glob=False), newest.fills])
    return Books(carried.cuts[later - 1] if later else None, *at, fills)


@per_case
def fills_by_average(case: Case) -> pl.LazyFrame:
    """Return the rows of `profits` by average cost, whatever the desk's method: those since the newest books, the day's among them."""
    if case.desk.accounting is Accounting.AVERAGE:
        return _newest(case).fills
    return _book(case, Accounting.AVERAGE).lazy()


@per_case
def _newest(case: Case) -> Books:
    carried, history = _carried(case), case.fill_history
    fills = _book(case, case.desk.accounting).lazy()
    if carried is None or history is None:
        return Books(None, _started(case), _no_sums(case), fills)
    return Books(history.cut, *_at(case, carried, history.cut), fills)


@per_case
def _carried(case: Case) -> CarriedBooks | None:
    """Return the books of a case's history, if they are of what the case has."""
    history = case.fill_history
    if history is None or history.books is None:
        return None
    held = history.books.held.filter(pl.col("cut") == history.cut)
    made_of = _digest(case, history.cut, unfinished_agreed(case), held)
    return history.books if history.books.made_of == made_of else None


def carry_books(case: Case, cut: datetime, finished: pl.DataFrame) -> tuple[CarriedBooks, pl.DataFrame] | None:
    """Return the books at a later cut, without the file of the fills that are new in them, and these fills.

    Parameters
    ----------
    finished
        The fills that are new in the history of that cut: bot, pair, trade_id.
    """
    if case.end < cut:
        return None
    before, carried = _newest(case), _carried(case)
    new = before.fills.filter(pl.col("ts") < cut).collect()
    rest = unfinished_agreed(case).join(finished, on=["bot", "pair", "trade_id"], how="anti")
    held = _held_after(before.held, new)
    lots = _lots_after(case, cut, held)
    held = held.with_columns(cut=pl.lit(cut, pl.Datetime("us", "UTC")))
    made_of = _digest(case, cut, rest, held)
    sums = _add_sums(before.sums, new).with_columns(cut=pl.lit(cut, pl.Datetime("us", "UTC")))
    if carried:
        held, sums = (
            pl.concat([old, now.select(old.columns)]) for old, now in ((carried.held, held), (carried.sums, sums))
        )
    files = carried.files if carried else ()
    return CarriedBooks(made_of, held, sums, lots, files), new


def _digest(case: Case, cut: datetime, unfinished: pl.DataFrame, held: pl.DataFrame) -> str:
    """Return a digest of all that books of some positions at a cut are made of beside finished fills."""
    bots = accounted(case)
    moved = agreed_moves(case).filter(pl.col("first_ts") < cut)
    keys = moved.select("bot", "pair", "held_side").unique().with_columns(market="pair")
    sides = by_side(case, keys).sort(pl.all())
    begun = (
        starts(case)
        .join(held, left_on=["bot", "pair"], right_on=KEY, how="semi", maintain_order="left")
        # Where a bot without a fill begins is nothing that its books are made of.
        .with_columns(pl.when(pl.col("bot").is_in(moved["bot"].unique().implode())).then("opened"))
    )
    before = unfinished.filter(pl.col("bot").is_in(bots), pl.col("ts") < cut).sort(pl.all())
    made_of = (str(case.desk.accounting), bots, begun.rows(), sides.rows(), before.rows())
    return sha256(repr(made_of).encode()).hexdigest()


def _book(case: Case, accounting: Accounting) -> pl.DataFrame:
    """Return the rows of `profits` since the newest books by a method."""
    booked, _ = book_fills(_moved(case), _lots(case, accounting), by=KEY, method=METHODS[accounting])
    side = pl.when(pl.col("key") != pl.col("pair")).then("held_side")
    return booked.with_columns(held_side=side).select(_BOOKED)


def _lots(case: Case, accounting: Accounting) -> pl.DataFrame:
    """Return the lots by a method at the newest books' instant: bot, key, position, cost."""
    carried, history = _carried(case), case.fill_history
    if carried is None or history is None:
        return _started(case)
    lots = carried.lots.filter(pl.col("accounting") == accounting).drop("accounting")
    booked = carried.held.filter(pl.col("cut") == history.cut)
    return pl.concat([lots, _started(case).join(booked, on=KEY, how="anti")])


def _lots_after(case: Case, cut: datetime, held: pl.DataFrame) -> pl.DataFrame:
    """Return the lots at a later cut where `held` is held, by each method that is needed: accounting, bot, key, position, cost."""
    if case.desk.accounting is Accounting.AVERAGE:
        # By average cost a position is one lot.
        return _named(held, Accounting.AVERAGE)
    moved = _moved(case).filter(pl.col("ts") < cut)
    return pl.concat(
        _named(book_fills(moved, _lots(case, each), by=KEY, method=METHODS[each])[1], each) for each in Accounting
    )


def _named(lots: pl.DataFrame, accounting: Accounting) -> pl.DataFrame:
    return lots.select(pl.lit(accounting.value).alias("accounting"), *KEY, "position", "cost")


def _moved(case: Case) -> pl.DataFrame:
    """Return what the fills since the newest books moved, see `moved_fills`."""
    history = case.fill_history
    if _carried(case) is None or history is None:
        return moved_fills(case, agreed_fills(case))
    return moved_fills(case, unfinished_agreed(case).filter(pl.col("ts") >= history.cut))


def key_of() -> pl.Expr:
    """Return the position that a row of `profits` is of: its pair, or the side of it."""
    return pl.when(pl.col("held_side").is_null()).then("pair").otherwise(pl.format("{} {}", "pair", "held_side"))


def _started(case: Case) -> pl.DataFrame:
    held = starts(case).filter(pl.col("bot").is_in(accounted(case)))
    return held.select("bot", "position", "cost", key="pair").select(*KEY, "position", "cost")


def _no_sums(case: Case) -> pl.DataFrame:
    bots = pl.DataFrame({"bot": accounted(case)}, schema={"bot": pl.String})
    zero = pl.lit(0, MONEY)
    none = pl.lit([], pl.List(pl.String))
    return bots.with_columns(realized=zero, fee_quote=zero, unknown=pl.lit(0, pl.Int64), tokens=none)


def _at(case: Case, carried: CarriedBooks, cut: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    held, sums = (rows.filter(pl.col("cut") == cut).drop("cut") for rows in (carried.held, carried.sums))
    # What was not traded before the cut is held as it was at the start.
    return pl.concat([held, _started(case).join(held, on=KEY, how="anti")]).sort(KEY), sums


def _held_after(held: pl.DataFrame, fills: pl.DataFrame) -> pl.DataFrame:
    last = (
        fills.with_columns(key=key_of()).group_by(KEY).agg(now=pl.col("position").last(), costs=pl.col("cost").last())
    )
    return held.join(last, on=KEY, how="left", maintain_order="left").select(
        *KEY, position=pl.coalesce("now", "position"), cost=pl.coalesce("costs", "cost")
    )


def _add_sums(sums: pl.DataFrame, fills: pl.DataFrame) -> pl.DataFrame:
    unknown = pl.col("fee_quote").is_null()
    new = fills.group_by("bot").agg(
        pl.col("realized", "fee_quote").sum(),
        unknown=unknown.sum().cast(pl.Int64),
        tokens=pl.col("fee_token").filter(unknown).drop_nulls().unique().sort(),
    )
    both = pl.concat([sums, new.select(sums.columns)]).filter(pl.col("bot").is_in(sums["bot"].implode()))
    return both.group_by("bot", maintain_order=True).agg(
        pl.col("realized", "fee_quote", "unknown").sum(), pl.col("tokens").explode().drop_nulls().unique().sort()
    )
