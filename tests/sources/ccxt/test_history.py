from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.ccxt.history import read_my_trades, read_orders

from ..desks import a_source, json_file
from ..samples import VENUE_ORDER, VENUE_TRADE


def test_trade_of_a_swap(tmp_path: Path) -> None:
    fill = read_my_trades(a_source(json_file(tmp_path / "x.json", [VENUE_TRADE]))).frames["fills"].row(0, named=True)
    assert (fill["pair"], fill["side"], fill["liquidity"], fill["leg"]) == ("BTC-USDT", "SELL", "maker", "exchange")
    assert (fill["trade_id"], fill["order_id"], fill["exchange_order_id"]) == ("t1", None, "x1")
    assert (fill["price"], fill["quantity"]) == (Decimal("73839.2"), Decimal("0.0002"))
    assert (fill["fee_amount"], fill["fee_token"], fill["fee_quote"]) == (
        *(Decimal("0.00295357"), "USDT", Decimal("0.00295357")),
    )
    assert fill["ts"] == fill["visible_at"] == datetime(2026, 3, 18, 0, 1, 31, 22_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"fee": {"currency": "USDT", "cost": -0.1}}, (Decimal("-0.1"), "USDT", Decimal("-0.1"))),
        ({"fee": {"currency": "BNB", "cost": 0.1}}, (Decimal("0.1"), "BNB", None)),
        ({"fee": {"currency": "BTC", "cost": 0.5}, "price": 10}, (Decimal("0.5"), "BTC", Decimal(5))),
        ({"fee": None, "fees": [{"currency": "USDT", "cost": 1}] * 2}, (Decimal(2), "USDT", Decimal(2))),
        ({"fee": None, "fees": [{"currency": "USDT", "cost": 1}, {"currency": "BNB", "cost": 1}]}, (None, None, None)),
        # Gate: nothing in the quote, the fee in its own token.
        (
            {"fee": None, "fees": [{"currency": "USDT", "cost": 0}, {"currency": "GT", "cost": 1}]},
            (Decimal(1), "GT", None),
        ),
        ({"fee": None, "fees": [{"currency": "USDT", "cost": 0}]}, (Decimal(0), "USDT", Decimal(0))),
        ({"fee": None}, (None, None, None)),
        ({"fee": {"currency": "USDT", "cost": None}}, (None, None, None)),
    ],
)
def test_fee_of_a_trade(tmp_path: Path, change: dict[str, object], expected: tuple[object, ...]) -> None:
    fills = read_my_trades(a_source(json_file(tmp_path / "x.json", [VENUE_TRADE | change]))).frames["fills"]
    assert fills.select("fee_amount", "fee_token", "fee_quote").row(0) == expected


@pytest.mark.parametrize(
    "change",
    [{"order": "sell://BTC-USDT/08"}, {"order": "paper-S-08", "info": {"userId": "paper"}}],
)
def test_paper_ledger_knows_the_bots_own_order_id(tmp_path: Path, change: dict[str, object]) -> None:
    trade = VENUE_TRADE | {"symbol": "BTC/USDT"} | change
    fills = read_my_trades(a_source(json_file(tmp_path / "x.json", [trade]))).frames["fills"]
    assert fills.select("order_id", "exchange_order_id").row(0) == (change["order"], None)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("open", [("open", 30243, Decimal("0.0001"))]),
        ("closed", [("open", 30243, None), ("completed", 91033, Decimal("0.0001"))]),
        ("canceled", [("open", 30243, None), ("cancelled", 91033, Decimal("0.0001"))]),
        ("expired", [("open", 30243, None), ("expired", 91033, Decimal("0.0001"))]),
        ("rejected", [("open", 30243, None), ("failed", 91033, Decimal("0.0001"))]),
    ],
)
def test_order_has_its_two_states(tmp_path: Path, status: str, expected: list[tuple[object, ...]]) -> None:
    orders = read_orders(a_source(json_file(tmp_path / "x.json", [VENUE_ORDER | {"status": status}]))).frames["orders"]
    since_midnight = orders["ts"].dt.epoch("ms") - 1773792000000
    assert list(zip(orders["status"], since_midnight, orders["filled_quantity"], strict=True)) == expected
    assert orders.select("order_id", "exchange_order_id", "side").unique().rows() == [("o1", "x1", "SELL")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"lastUpdateTimestamp": None}, 1773792091022),
        ({"lastUpdateTimestamp": None, "lastTradeTimestamp": None}, 1773792030243),
        # KuCoin, spot: the venue's own field alone has it.
        (
            {"lastUpdateTimestamp": None, "lastTradeTimestamp": None, "info": {"lastUpdatedAt": 1773792055000}},
            1773792055000,
        ),
    ],
)
def test_end_of_an_order_without_an_update(tmp_path: Path, change: dict[str, object], expected: int) -> None:
    orders = read_orders(a_source(json_file(tmp_path / "x.json", [VENUE_ORDER | change]))).frames["orders"]
    assert orders["ts"].dt.epoch("ms").to_list()[-1] == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"symbol": "BTCUSDT"}, "symbol 'BTCUSDT' is not BASE/QUOTE"),
        ({"symbol": None}, "symbol is missing"),
        ({"side": None}, "side is missing"),
        ({"price": "1.2.3"}, "price '1.2.3' is not a number below 1e20"),
        ({"timestamp": None}, "ts is missing"),
        ({"timestamp": "n/a"}, "ts 'n/a' is not a timestamp from 2000 to 2099"),
    ],
)
def test_bad_trade_is_in_quarantine(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    parsed = read_my_trades(a_source(json_file(tmp_path / "x.json", [VENUE_TRADE, VENUE_TRADE | change])))
    assert parsed.quarantine.select("bot", "line", "reason").rows() == [("bot1", 2, reason)]
    assert parsed.kept["bot1"] == 1


def test_bad_order_entries_are_in_quarantine(tmp_path: Path) -> None:
    parsed = read_orders(a_source(json_file(tmp_path / "x.json", [VENUE_ORDER, VENUE_ORDER | {"status": "lost"}, 7])))
    assert parsed.quarantine["reason"].to_list() == [
        "status 'lost' is not one of open, closed, canceled, cancelled, expired, rejected",
        "the entry is not a JSON object",
    ]


def test_wrapped_export_is_dated_by_itself(tmp_path: Path) -> None:
    document = {"exported_at": "2026-03-19T00:00:00Z", "my_trades": [VENUE_TRADE]}
    parsed = read_my_trades(a_source(json_file(tmp_path / "20200101T000000Z.json", document)))
    assert (parsed.frames["fills"].height, parsed.exported_at) == (1, datetime(2026, 3, 19, tzinfo=UTC))
