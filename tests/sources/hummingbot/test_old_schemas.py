"""Databases of earlier versions of Hummingbot, as each version made its tables: one fill and its order read the same from all."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.errors import InputError
from deskgate.sources.hummingbot.database import read_hummingbot_db
from deskgate.sources.hummingbot.facts import facts_of_database
from deskgate.sources.parsed_source import ParsedSource

from ..desks import a_source

_HEAD = "config_file_path TEXT NOT NULL, strategy TEXT NOT NULL, market TEXT NOT NULL, symbol TEXT NOT NULL"
_ASSETS = "base_asset TEXT NOT NULL, quote_asset TEXT NOT NULL"
_ORDER_ENDS = "last_status TEXT NOT NULL, last_update_timestamp BIGINT NOT NULL"
FIRST_ORDER = (
    f"id TEXT NOT NULL, {_HEAD}, {_ASSETS}, creation_timestamp BIGINT NOT NULL, order_type TEXT NOT NULL,"
    f" amount FLOAT NOT NULL, price FLOAT NOT NULL, {_ORDER_ENDS}, PRIMARY KEY (id)"
)
# A column that a migration adds stands last.
ORDER_2021 = FIRST_ORDER.replace(", PRIMARY", ", exchange_order_id TEXT, leverage INTEGER, position TEXT, PRIMARY")
FIRST_FILL = (
    f"id INTEGER NOT NULL, {_HEAD}, {_ASSETS}, timestamp BIGINT NOT NULL, order_id TEXT NOT NULL, trade_type TEXT NOT NULL,"
    " order_type TEXT NOT NULL, price FLOAT NOT NULL, amount FLOAT NOT NULL, trade_fee JSON NOT NULL,"
    " exchange_trade_id TEXT NOT NULL, PRIMARY KEY (id)"
)
FILL_2021 = FIRST_FILL.replace(", PRIMARY", ", leverage INTEGER, position TEXT, PRIMARY")
# The migration of 2022 left columns of amounts declared FLOAT, in an order of their own.
FILL_2022 = (
    f"{_HEAD}, {_ASSETS}, timestamp BIGINT NOT NULL, order_id TEXT NOT NULL, trade_type TEXT NOT NULL, order_type TEXT NOT"
    " NULL, price BIGINT NOT NULL, amount FLOAT NOT NULL, leverage INTEGER NOT NULL, trade_fee JSON NOT NULL,"
    " exchange_trade_id TEXT NOT NULL, position TEXT, PRIMARY KEY (market, order_id, exchange_trade_id)"
)
ORDER_2022 = ORDER_2021.replace("amount FLOAT", "amount BIGINT")
FILL_2023 = FILL_2022.replace("exchange_trade_id TEXT", "trade_fee_in_quote BIGINT, exchange_trade_id TEXT", 1)

FEE_OF_PAIRS = {"percent": 0.0, "flat_fees": [["USDT", 0.00295357]]}
FEE = {"fee_type": "AddedToCost", "percent": "0", "percent_token": "USDT", "flat_fees": [{"token": "USDT", "amount": "0.00295357"}]}  # fmt: skip
_PLAIN: dict[str, Any] = {"price": 73839.2, "amount": 0.0002}
_SCALED: dict[str, Any] = {"price": 73839200000, "amount": 200}
# Version -> tables of the fill and the order, how it writes amounts and fees.
VERSIONS: Mapping[str, tuple[str, str, dict[str, Any], object]] = {
    "20190614": (FIRST_FILL, FIRST_ORDER, _PLAIN, FEE_OF_PAIRS),
    "20210118": (FIRST_FILL, ORDER_2021, _PLAIN, FEE_OF_PAIRS),
    "20210119": (FILL_2021, ORDER_2021, _PLAIN, FEE),
    "20220130": (FILL_2022, ORDER_2022, _SCALED, FEE),
    "20230516": (FILL_2023, ORDER_2022, _SCALED, FEE),
}
NAMED: dict[str, Any] = {
    "config_file_path": "a.yml",
    "strategy": "pmm",
    "market": "binance",
    "symbol": "BTC-USDT",
    "base_asset": "BTC",
    "quote_asset": "USDT",
    "order_type": "LIMIT",
    "leverage": 1,
    "position": "NIL",
}
FILL = NAMED | {"id": 1, "timestamp": 1640995200000, "order_id": "o1", "trade_type": "SELL", "exchange_trade_id": "t1"}
ORDER = NAMED | {
    "id": "o1",
    "creation_timestamp": 1640995190000,
    "last_status": "SellOrderCompleted",
    "last_update_timestamp": 1640995201000,
    "exchange_order_id": "x1",
}


def _database(file: Path, version: str, tables: Mapping[str, tuple[str, dict[str, Any]]]) -> Path:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE Metadata (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)")
        database.execute("INSERT INTO Metadata VALUES ('local_db_version', ?)", (version,))
        for table, (columns, row) in tables.items():
            database.execute(f'CREATE TABLE "{table}" ({columns})')
            there = [each[1] for each in database.execute(f'PRAGMA table_info("{table}")') if each[1] in row]
            marks = ", ".join("?" for _ in there)
            database.execute(f'INSERT INTO "{table}" ({", ".join(there)}) VALUES ({marks})', [row[n] for n in there])
        database.commit()
    return file


def _of_version(tmp_path: Path, version: str, **change: object) -> Path:
    fill, order, amounts, fee = VERSIONS[version]
    row = FILL | amounts | {"trade_fee": json.dumps(fee), "trade_fee_in_quote": 2953} | change
    return _database(tmp_path / "a.sqlite", version, {"TradeFill": (fill, row), "Order": (order, ORDER | amounts)})


def _read(file: Path) -> ParsedSource:
    return read_hummingbot_db(a_source(file))


@pytest.mark.parametrize("version", VERSIONS)
def test_fill_and_order_of_each_version(tmp_path: Path, version: str) -> None:
    file = _of_version(tmp_path, version)
    parsed = _read(file)
    assert parsed.quarantine.is_empty()
    fill, order = (parsed.frames[name].row(0, named=True) for name in ("fills", "orders"))
    amounts = (Decimal("73839.2"), Decimal("0.0002"))
    assert (fill["price"], fill["quantity"]) == (order["price"], order["quantity"]) == amounts
    assert (fill["side"], order["side"], order["status"]) == ("SELL", "SELL", "completed")
    assert (fill["trade_id"], fill["order_id"], fill["fee_amount"], fill["fee_token"]) == (
        *("t1", "o1", Decimal("0.00295357"), "USDT"),
    )
    # What the recorder did not value itself is valued by the fee's own token.
    assert fill["fee_quote"] == Decimal("0.002953" if version == "20230516" else "0.00295357")
    assert order["exchange_order_id"] == fill["exchange_order_id"] == (None if version == "20190614" else "x1")
    found = facts_of_database(file, None, "a")
    assert (found.connectors, found.pairs) == (["binance"], ["BTC-USDT"])


@pytest.mark.parametrize(("version", "amount"), [("20190614", 1e-7), ("20210119", 1e-7), ("20220130", 1.0)])
def test_smallest_amounts_are_not_lost_before_they_were_scaled(tmp_path: Path, version: str, amount: float) -> None:
    expected = Decimal("0.0000001") if version < "20220130" else Decimal("0.000001")
    assert _read(_of_version(tmp_path, version, amount=amount)).frames["fills"]["quantity"].to_list() == [expected]


@pytest.mark.parametrize("version", ["20220130", "20230516"])
def test_fraction_of_a_millionth_is_not_guessed(tmp_path: Path, version: str) -> None:
    parsed = _read(_of_version(tmp_path, version, price=73839.2, amount=0.5))
    assert "fills" not in parsed.frames
    assert "not a whole number of millionths" in parsed.quarantine["reason"][0]


def test_percentage_of_old_fees_is_of_the_fill(tmp_path: Path) -> None:
    fee = json.dumps({"percent": 0.001, "flat_fees": []})
    fill = _read(_of_version(tmp_path, "20190614", trade_fee=fee, price=100.0, amount=2.0)).frames["fills"]
    assert fill.select("fee_amount", "fee_token", "fee_quote").rows() == [(Decimal("0.2"), "USDT", Decimal("0.2"))]


def test_tables_of_no_known_version_are_refused_by_it(tmp_path: Path) -> None:
    columns = FIRST_FILL.replace(" price FLOAT NOT NULL,", "").replace(" amount FLOAT NOT NULL,", "")
    row = FILL | {"trade_fee": "{}"}
    file = _database(tmp_path / "a.sqlite", "20180101", {"TradeFill": (columns, row)})
    with pytest.raises(
        InputError, match=r"a\.sqlite: TradeFill of schema version 20180101 has no amount, price, expected"
    ):
        _read(file)
