"""Small fills and mids of the tests of priced measures: `at` is in seconds from noon."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case
from deskgate.prices.mids import mids_between
from desks import NOON, fills

LEGS = ("local", "events", "exchange")


def instant(at: float) -> datetime:
    """Return the instant so many seconds from noon."""
    return NOON + timedelta(seconds=at)


def mid(at: float, price: str, bid: str | None = None, ask: str | None = None, **values: Any) -> dict[str, Any]:
    """Return a mid of the bot's MarketData table."""
    sides = {"best_bid": bid and Decimal(bid), "best_ask": ask and Decimal(ask)}
    base = {"ts": instant(at), "pair": "BTC-USDT", "mid": Decimal(price), "path": "b1/hummingbot_db"}
    return {**base, **sides, **values}


def traded(
    at: float, side: str, price: str, quantity: str = "1", trade_id: str = "t1", **values: Any
) -> list[dict[str, Any]]:
    """Return one fill in all three legs."""
    amounts = {"side": side, "price": Decimal(price), "quantity": Decimal(quantity), "ts": instant(at)}
    return fills(*LEGS, trade_id=trade_id, **{**amounts, **values})


def order(at: float, order_id: str = "o-t1", **values: Any) -> dict[str, Any]:
    """Return the state that an order ended in a minute after noon, made at `at`."""
    base = {"ts": instant(60), "created_ts": instant(at), "status": "filled", "order_id": order_id}
    return {**base, "pair": "BTC-USDT", "quantity": Decimal(1), **values}


def mid_rows(of: Case) -> pl.DataFrame:
    """Return the mids of all markets: bot, pair, ts, mid, source."""
    known = mids_between(of, measured_since(of), of.end)
    found = [
        rows.select(pl.lit(bot).alias("bot"), pl.lit(pair).alias("pair"), "ts", "mid", "source")
        for (bot, pair), rows in {("", ""): known.of("", ""), **known.by_market}.items()
    ]
    return pl.concat(found)
