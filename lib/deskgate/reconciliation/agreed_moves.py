"""What the agreed fills moved: those of finished days added up between account snapshots, all others one by one.

Accounts, starts and funding need of an old fill only what it moved, and by when. Between two instants at which anything is
compared (the account's snapshots, the opening, where measuring begins) finished fills therefore count as one; the sums are
of decimals, so that what is rolled forward from them is the same to the last place.
"""

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.tolerances import MONEY
from deskgate.case.values import openings
from deskgate.reconciliation.agreed import as_agreed, cash_flow, in_order, signed, unfinished_agreed
from deskgate.reconciliation.fill_fees import base_change, moved_value

__all__ = ["add_moves", "agreed_moves", "edges"]

_BY = ["bot", "pair", "held_side", "fee_token", "edge"]
_SUMS = ("base", "cash", "net", "bought", "sold", "fees", "fee", "n", "unvalued")
_COLUMNS = (*_BY, "ts", "trade_id", "price", "first_ts", *_SUMS)


@per_case
def agreed_moves(case: Case) -> pl.DataFrame:
    """Return what the agreed fills up to `as_of` moved.

    Returns
    -------
    polars.DataFrame
        One row per fill, or for several finished ones between the same two `edges`: bot, pair, held_side, ts, trade_id and
        price (of the last of them), first_ts; and what they add up to: base (with its sign, less a fee in it), cash (quote,
        see `cash_flow`), net (base with its sign, no fee), bought and sold (`base` by side), fees (of those paid in the
        desk's quote), fee (in `fee_token`, which they have in common), n (how many), unvalued (of how many price times quantity is larger than an amount can be);
        sorted by (ts, bot, trade_id, pair).
    """
    single = _moved(case, unfinished_agreed(case)).drop("edge")
    if case.fill_history is None:
        return in_order(single)
    return in_order(pl.concat([_finished(case).drop("edge"), single]))


def add_moves(case: Case, finished: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the finished fills of a case's history and of those that are new in it, with `edge`."""
    new = _condensed(case, as_agreed(finished))
    return pl.concat([_finished(case), new]) if case.fill_history else new


def edges(case: Case) -> pl.DataFrame:
    """Return the instants between which fills may be added up: bot, edge; a fill of the instant itself is after it."""
    snapshots = [
        case.frames[table].filter(pl.col("leg") == "exchange").select("bot", edge="ts")
        for table in ("positions", "balances")
    ]
    since = pl.lit(measured_since(case), pl.Datetime("us", "UTC"))
    begun = pl.DataFrame({"bot": [bot.name for bot in case.desk.judged]}, schema={"bot": pl.String}).with_columns(
        edge=since
    )
    return pl.concat([*snapshots, openings(case).rename({"opened": "edge"}), begun]).unique().sort("edge", "bot")


@per_case
def _finished(case: Case) -> pl.DataFrame:
    history = case.fill_history
    if history is None:
        raise ValueError("a case without a history has no finished fills")
    now = edges(case).filter(pl.col("edge") < history.cut)
    # An instant that came late may lie between fills that were added up.
    if now.join(history.edges, on=["bot", "edge"], how="anti").is_empty():
        return history.moves
    return _condensed(case, as_agreed(history.finished).collect())


def _condensed(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    placed = in_order(fills).join_asof(
        edges(case),
        left_on="ts",
        right_on="edge",
        by="bot",
        strategy="backward",
        coalesce=False,
        check_sortedness=False,
    )
    moved = _moved(case, placed)
    # What no amount holds is no part of a sum.
    is_amount = pl.all_horizontal(pl.col(_SUMS).is_not_null())
    sums = (
        moved.filter(is_amount)
        .group_by(_BY, maintain_order=True)
        .agg(pl.col("ts", "trade_id", "price").last(), pl.col("first_ts").first(), pl.col(_SUMS).sum())
    )
    return pl.concat([sums.select(_COLUMNS), moved.filter(~is_amount)])


def _moved(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    base, zero = base_change(case), pl.lit(0, MONEY)
    buys, in_quote = pl.col("side") == "BUY", pl.col("fee_token") == case.desk.quote
    none = pl.lit(None, pl.Datetime("us", "UTC")).alias("edge")
    rows = fills if "edge" in fills.columns else fills.with_columns(none)
    return rows.with_columns(
        first_ts="ts",
        base=base,
        cash=cash_flow(case.desk.quote),
        net=signed(),
        bought=pl.when(buys).then(base).otherwise(zero),
        sold=pl.when(buys).then(zero).otherwise(base),
        fees=pl.when(in_quote).then("fee_amount").fill_null(zero),
        fee=pl.col("fee_amount").fill_null(zero),
        n=pl.lit(1, pl.Int32),
        unvalued=moved_value(case).is_null().cast(pl.Int32),
    ).select(_COLUMNS)
