"""Whether each bot shows life."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.checks.smoke import check
from desks import END, case, fill, values


def mid(ts: Any, leg: str = "local") -> dict[str, Any]:
    return {"leg": leg, "ts": ts, "pair": "BTC-USDT", "mid": Decimal(1)}


def order(ts: Any, leg: str = "local") -> dict[str, Any]:
    return {"leg": leg, "ts": ts, "pair": "BTC-USDT", "order_id": "o", "status": "open", "created_ts": ts}


DAY_AGO, HOUR = END - timedelta(hours=24), timedelta(hours=1)


@pytest.mark.parametrize(
    ("rows", "orders", "quotes"),
    [
        ({}, None, None),
        ({"orders": [order(DAY_AGO)], "mids": [mid(END)]}, 1, 1),
        ({"fills": [fill(), fill("events")]}, 2, None),
        ({"orders": [order(END, "events")], "mids": [mid(END, "events")]}, 1, 1),
        # What the venue lists is no sign of life of the bot.
        ({"orders": [order(END, "exchange")], "mids": [mid(END, "exchange")]}, None, None),
        ({"orders": [order(DAY_AGO - HOUR)], "mids": [mid(DAY_AGO - HOUR)]}, None, None),
        ({"orders": [{**order(END), "bot": "b2"}]}, None, None),
    ],
)
def test_signs_of_life_are_counted(rows: Any, orders: float | None, quotes: float | None) -> None:
    got = values(check(case(**rows)).metrics)
    assert (got["orders_seen"], got["quotes_seen"]) == (orders, quotes)
