import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskgate.demo import write_demo

ONCE = {
    "fill_missing_local",
    "fill_missing_events",
    "fill_missing_exchange",
    "price_mismatch",
    "quantity_mismatch",
    "fee_mismatch",
    "wrong_side",
    "timestamp_skew",
    "funding_missing",
    "position_drift",
    "balance_drift",
    "order_open_local_closed_exchange",
}
TRADE_FEE = "json_extract(trade_fee, '$.flat_fees[0].amount')"


@pytest.fixture(scope="module")
def faults(spoilt: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((spoilt / "faults.json").read_text())["faults"]
    return {fault.get("variant", fault["kind"]): fault for fault in listed}


def test_each_kind_is_listed_once_on_day_two(spoilt: Path) -> None:
    listed = json.loads((spoilt / "faults.json").read_text())["faults"]
    assert Counter(fault["kind"] for fault in listed) == dict.fromkeys(ONCE, 1) | {"duplicate_local_fill": 2}
    assert {fault["day"] for fault in listed} == {"2026-03-03"}
    assert {fault["bot"] for fault in listed} == {"bot1", "bot4"}
    orders = [fault["order_id"] for fault in listed if "order_id" in fault]
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize(
    ("kind", "column", "field"),
    [
        ("price_mismatch", "price / 1e6", "price"),
        ("quantity_mismatch", "amount / 1e6", "amount"),
        ("fee_mismatch", f"CAST({TRADE_FEE} AS REAL)", "fee"),
        ("wrong_side", "trade_type", "side"),
        ("timestamp_skew", "timestamp", "timestamp"),
    ],
)
def test_changed_fill(
    demo: Path, spoilt: Path, query: Callable[..., Any], faults: Any, kind: str, column: str, field: str
) -> None:
    fault = faults[kind]
    sql = f"SELECT {column} FROM TradeFill WHERE exchange_trade_id = '{fault['trade_id']}'"
    for desk, state in ((demo, "before"), (spoilt, "after")):
        ((shown,),) = query(desk, fault["bot"], sql)
        assert shown == type(shown)(fault[state][field])
    assert fault["before"] != fault["after"]


def test_price_is_off_by_eight_bps_and_more(faults: Any) -> None:
    before, after = (float(faults["price_mismatch"][state]["price"]) for state in ("before", "after"))
    assert abs(after / before - 1) * 1e4 >= 8


@pytest.mark.parametrize(
    ("kind", "legs"),
    [
        ("fill_missing_local", (0, 1, 1)),
        ("fill_missing_events", (1, 0, 1)),
        ("fill_missing_exchange", (1, 1, 0)),
        ("trade_id_suffix", (2, 1, 1)),
        ("other_order_id", (2, 1, 1)),
    ],
)
def test_fill_per_leg(
    spoilt: Path,
    query: Callable[..., Any],
    export: Callable[..., Any],
    messages: Callable[..., Any],
    faults: Any,
    kind: str,
    legs: tuple[int, int, int],
) -> None:
    bot, trade_id = faults[kind]["bot"], faults[kind]["trade_id"]
    local = query(spoilt, bot, f"SELECT 1 FROM TradeFill WHERE exchange_trade_id IN ('{trade_id}', '{trade_id}_1')")
    heard = [each for each in messages(spoilt, bot) if each["payload"]["data"].get("exchange_trade_id") == trade_id]
    venue = [each for each in export(spoilt, bot, "my_trades") if each["id"] == trade_id]
    assert (len(local), len(heard), len(venue)) == legs


def test_lost_funding(spoilt: Path, query: Callable[..., Any], export: Callable[..., Any], faults: Any) -> None:
    fault = faults["funding_missing"]
    ids = {payment["id"] for payment in export(spoilt, fault["bot"], "funding_history")}
    assert fault["funding_id"] in ids
    assert len(query(spoilt, fault["bot"], "SELECT 1 FROM FundingPayment")) == len(ids) - 1


def test_drifted_exports(demo: Path, spoilt: Path, export: Callable[..., Any], faults: Any) -> None:
    for kind in ("position_drift", "balance_drift"):
        fault = faults[kind]
        name = fault["export"].removesuffix(".json")
        right, wrong = export(demo, fault["bot"], name), export(spoilt, fault["bot"], name)
        assert right != wrong
        if kind == "balance_drift":
            assert [f"{each['USDT']['total']:.8f}" for each in (right, wrong)] == [
                f"{float(fault[state]['total']):.8f}" for state in ("before", "after")
            ]


def test_order_kept_open(spoilt: Path, query: Callable[..., Any], export: Callable[..., Any], faults: Any) -> None:
    fault = faults["order_open_local_closed_exchange"]
    states = query(spoilt, fault["bot"], f"SELECT status FROM OrderStatus WHERE order_id = '{fault['order_id']}'")
    assert [row[0] for row in states] == [fault["after"]["status"]]
    (venue,) = (
        each for each in export(spoilt, fault["bot"], "canceled_orders") if each["id"] == fault["exchange_order_id"]
    )
    assert venue["status"] == "canceled"


def test_nothing_is_spoilt_before_day_two(tmp_path: Path) -> None:
    assert json.loads((write_demo(tmp_path / "one", days=1, faults="all").folder / "faults.json").read_text()) == {
        "faults": []
    }
