from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.ccxt.account import read_balance, read_positions
from deskgate.sources.parsed_source import UNDATED

from ..desks import a_bot, a_source, json_file

NAME = "positions/20260318T080000Z.json"
EXPORTED = datetime(2026, 3, 18, 8, tzinfo=UTC)
POSITION = {
    "info": {"total": "0.00080", "openPriceAvg": "73829.3472"},
    "symbol": "BTC/USDT:USDT",
    "contracts": 0.0008,
    "contractSize": 1.0,
    "side": "long",
    "entryPrice": 73829.3472,
    "markPrice": 73852.3,
    "unrealizedPnl": 0.01836222,
    "timestamp": 1773820657874,
}
BITGET = {
    "info": [{"marginCoin": "USDT", "accountEquity": "59.869", "available": "48.05", "unrealizedPL": "0.018"}],
    "USDT": {"free": 48.05, "used": 11.8, "total": 59.869},
    "free": {"USDT": 48.05},
    "used": {"USDT": 11.8},
    "total": {"USDT": 59.869},
}
BINANCE = {
    "info": {"assets": [{"asset": "USDT", "marginBalance": "59.869", "unrealizedProfit": "-0.002"}]},
    "timestamp": 1,
    "free": {"USDT": 48.05},
    "used": {"USDT": 11.8},
    "total": {"USDT": 59.869},
}


def test_position_is_dated_by_its_export(tmp_path: Path) -> None:
    parsed = read_positions(a_source(json_file(tmp_path / NAME, [POSITION])))
    row = parsed.frames["positions"].row(0, named=True)
    assert (row["ts"], row["visible_at"], parsed.exported_at) == (EXPORTED,) * 3
    assert (row["pair"], row["quantity"], row["entry_price"]) == (
        *("BTC-USDT", Decimal("0.0008"), Decimal("73829.3472")),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"side": "short"}, (Decimal("-0.0008"), Decimal(1), Decimal(0), Decimal("0.0008"))),
        ({"contracts": 3, "contractSize": 0.01}, (Decimal(3), Decimal("0.01"), Decimal(3), Decimal(0))),
        ({"contracts": 3, "contractSize": None}, (Decimal(3), None, Decimal(3), Decimal(0))),
        (
            {"side": "short", "contracts": 0.007, "info": {"positionAmt": "-0.007"}},
            (Decimal("-0.007"), Decimal(1), Decimal(0), Decimal("0.007")),
        ),
        ({"contracts": 0, "side": None}, (Decimal(0), Decimal(1), Decimal(0), Decimal(0))),
    ],
)
def test_position_is_signed_in_contracts(
    tmp_path: Path, change: dict[str, object], expected: tuple[Decimal | None, ...]
) -> None:
    positions = read_positions(a_source(json_file(tmp_path / NAME, [POSITION | change]))).frames["positions"]
    assert positions.select("quantity", "contract_size", "long_quantity", "short_quantity").row(0) == expected


def test_hedged_positions_are_netted(tmp_path: Path) -> None:
    short = POSITION | {"side": "short", "contracts": 0.0003, "unrealizedPnl": 1}
    positions = read_positions(a_source(json_file(tmp_path / NAME, [POSITION, short]))).frames["positions"]
    columns = ["quantity", "entry_price", "unrealized_pnl_quote"]
    assert positions.select(columns).rows() == [(Decimal("0.0005"), None, Decimal("1.01836222"))]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([], [("BTC-USDT", 0), ("ETH-USDT", 0)]),
        ([POSITION], [("BTC-USDT", Decimal("0.0008")), ("ETH-USDT", 0)]),
        ([POSITION | {"symbol": "SOL/USDT:USDT"}], [("SOL-USDT", Decimal("0.0008")), ("BTC-USDT", 0), ("ETH-USDT", 0)]),
        ([POSITION, POSITION | {"symbol": "ETHUSDT"}], [("BTC-USDT", Decimal("0.0008"))]),
    ],
)
def test_unlisted_pair_is_flat(tmp_path: Path, listed: list[object], expected: list[object]) -> None:
    source = a_source(json_file(tmp_path / NAME, listed), a_bot("bot1", "BTC-USDT", "ETH-USDT"))
    assert read_positions(source).frames["positions"].select("pair", "quantity").rows() == expected


@pytest.mark.parametrize(("side", "reason"), [(None, "side is missing"), ("up", "side 'up' is not one of long, buy,")])
def test_position_without_a_side_is_in_quarantine(tmp_path: Path, side: str | None, reason: str) -> None:
    parsed = read_positions(a_source(json_file(tmp_path / NAME, [POSITION | {"side": side}])))
    assert reason in parsed.quarantine["reason"].item()
    assert "positions" not in parsed.frames or parsed.frames["positions"].is_empty()


def test_undated_export_is_in_quarantine(tmp_path: Path) -> None:
    positions = read_positions(a_source(json_file(tmp_path / "positions.json", [POSITION])))
    balance = read_balance(a_source(json_file(tmp_path / "balance.json", BITGET)))
    assert [parsed.quarantine["reason"].to_list() for parsed in (positions, balance)] == [[UNDATED], [UNDATED]]
    assert [frame.height for parsed in (positions, balance) for frame in parsed.frames.values()] == []


@pytest.mark.parametrize(("document", "pnl"), [(BITGET, "0.018"), (BINANCE, "-0.002")])
def test_balance_of_a_token(tmp_path: Path, document: object, pnl: str) -> None:
    parsed = read_balance(a_source(json_file(tmp_path / "20260318T080000Z.json", document)))
    columns = ["token", "total", "free", "used", "unrealized_pnl", "ts"]
    total, free, used = Decimal("59.869"), Decimal("48.05"), Decimal("11.8")
    assert parsed.frames["balances"].select(columns).rows() == [("USDT", total, free, used, Decimal(pnl), EXPORTED)]
    assert parsed.exported_at == EXPORTED


BYBIT_COIN = {"coin": "USDT", "equity": "1012.5", "walletBalance": "1000", "unrealisedPnl": "12.5"}
GATE = {"currency": "USDT", "total": "1000", "unrealised_pnl": "-3.25", "available": "990"}


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"result": {"list": [{"accountType": "UNIFIED", "coin": [BYBIT_COIN]}]}}, "1012.5"),
        ({"result": {"list": [{"accountType": "UNIFIED", "coin": [BYBIT_COIN | {"coin": "BTC"}]}]}}, "1000"),
        ({"result": {"list": [{"accountType": "UNIFIED", "coin": None}]}}, "1000"),
        ([GATE], "996.75"),
        # A total that is not the wallet's is left as it is.
        ([GATE | {"total": "999"}], "1000"),
        ([{"currency": "USDT", "available": "1000"}], "1000"),
        ({}, "1000"),
    ],
)
def test_total_of_an_account_has_what_its_contracts_gained(tmp_path: Path, info: object, expected: str) -> None:
    document = {"info": info, "free": {"USDT": 1}, "used": {"USDT": 0}, "total": {"USDT": 1000.0}}
    parsed = read_balance(a_source(json_file(tmp_path / "balance/20260318T080000Z.json", document)))
    assert parsed.frames["balances"]["total"].to_list() == [Decimal(expected)]
