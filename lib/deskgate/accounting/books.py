"""The cost books of all bots: from what is carried of them at a cut, else from where each bot started.

A book of finished days is a position, its cost, and what was realised and paid by then. It is taken only where it was made
of the same: the same starts, sides and accounted bots, and the same fills before its cut that are not finished (of finished
ones `FillHistory` knows that they stay). Else all agreed fills are booked again.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import polars as pl

from deskgate.accounting.cost_book import Method, average_cost, book_fills
from deskgate.accounting.starts import starts, unknown_start
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.fill_history import CarriedBooks
from deskgate.case.tolerances import MONEY
from deskgate.case.values import not_linear
from deskgate.reconciliation.accounts.hedged import by_side, plain
from deskgate.reconciliation.agreed import agreed_fills, in_order, unconfirmed, unfinished_agreed
from deskgate.reconciliation.agreed_moves import agreed_moves
from deskgate.reconciliation.fill_fees import base_change, fee_in_quote, moved_value

__all__ = ["Books", "book_all", "books_since", "carry_books", "key_of", "unaccounted"]

_KEY = ["bot", "key"]
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


def book_all(case: Case, method: Method) -> pl.DataFrame:
    """Return what every agreed fill since the starts realised by a method: the rows of `profits`."""
    return _book(case, agreed_fills(case), _started(case), method)


@per_case
def _newest(case: Case) -> Books:
    carried, history = _carried(case), case.fill_history
    if carried is None or history is None:
        return Books(None, _started(case), _no_sums(case), book_all(case, average_cost).lazy())
    held, sums = _at(case, carried, history.cut)
    later = unfinished_agreed(case).filter(pl.col("ts") >= history.cut)
    return Books(history.cut, held, sums, _book(case, later, held, average_cost).lazy())


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
    held = _held_after(before.held, new).with_columns(cut=pl.lit(cut, pl.Datetime("us", "UTC")))
    made_of = _digest(case, cut, rest, held)
    sums = _add_sums(before.sums, new).with_columns(cut=pl.lit(cut, pl.Datetime("us", "UTC")))
    if carried:
        held, sums = (
            pl.concat([old, now.select(old.columns)]) for old, now in ((carried.held, held), (carried.sums, sums))
        )
    files = carried.files if carried else ()
    return CarriedBooks(made_of, held, sums, files), new


def _digest(case: Case, cut: datetime, unfinished: pl.DataFrame, held: pl.DataFrame) -> str:
    """Return a digest of all that books of some positions at a cut are made of beside finished fills."""
    bots = _accounted(case)
    moved = agreed_moves(case).filter(pl.col("first_ts") < cut)
    keys = moved.select("bot", "pair", "held_side").unique().with_columns(market="pair")
    sides = by_side(case, keys).sort(pl.all())
    begun = (
        starts(case)
        .join(held, left_on=["bot", "pair"], right_on=_KEY, how="semi", maintain_order="left")
        # Where a bot without a fill begins is nothing that its books are made of.
        .with_columns(pl.when(pl.col("bot").is_in(moved["bot"].unique().implode())).then("opened"))
    )
    before = unfinished.filter(pl.col("bot").is_in(bots), pl.col("ts") < cut).sort(pl.all())
    made_of = (bots, begun.rows(), sides.rows(), before.rows())
    return sha256(repr(made_of).encode()).hexdigest()


def _book(case: Case, fills: pl.DataFrame, held: pl.DataFrame, method: Method) -> pl.DataFrame:
    begun = starts(case).filter(pl.col("bot").is_in(_accounted(case)))
    since = (
        _valued(case, fills)
        .join(begun.select("bot", key="pair", opened="opened"), on=_KEY, maintain_order="left")
        .filter(pl.col("ts") >= pl.col("opened"))
        .sort("bot", "ts", "trade_id", maintain_order=True)
    )
    booked, _ = book_fills(since, held, by=_KEY, method=method)
    side = pl.when(pl.col("key") != pl.col("pair")).then("held_side")
    return booked.with_columns(held_side=side).select(_BOOKED)


def _valued(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    """Return the fills up to the day's end with key (the pair or its side), base and value, as a cost book takes them."""
    inside = in_order(fills.filter(pl.col("bot").is_in(_accounted(case)), pl.col("ts") < case.end))
    moved = inside.with_columns(
        notional=notional(pl.col("price"), pl.col("quantity")),
        base=base_change(case),
        value=moved_value(case),
        fee_quote=fee_in_quote(case),
    )
    return by_side(case, moved).rename({"pair": "key"}).with_columns(pair=plain(pl.col("key")))


@per_case
def _reasons(case: Case) -> dict[str, str | None]:
    names = [bot.name for bot in case.desk.judged]
    huge = set(agreed_moves(case).filter(pl.col("unvalued") > 0, pl.col("first_ts") < case.end)["bot"])
    return {
        name: unconfirmed(case, name)
        or not_linear(case, name)
        or unknown_start(case, name)
        or (f"price times quantity of a fill of {name} is larger than an amount can be" if name in huge else None)
        for name in names
    }


def unaccounted(case: Case, bot: str) -> str | None:
    """Return why what a bot realised is not known, or None where it is."""
    return _reasons(case)[bot]


def _accounted(case: Case) -> list[str]:
    return [bot.name for bot in case.desk.judged if unaccounted(case, bot.name) is None]


def key_of() -> pl.Expr:
    """Return the position that a row of `profits` is of: its pair, or the side of it."""
    return pl.when(pl.col("held_side").is_null()).then("pair").otherwise(pl.format("{} {}", "pair", "held_side"))


def _started(case: Case) -> pl.DataFrame:
    held = starts(case).filter(pl.col("bot").is_in(_accounted(case)))
    return held.select("bot", "position", "cost", key="pair").select(*_KEY, "position", "cost")


def _no_sums(case: Case) -> pl.DataFrame:
    bots = pl.DataFrame({"bot": _accounted(case)}, schema={"bot": pl.String})
    zero = pl.lit(0, MONEY)
    none = pl.lit([], pl.List(pl.String))
    return bots.with_columns(realized=zero, fee_quote=zero, unknown=pl.lit(0, pl.Int64), tokens=none)


def _at(case: Case, carried: CarriedBooks, cut: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    held, sums = (rows.filter(pl.col("cut") == cut).drop("cut") for rows in (carried.held, carried.sums))
    # What was not traded before the cut is held as it was at the start.
    return pl.concat([held, _started(case).join(held, on=_KEY, how="anti")]).sort(_KEY), sums


def _held_after(held: pl.DataFrame, fills: pl.DataFrame) -> pl.DataFrame:
    last = (
        fills.with_columns(key=key_of()).group_by(_KEY).agg(now=pl.col("position").last(), costs=pl.col("cost").last())
    )
    return held.join(last, on=_KEY, how="left", maintain_order="left").select(
        *_KEY, position=pl.coalesce("now", "position"), cost=pl.coalesce("costs", "cost")
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
