"""What was measured of orders that are over, taken from a case's history where all of history would give the same.

What is measured of such an order, and of its fills, stays unless a row with one of its ids comes, or anything changes that
they were measured by: when measuring begins, the legs of the bots, the mids and the controllers' states up to the cut. So
only what is left is read and priced again.
"""

from datetime import datetime
from hashlib import sha256

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.fill_history import MeasuredHistory
from deskgate.prices.carried_quotes import quotes_hold
from deskgate.reconciliation.agreed import as_agreed, every_agreed_fill, unfinished_agreed
from deskgate.reconciliation.matching.match import every_matched_fill, unfinished_fills
from deskgate.schema import BOT_LEGS, LEGS

__all__ = ["agreed_left", "fills_left", "ids_of_fills", "ids_of_rows", "made_of", "measured_history", "rows_left"]

_READ = (
    *("bot", "leg", "pair", "market", "symbol", "order_id", "exchange_order_id", "status", "created_ts", "ts", "side"),
    *("price", "quantity", "row_id"),
)


@per_case
def measured_history(case: Case) -> MeasuredHistory | None:
    """Return what was measured of orders that were over at the cut of a case's history; None where all are measured again."""
    history = case.fill_history
    if history is None or history.measured is None or not quotes_hold(case):
        return None
    known = history.measured
    if known.made_of != made_of(case, history.cut):
        return None
    came = pl.concat([ids_of_rows(_recent_rows(case)), ids_of_fills(unfinished_fills(case).fills)]).unique()
    orders = known.orders.select("bot", "order_id", "exchange_order_id").collect()
    again = (
        orders.join(came, left_on=["bot", name], right_on=["bot", "id"], how="semi") for name in orders.columns[1:]
    )
    return known if all(rows.is_empty() for rows in again) else None


def made_of(case: Case, cut: datetime) -> str:
    """Return a digest of what orders and fills before a cut are measured by, beside their own rows, quotes and minute records."""
    legs = {bot.name: sorted(case.legs.get(bot.name, set())) for bot in case.desk.judged}
    return sha256(repr((measured_since(case), cut, legs)).encode()).hexdigest()


@per_case
def rows_left(case: Case) -> pl.DataFrame:
    """Return the bots' own states of orders since measuring began, or of orders made since, without those in `measured_history`.

    Returns
    -------
    polars.DataFrame
        As they are stored: bot, leg, pair, market, symbol, order_id, exchange_order_id, status, created_ts, ts, side, price,
        quantity, row_id.
    """
    known, history = measured_history(case), case.fill_history
    if known is None or history is None:
        return _own_rows(case, pl.lit(value=True))
    return pl.concat([known.rows, _recent_rows(case)])


def fills_left(case: Case) -> pl.LazyFrame:
    """Return `every_matched_fill` without the fills of the orders in `measured_history`."""
    known = measured_history(case)
    return every_matched_fill(case) if known is None else _with_unfinished(known.fills, unfinished_fills(case).fills)


def agreed_left(case: Case) -> pl.LazyFrame:
    """Return `every_agreed_fill` without the fills of the orders in `measured_history`."""
    known = measured_history(case)
    return (
        every_agreed_fill(case) if known is None else _with_unfinished(as_agreed(known.fills), unfinished_agreed(case))
    )


def ids_of_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the ids of orders in states of them: bot, id."""
    return _ids(rows, ["order_id", "exchange_order_id"])


def ids_of_fills(fills: pl.DataFrame) -> pl.DataFrame:
    """Return the ids of orders in matched fills, by whichever leg: bot, id."""
    return _ids(fills, [f"{name}_{leg}" for name in ("order_id", "exchange_order_id") for leg in LEGS])


def _ids(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return pl.concat([rows.select("bot", id=name) for name in names]).drop_nulls().unique()


def _with_unfinished(finished: pl.DataFrame, unfinished: pl.DataFrame) -> pl.LazyFrame:
    return pl.concat([finished.select(unfinished.columns), unfinished]).lazy()


@per_case
def _recent_rows(case: Case) -> pl.DataFrame:
    """Return the bots' own states of orders since the cut of the case's history."""
    history = case.fill_history
    return _own_rows(case, pl.col("ts") >= history.cut if history else pl.lit(value=True))


def _own_rows(case: Case, which: pl.Expr) -> pl.DataFrame:
    start, judged = measured_since(case), [bot.name for bot in case.desk.judged]
    own = pl.col("leg").is_in(BOT_LEGS) & pl.col("order_id").is_not_null() & pl.col("bot").is_in(judged)
    of_soak = (pl.col("ts") >= start) | (pl.col("created_ts") >= start)
    return case.lazy("orders").filter(own, of_soak, which).select(_READ).collect()
