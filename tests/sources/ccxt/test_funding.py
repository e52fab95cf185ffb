from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deskgate.sources.ccxt.funding import read_funding_history
from deskgate.sources.ccxt.history import read_my_trades

from ..desks import a_bot, a_source, json_file
from .execution_records import EXECUTIONS
from .funding_records import FUNDING

PAID = {"bybit": "-0.03701505", "okx": "-0.1480012", "okx, isolated": "0.02", "gate": "-0.027722"} | {
    "kucoinfutures": "-0.02775396",
    "hyperliquid": "75.635093",
    "binanceusdm": "-0.00134317",
    "bitget, unified account": "-0.00531168",
    "htx": "-0.000433432461821856",
    "krakenfutures": "-0.0002",
}


def payment(tmp_path: Path, item: dict[str, Any], connector: str = "injective_v2_perpetual") -> dict[str, Any]:
    bot = a_bot().model_copy(update={"connector": connector})
    parsed = read_funding_history(a_source(json_file(tmp_path / "x.json", [item]), bot))
    assert parsed.quarantine.is_empty(), parsed.quarantine["reason"].item()
    return parsed.frames["funding"].row(0, named=True)


@pytest.mark.parametrize(("venue", "amount"), PAID.items())
def test_funding_is_negative_when_paid(tmp_path: Path, venue: str, amount: str) -> None:
    row = payment(tmp_path, FUNDING[venue])
    assert (row["amount"], row["sign_unknown"]) == (Decimal(amount), None)


def test_payment_received_on_bybit_is_positive(tmp_path: Path) -> None:
    item = FUNDING["bybit"] | {"amount": -0.5, "info": {"execType": "Funding", "execFee": "-0.5"}}
    assert payment(tmp_path, item)["amount"] == Decimal("0.5")


@pytest.mark.parametrize(
    ("connector", "info", "unknown"),
    [
        ("binance_perpetual", {}, None),
        ("binance_perpetual_testnet", {}, None),
        ("bybit_perpetual", {}, True),
        ("backpack_perpetual", {}, True),
        ("a_venue_of_its_own", {}, True),
        ("a_venue_of_its_own", {"change_in_usd": "-3"}, True),
        # A direction that has neither of the two known values.
        ("htx_perpetual", {"contract_code": "BTC-USDT", "type": "5", "amount": "-3"}, True),
        ("backpack_perpetual", {"quantity": "-3", "intervalEndTimestamp": "2026-03-18T08:00:00"}, True),
    ],
)
def test_sign_without_the_venue_s_own_word(
    tmp_path: Path, connector: str, info: dict[str, str], unknown: bool | None
) -> None:
    item = {"id": "f1", "symbol": "BTC/USDT:USDT", "code": "USDT", "timestamp": 1773820800000, "amount": -3.0}
    row = payment(tmp_path, item | {"info": info}, connector)
    assert (row["amount"], row["sign_unknown"]) == (Decimal(-3), unknown)


def test_amount_that_is_not_the_venue_s_is_in_quarantine(tmp_path: Path) -> None:
    source = a_source(json_file(tmp_path / "x.json", [FUNDING["gate"] | {"amount": -0.03}]))
    reason = read_funding_history(source).quarantine["reason"].item()
    assert reason == "amount -0.03 is not the venue's own, info.change -0.027722: export it again"


@pytest.mark.parametrize(
    ("venue", "recorded"), [("bybit", "0.00018507525"), ("kucoinfutures", "0.0012"), ("gate", None)]
)
def test_what_hummingbot_records_of_the_payment(tmp_path: Path, venue: str, recorded: str | None) -> None:
    expected = Decimal(recorded) if recorded else None
    assert payment(tmp_path, FUNDING[venue])["recorded_amount"] == expected


def test_id_is_the_venue_s_own_where_ccxt_makes_a_float_of_it(tmp_path: Path) -> None:
    assert payment(tmp_path, FUNDING["kucoinfutures"])["funding_id"] == "239471298749817"


def test_hash_that_all_payments_share_is_no_id(tmp_path: Path) -> None:
    assert payment(tmp_path, FUNDING["hyperliquid"])["funding_id"] is None


@pytest.mark.parametrize(
    ("name", "amount", "number"),
    [
        ("bybit Funding", "-0.03701505", "8d1ef156-4ec6-4445-9a6c-1c0c24dbd046"),
        ("okx bill of funding", "-0.1480012", "377970609204146187"),
    ],
)
def test_funding_among_trades_is_the_payment_of_the_funding_history(
    tmp_path: Path, name: str, amount: str, number: str
) -> None:
    parsed = read_my_trades(a_source(json_file(tmp_path / "my_trades.json", [EXECUTIONS[name]])))
    assert list(parsed.frames) == ["funding"]
    row = parsed.frames["funding"].row(0, named=True)
    assert (row["amount"], row["funding_id"], row["sign_unknown"]) == (Decimal(amount), number, None)
    assert row["ts"] == payment(tmp_path, FUNDING[name.split(maxsplit=1)[0]])["ts"]


@pytest.mark.parametrize(
    ("name", "change", "fills"),
    [
        ("bybit Trade", {}, 1),
        ("bybit Trade", {"execType": "AdlTrade"}, 1),
        ("bybit Trade", {"execType": "BustTrade"}, 1),
        ("bybit Trade", {"execType": "Settle"}, 0),
        ("bybit Trade", {"execType": "Delivery"}, 0),
        ("okx fill", {}, 1),
        ("okx fill", {"subType": "104"}, 1),
        ("okx fill", {"subType": "112"}, 0),
        ("kucoinfutures settlement", {}, 0),
        ("kucoinfutures settlement", {"tradeType": "liquid"}, 1),
    ],
)
def test_liquidation_is_a_fill_and_a_settlement_is_none(
    tmp_path: Path, name: str, change: dict[str, str], fills: int
) -> None:
    item: dict[str, Any] = EXECUTIONS[name]
    parsed = read_my_trades(
        a_source(json_file(tmp_path / "x.json", [item | {"info": item["info"] | change}, EXECUTIONS["bybit Trade"]]))
    )
    assert (parsed.frames["fills"].height, parsed.quarantine.height, parsed.kept["bot1"]) == (fills + 1, 0, 2)


def test_execution_of_an_unknown_kind_is_in_quarantine(tmp_path: Path) -> None:
    item: dict[str, Any] = EXECUTIONS["bybit Trade"]
    source = a_source(json_file(tmp_path / "x.json", [item | {"info": item["info"] | {"execType": "ForwardSplit"}}]))
    assert "info.execType 'forwardsplit' is not one of" in read_my_trades(source).quarantine["reason"].item()
