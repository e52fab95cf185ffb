"""Which measured orders are over for good, so that a later day need not read, match and price them again.

An order is over at a cut where its own records end it before the cut, or where nothing but its fills is known of it, and
where nothing that shares an id with it is left open: every fill with one of its ids is finished, and is of it alone. Then its
row and the prices of its fills stay, unless a row with such an id comes.
"""

from datetime import datetime

import polars as pl

from deskgate.case.case import Case
from deskgate.case.expressions import fill_value
from deskgate.case.fill_history import MeasuredHistory
from deskgate.measures.measured_history import ids_of_fills, ids_of_rows, made_of, measured_history, rows_left
from deskgate.measures.orders import orders_left
from deskgate.measures.priced import priced_left
from deskgate.measures.states import carry_running
from deskgate.prices.carried_quotes import are_settled
from deskgate.reconciliation.matching.match import MATCHED, unfinished_fills

__all__ = ["finish_orders"]

_FILL = ["bot", "pair", "trade_id"]
_ORDER, _VENUE = ["bot", "order_id"], ["bot", "exchange_order_id"]


def finish_orders(
    case: Case, cut: datetime, finished: pl.DataFrame
) -> tuple[MeasuredHistory, pl.DataFrame, pl.DataFrame] | None:
    """Return what is measured of orders up to a later cut, with the orders and the priced fills that are new in it.

    Parameters
    ----------
    finished
        The fills that are new in the history of that cut, as matched.

    Returns
    -------
    tuple or None
        None where the case does not reach so far that all of it is known.
    """
    if case.end < cut or not are_settled(cut, case.as_of):
        return None
    before, rows, fills = measured_history(case), rows_left(case), _finished_left(case, finished)
    orders = _over(case, cut, rows, fills, open_fills=_without(unfinished_fills(case).fills, finished, _FILL))
    of_orders = fills.with_columns(order_id=_own_id()).join(orders, on=_ORDER, how="semi").select(MATCHED)
    priced = priced_left(case).join(of_orders.select("bot", id="trade_id"), on=["bot", "id"], how="semi")
    parts, prices = [orders.lazy()], [priced.lazy()]
    if before:
        parts, prices = [before.orders, *parts], [before.priced, *prices]
    history = MeasuredHistory(
        made_of=made_of(case, cut),
        orders=pl.concat(parts),
        priced=pl.concat(prices),
        rows=_without(rows.filter(pl.col("ts") < cut), orders, _ORDER),
        fills=_without(fills, of_orders, _FILL),
        ran=carry_running(case, cut, orders),
        files=before.files if before else (),
    )
    return history, orders, priced


def _finished_left(case: Case, finished: pl.DataFrame) -> pl.DataFrame:
    """Return the finished fills, those included that are new, of orders that are not over yet."""
    history, known = case.fill_history, measured_history(case)
    new = finished.select(MATCHED)
    if history is None:
        return new
    return pl.concat([known.fills if known else history.finished.select(MATCHED).collect(), new])


def _over(
    case: Case, cut: datetime, rows: pl.DataFrame, fills: pl.DataFrame, *, open_fills: pl.DataFrame
) -> pl.DataFrame:
    """Return the orders that are over, of those that are left."""
    later = rows.filter((pl.col("ts") >= cut) | (pl.col("created_ts") >= cut).fill_null(value=False))
    orders = orders_left(case)
    only = [(pl.len().over(key) == 1) | pl.col(key[-1]).is_null() for key in (_ORDER, _VENUE)]
    # Of an order of which a record says that it was made, another one will say how it ended.
    is_over = (pl.col("ended") < cut) | (pl.col("ended").is_null() & ~pl.col("is_known"))
    ended = orders.filter(*only).filter(pl.col("created") < cut, is_over)
    ended = _unmarked(ended, pl.concat([ids_of_rows(later), ids_of_fills(open_fills)]))
    # A fill that two orders may claim, or that its own order does not fit, leaves all of them open.
    return _unmarked(ended, ids_of_fills(_ambiguous(fills, ended)))


def _ambiguous(fills: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Return the fills that are not of one order by each of their ids."""
    mine = orders.select(*_ORDER, _pair="pair", _venue="exchange_order_id")
    theirs = orders.select(*_VENUE, _other="order_id").drop_nulls()
    claimed = (
        fills.with_columns(order_id=_own_id(), exchange_order_id=fill_value("exchange_order_id"))
        .join(mine, on=_ORDER, how="left")
        .join(theirs, on=_VENUE, how="left")
    )
    # One that names no order that is over is in none of them by its own id.
    elsewhere = pl.col("_pair").is_null() | (pl.col("_pair") != pl.col("pair"))
    by_venue = pl.col("_other").is_not_null() & (pl.col("_other") != pl.col("order_id")).fill_null(value=True)
    apart = pl.col("_venue") != pl.col("exchange_order_id")
    return claimed.filter(elsewhere | by_venue | apart.fill_null(value=False)).select(fills.columns)


def _own_id() -> pl.Expr:
    return pl.coalesce("order_id_local", "order_id_events")


def _unmarked(orders: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    for name in ("order_id", "exchange_order_id"):
        orders = orders.join(ids, left_on=["bot", name], right_on=["bot", "id"], how="anti")
    return orders


def _without(rows: pl.DataFrame, gone: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    return rows.join(gone, on=on, how="anti", maintain_order="left")
