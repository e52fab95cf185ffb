"""Days of two bots that quote around a mid of about 100: what a test does not name is alike on both."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from deskgate.case.case import Case
from deskgate.config.bot import Bot, Mode
from desks import END, START, bot, case, desk, sources

LEGS = ("local", "events", "exchange")
EVERY = timedelta(minutes=5)
Rows = dict[str, list[dict[str, Any]]]


def shadowed(**values: Any) -> tuple[Bot, Bot]:
    """Return the live b1 and its paper shadow b2."""
    return bot("b1", **{"shadow": "b2", **values}), bot("b2", Mode.PAPER, connector="bitget_paper_trade")


def mid_at(minute: int) -> Decimal:
    """Return the mid of a minute: 100, and 100.01 in every other one, for a feed that never moves says nothing."""
    return Decimal("100.01") if minute % 2 else Decimal(100)


def trading(
    name: str,
    *,
    costs_bps: Sequence[int] = (-8, -12),
    filled: Sequence[bool] = (True, True, False),
    failed: Sequence[bool] = (False,),
    since: datetime = START,
    until: datetime = END,
    pair: str = "BTC-USDT",
    late_s: int = 1,
    quantity: str = "1",
) -> Rows:
    """Return mids and minute records of every minute, and an order each five minutes, sides in turn; its fill `late_s` after it.

    Parameters
    ----------
    costs_bps, filled, failed
        Taken in turn: what an order's fill costs against the mid, whether it is filled, whether it is refused.
    """
    rows: Rows = {"mids": [], "snapshots": [], "orders": [], "fills": []}
    minutes = int((until - since) / timedelta(minutes=1))
    for minute in range(minutes):
        at = since + timedelta(minutes=minute)
        mid = mid_at(int((at - START) / timedelta(minutes=1)))
        about = {"bot": name, "ts": at, "pair": pair}
        rows["mids"].append({**about, "mid": mid, "best_bid": mid - 1, "best_ask": mid + 1})
        rows["snapshots"].append({**about, "state": "running", "mid": mid})
        if minute % 5 == 0:
            _order(rows, name, pair, at, minute // 5, mid, (costs_bps, filled, failed), late_s, Decimal(quantity))
    return rows


def _order(
    rows: Rows,
    name: str,
    pair: str,
    at: datetime,
    number: int,
    mid: Decimal,
    turns: tuple[Sequence[int], Sequence[bool], Sequence[bool]],
    late_s: int,
    quantity: Decimal,
) -> None:
    costs, filled, failed = (each[number % len(each)] for each in turns)
    side, sign = (("BUY", 1), ("SELL", -1))[number % 2]
    price = mid * (1 + sign * Decimal(costs) / 10_000)
    ids = {"bot": name, "pair": pair, "order_id": f"{name}-{number}", "exchange_order_id": f"x-{name}-{number}"}
    order = {**ids, "created_ts": at, "side": side, "price": price, "quantity": quantity}
    end = "failed" if failed else "completed" if filled else "cancelled"
    for leg in LEGS if not failed else LEGS[:2]:
        rows["orders"].append({**order, "leg": leg, "ts": at, "status": "failed" if failed else "open"})
        rows["orders"].append({**order, "leg": leg, "ts": at + timedelta(seconds=late_s + 1), "status": end})
    if filled and not failed:
        fill = {**ids, "ts": at + timedelta(seconds=late_s), "trade_id": f"t-{name}-{number}", "side": side}
        fee = {"fee_amount": Decimal("0.01"), "fee_token": "USDT", "fee_quote": Decimal("0.01"), "liquidity": "maker"}
        rows["fills"] += [{**fill, **fee, "leg": leg, "price": price, "quantity": quantity} for leg in LEGS]


def day(*bots: Bot, rows: Sequence[Rows], **more: Any) -> Case:
    """Return the case of some bots with all of these rows; each bot has its three legs."""
    tables: Rows = {name: [row for part in rows for row in part[name]] for name in rows[0]}
    of = desk(*bots)
    return case(of, sources=[row for each in of.bots for row in sources(*LEGS, bot=each)], **{**tables, **more})
