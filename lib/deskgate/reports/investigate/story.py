"""The story of one order or fill across the legs: its orders, states, fills and events, and the account around it."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from deskgate.case.case import Case

__all__ = ["Story", "tell_story"]

AROUND = timedelta(minutes=30)
_FILL = (
    *("leg", "ts", "side", "price", "quantity", "fee_amount", "fee_token", "liquidity", "trade_id", "order_id"),
    *("exchange_order_id", "path"),
)


@dataclass(frozen=True)
class Story:
    """What the legs say of one order or fill; every frame is sorted by time."""

    title: str
    breaks: pl.DataFrame
    fills: pl.DataFrame
    states: pl.DataFrame
    events: pl.DataFrame
    funding: pl.DataFrame
    positions: pl.DataFrame


def tell_story(case: Case, breaks: pl.DataFrame, what: str) -> Story:
    """Return the story of one order or fill.

    Parameters
    ----------
    breaks
        The day's breaks, as in breaks.csv.
    what
        A trade id, either order id, or a break's id; empty: the most valuable break, or else the day's first fill.
    """
    ids = _ids(case, breaks, what)
    fills = case.frames["fills"].filter(_any_of(ids, "trade_id", "order_id", "exchange_order_id"))
    linked = ids | _texts(fills, "trade_id", "order_id", "exchange_order_id")
    orders = case.frames["orders"].filter(_any_of(linked, "order_id", "exchange_order_id"))
    linked |= _texts(orders, "order_id", "exchange_order_id")
    fills = case.frames["fills"].filter(_any_of(linked, "trade_id", "order_id", "exchange_order_id"))
    events = case.frames["events"].filter(_any_of(linked, "order_id", "trade_id"))
    mine = breaks.filter(_any_of(linked, "break_id", "trade_id", "order_id", "exchange_order_id"))
    times = pl.concat([frame.select("ts") for frame in (fills, orders, mine)])["ts"]
    bots = sorted(_texts(fills, "bot") | _texts(orders, "bot") | _texts(mine, "bot"))
    name = what or ", ".join(sorted(ids)) or "nothing"
    return Story(
        title=f"{name}: {fills.height} rows of fills, {orders.height} order states, {mine.height} breaks",
        breaks=mine.select(
            "break_id", "kind", "bot", "leg", "ts", "observed", "expected", "value_quote", "status", "detail"
        ),
        fills=fills.sort("ts", "leg", "row_id").select("bot", "pair", *_FILL),
        states=orders.sort("ts", "leg", "row_id").select(
            *(
                "bot",
                "leg",
                "ts",
                "status",
                "side",
                "price",
                "quantity",
                "filled_quantity",
                "order_id",
                "exchange_order_id",
            )
        ),
        events=events.sort("ts", "event_id").select(
            "bot", "ts", "arrived_at", "event_type", "order_id", "trade_id", "payload"
        ),
        funding=_around(case.frames["funding"], times, bots).select("bot", "leg", "ts", "pair", "amount", "funding_id"),
        positions=_around(case.frames["positions"], times, bots, timedelta(hours=12)).select(
            "bot", "ts", "pair", "quantity", "entry_price", "mark_price"
        ),
    )


def _ids(case: Case, breaks: pl.DataFrame, what: str) -> set[str]:
    if what:
        named = breaks.filter(pl.col("break_id") == what)
        return {what} | _texts(named, "trade_id", "order_id", "exchange_order_id")
    worst = breaks.sort("value_quote", "ts", "break_id", descending=[True, False, False], nulls_last=True)
    with_ids = worst.filter(
        pl.any_horizontal(pl.col("trade_id", "order_id").is_not_null() & (pl.col("trade_id", "order_id") != ""))
    )
    if with_ids.height:
        return _texts(with_ids.head(1), "break_id", "trade_id", "order_id", "exchange_order_id")
    return _texts(case.of_day(case.frames["fills"]).sort("ts", "row_id").head(1), "trade_id", "order_id")


def _texts(frame: pl.DataFrame, *columns: str) -> set[str]:
    return {str(value) for name in columns for value in frame[name].drop_nulls() if value}


def _any_of(ids: set[str], *columns: str) -> pl.Expr:
    return pl.any_horizontal([pl.col(name).is_in(sorted(ids)).fill_null(value=False) for name in columns])


def _around(frame: pl.DataFrame, times: pl.Series, bots: list[str], margin: timedelta = AROUND) -> pl.DataFrame:
    """Return the rows of some bots near some times."""
    span = times.to_frame("at").select(first=pl.col("at").min() - margin, last=pl.col("at").max() + margin)
    near = pl.col("ts").is_between(pl.col("first"), pl.col("last"))
    return frame.join(span, how="cross").filter(near & pl.col("bot").is_in(bots)).sort("ts", "bot", "row_id")
