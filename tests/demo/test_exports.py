"""The exports close: recomputed by brute force from the exported trades alone."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

Export = Callable[[Path, str, str], Any]

OPENING = {"bot1": Decimal(500), "bot4": Decimal(5000)}
LIVE = pytest.mark.parametrize("bot", list(OPENING))


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _stamps(desk: Path, bot: str) -> dict[str, int]:
    names = [path.stem for path in (desk / bot / "exchange" / "balance").iterdir()]
    return {name: int(datetime.strptime(f"{name}+0000", "%Y%m%dT%H%M%SZ%z").timestamp() * 1000) for name in names}


@LIVE
def test_balance_is_opening_plus_all_cash_flows(demo: Path, export: Export, bot: str) -> None:
    trades, payments = export(demo, bot, "my_trades"), export(demo, bot, "funding_history")
    for stamp, at in _stamps(demo, bot).items():
        held = export(demo, bot, f"positions/{stamp}")
        worth = OPENING[bot] + sum(_number(each["amount"]) for each in payments if each["timestamp"] < at)
        for trade in (each for each in trades if each["timestamp"] < at):
            sign = 1 if trade["side"] == "sell" else -1
            worth += sign * _number(trade["amount"]) * _number(trade["price"])
            worth -= _number(trade["fee"]["cost"]) if trade["fee"]["currency"] == "USDT" else 0
        for position in held:
            sign = 1 if position["side"] == "long" else -1
            worth += sign * _number(position["contracts"]) * _number(position["markPrice"])
        assert worth == _number(export(demo, bot, f"balance/{stamp}")["USDT"]["total"]), stamp


@LIVE
def test_position_is_the_sum_of_fills(demo: Path, export: Export, bot: str) -> None:
    trades = export(demo, bot, "my_trades")
    for stamp, at in _stamps(demo, bot).items():
        signed = [
            (1 if each["side"] == "buy" else -1) * _number(each["amount"]) for each in trades if each["timestamp"] < at
        ]
        shown = [
            (1 if each["side"] == "long" else -1) * _number(each["contracts"])
            for each in export(demo, bot, f"positions/{stamp}")
        ]
        assert sum(shown) == sum(signed), stamp


@LIVE
def test_filled_of_an_order_is_the_sum_of_its_trades(demo: Path, export: Export, bot: str) -> None:
    traded: dict[str, Decimal] = defaultdict(Decimal)
    for trade in export(demo, bot, "my_trades"):
        traded[trade["order"]] += _number(trade["amount"])
    orders = export(demo, bot, "closed_orders") + export(demo, bot, "canceled_orders")
    assert {order["id"]: _number(order["filled"]) for order in orders if order["filled"]} == traded
    assert all(order["filled"] == order["amount"] for order in export(demo, bot, "closed_orders"))


@LIVE
def test_funding_is_position_times_mark_times_rate(
    demo: Path, query: Callable[..., Any], export: Export, bot: str
) -> None:
    local = {row["amount"]: row["rate"] for row in query(demo, bot, "SELECT amount, rate FROM FundingPayment")}
    payments = export(demo, bot, "funding_history")
    assert len(payments) >= 8
    for payment in payments:
        stamp = datetime.fromisoformat(payment["datetime"]).strftime("%Y%m%dT%H0000Z")
        position = export(demo, bot, f"positions/{stamp}")[0]
        sign = -1 if position["side"] == "long" else 1
        due = sign * _number(position["info"].get("total") or abs(_number(position["info"]["positionAmt"])))
        rate = _number(local[payment["amount"]])
        assert abs(due * _number(position["markPrice"]) * rate - _number(payment["amount"])) <= Decimal("5e-9")


@LIVE
def test_database_has_every_trade_truncated_to_six_decimals(
    demo: Path, query: Callable[..., Any], export: Export, bot: str
) -> None:
    venue = {
        trade["id"]: (
            int(_number(trade["price"]) * 10**6),
            int(_number(trade["amount"]) * 10**6),
            trade["side"].upper(),
        )
        for trade in export(demo, bot, "my_trades")
    }
    rows = query(demo, bot, "SELECT exchange_trade_id, price, amount, trade_type FROM TradeFill")
    assert {row[0]: tuple(row)[1:] for row in rows} == venue


def test_paper_legs_have_the_same_fills(demo: Path) -> None:
    ledger = json.loads((demo / "bot3/paper_ledger/my_trades.json").read_bytes())
    header, *lines = (demo / "bot3/logs/epp_v24/bot3_a/fills.csv").read_text().splitlines()
    columns = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    stream = [
        json.loads(line) for file in (demo / "reports/event_store").iterdir() for line in file.read_text().splitlines()
    ]
    filled = {each["payload"]["order_id"]: each["payload"] for each in stream if each["event_type"] == "order_filled"}
    for trade, row in zip(ledger, columns, strict=True):
        event = filled.pop(trade["order"])
        assert row["order_id"] == trade["order"]
        assert event["trade_id"] == trade["id"]
        amounts = {_number(trade["amount"]), _number(row["amount_base"]), _number(event["amount_base"])}
        fees = {_number(trade["fee"]["cost"]), _number(row["fee_quote"]), _number(event["fee_quote"])}
        assert len(amounts) == len(fees) == 1
        assert fees == {_number(trade["price"]) * _number(trade["amount"]) / 1000}
    assert not filled
