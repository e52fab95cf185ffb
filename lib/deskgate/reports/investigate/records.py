"""The day's records of one bot as each leg has them: fills, orders, events, minutes. Read from the store, not judged."""

import polars as pl

from deskgate.case.case import Case
from deskgate.reports.investigate.names import known_name
from deskgate.schema import LEGS

__all__ = ["COLUMNS", "records"]

# Table -> the columns that a person reads first; the frame has these alone.
COLUMNS: dict[str, tuple[str, ...]] = {
    "fills": (
        *("ts", "bot", "pair", "leg", "side", "price", "quantity", "fee_amount", "fee_token", "liquidity"),
        *("trade_id", "order_id", "exchange_order_id", "path"),
    ),
    "orders": (
        *("ts", "bot", "pair", "leg", "status", "side", "price", "quantity", "filled_quantity", "created_ts"),
        *("order_id", "exchange_order_id", "path"),
    ),
    "events": (
        *("ts", "arrived_at", "bot", "pair", "event_type", "order_id", "trade_id", "payload", "event_id", "path"),
        "line",
    ),
    "snapshots": (
        *("ts", "bot", "pair", "state", "mid", "equity_quote", "position_base", "daily_loss_pct", "drawdown_pct"),
        *("turnover_x", "risk_reasons", "path"),
    ),
}


def records(case: Case, table: str, bot: str = "", leg: str = "") -> pl.DataFrame:
    """Return the day's rows of a table, of one bot or of all, in one leg or in all.

    Parameters
    ----------
    table
        One of `COLUMNS`, which has the columns too.
    bot, leg
        Whose and which; empty: every one.

    Returns
    -------
    polars.DataFrame
        One row per record and leg that the store had when the day was run; sorted by (ts, bot, leg, row_id).

    Raises
    ------
    InputError
        The desk has no such bot, or there is no such leg.
    """
    wanted = [case.in_day()]
    if bot:
        wanted.append(pl.col("bot") == known_name(bot, case.desk.bots, "bot"))
    if leg:
        wanted.append(pl.col("leg") == known_name(leg, LEGS, "leg"))
    rows = case.lazy(table).filter(wanted).sort("ts", "bot", "leg", "row_id")
    return rows.select(COLUMNS[table]).collect()
