import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from deskgate.config.errors import InputError
from deskgate.sources.hummingbot.database import read_hummingbot_db, read_only
from deskgate.sources.parsed_source import ParsedSource

from ..desks import a_bot, a_database, a_source
from ..samples import DB_FILL, DB_ORDER

STATUSES: list[dict[str, object]] = [
    {"order_id": "o1", "timestamp": 1773792030000, "status": "SellOrderCreated"},
    {"order_id": "o1", "timestamp": 1773792091000, "status": "OrderFilled"},
    {"order_id": "o1", "timestamp": 1773792091065, "status": "SellOrderCompleted"},
]


def _read(file: Path) -> ParsedSource:
    return read_hummingbot_db(a_source(file))


def test_fill_is_unscaled_and_joined_with_its_order(tmp_path: Path) -> None:
    parsed = _read(
        a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL], "Order": [DB_ORDER], "OrderStatus": STATUSES})
    )
    fill = parsed.frames["fills"].row(0, named=True)
    assert fill["ts"] == datetime(2026, 3, 18, 0, 1, 31, tzinfo=UTC)
    assert (fill["price"], fill["quantity"]) == (Decimal("73839.2"), Decimal("0.0002"))
    assert (fill["fee_amount"], fill["fee_token"], fill["fee_quote"]) == (
        *(Decimal("0.00295357"), "USDT", Decimal("0.002953")),
    )
    assert (fill["order_id"], fill["exchange_order_id"], fill["trade_id"], fill["leg"]) == ("o1", "x1", "t1", "local")


def test_fill_without_an_order_is_kept(tmp_path: Path) -> None:
    parsed = _read(a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL]}))
    assert parsed.frames["fills"]["exchange_order_id"].to_list() == [None]
    assert parsed.quarantine.is_empty()


@pytest.mark.parametrize(
    ("version", "stored", "expected"),
    [
        ("20230516", 73839200000, "73839.2"),
        ("20230516", 73839200000.0, "73839.2"),
        ("20230516", 12.0, "0.000012"),
        ("20220130", 73839200000, "73839.2"),
        ("20210119", 73839, "73839"),
        ("20210119", 73839.2, "73839.2"),
        ("20230516", 12, "0.000012"),
    ],
)
def test_price_is_scaled_by_version(tmp_path: Path, version: str, stored: object, expected: str) -> None:
    file = a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL | {"price": stored}]}, version=version)
    assert _read(file).frames["fills"]["price"].to_list() == [Decimal(expected)]


def test_migrated_columns_hold_whole_millionths_as_floats(tmp_path: Path) -> None:
    file = a_database(tmp_path / "a.sqlite", {"Order": [DB_ORDER]})
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE migrated (id TEXT, market TEXT, symbol TEXT, base_asset TEXT, quote_asset TEXT,"
            " creation_timestamp BIGINT, order_type TEXT, amount BIGINT, price FLOAT, last_status TEXT,"
            " last_update_timestamp BIGINT, exchange_order_id TEXT)")  # fmt: skip
        database.execute('INSERT INTO migrated SELECT * FROM "Order"')
        database.execute('DROP TABLE "Order"')
        database.execute('ALTER TABLE migrated RENAME TO "Order"')
        assert database.execute('SELECT typeof(price) FROM "Order"').fetchone() == ("real",)
        database.commit()
    orders = _read(file).frames["orders"]
    assert orders.select("price", "quantity").rows() == [(Decimal("73839.2"), Decimal("0.0002"))]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (None, r"a\.sqlite: no schema version, expected a local_db_version up to 20230516 .*; copy the database whole"),
        ("20261231", r"a\.sqlite: schema version '20261231', expected .*; update deskgate"),
        ("new", r"a\.sqlite: schema version 'new', expected"),
        ("2", r"a\.sqlite: schema version '2', expected"),
    ],
)
def test_unknown_schema_is_refused_and_not_guessed(tmp_path: Path, version: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _read(a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL]}, version=version))
    assert _read(a_database(tmp_path / "empty.sqlite", {}, version=version)).frames == {}


def test_funding_is_never_scaled(tmp_path: Path) -> None:
    row = {"timestamp": 1773849600000, "market": "m", "rate": 1, "symbol": "BTC-USDT", "amount": 3}
    for version in ("20210119", "20230516"):
        file = a_database(tmp_path / f"{version}.sqlite", {"FundingPayment": [row]}, version=version)
        assert _read(file).frames["funding"]["amount"].to_list() == [Decimal(3)]


RANGE = {"order_id": "range-1", "trade_type": "RANGE", "order_type": "AMM_ADD", "price": 0, "exchange_trade_id": "tx"}


def test_liquidity_operation_is_known_and_no_fill(tmp_path: Path) -> None:
    order = DB_ORDER | {"id": "range-1", "order_type": "AMM_ADD", "price": 0}
    states: list[dict[str, object]] = [
        {"order_id": "range-1", "timestamp": 1773792030000, "status": name}
        for name in ("SellOrderCreated", "OrderFilled")
    ]
    update = {"hb_id": "range-1", "timestamp": 1773792091000, "tx_hash": "tx", "market": "m", "order_action": "ADD"}
    rows: dict[str, list[dict[str, object]]] = {
        "TradeFill": [DB_FILL, DB_FILL | RANGE],
        "Order": [DB_ORDER, order],
        "OrderStatus": [*STATUSES, *states],
        "RangePositionUpdate": [update | {"trading_pair": "SOL-USDC", "base_amount": 0.03, "quote_amount": 5.0}],
    }
    parsed = _read(a_database(tmp_path / "a.sqlite", rows))
    assert parsed.quarantine.is_empty()
    assert (parsed.frames["fills"].height, parsed.frames["orders"]["order_id"].unique().to_list()) == (1, ["o1"])
    found = parsed.frames["liquidity_operations"].select("record_type", "action", "moved", "order_id").rows()
    assert found == [
        ("TradeFill", "add", True, "range-1"),
        ("SellOrderCreated", "add", False, "range-1"),
        ("OrderFilled", "add", True, "range-1"),
        ("RangePositionUpdate", "add", True, "range-1"),
    ]


@pytest.mark.parametrize("order_type", ["MARKET", "LIMIT", "LIMIT_MAKER", "AMM_SWAP"])
def test_every_order_type_that_trades_is_read(tmp_path: Path, order_type: str) -> None:
    rows = {"TradeFill": [DB_FILL | {"order_type": order_type}], "Order": [DB_ORDER | {"order_type": order_type}]}
    frames = _read(a_database(tmp_path / "a.sqlite", rows)).frames
    assert (frames["fills"].height, frames["orders"].height) == (1, 1)


def test_orders_have_one_row_a_status(tmp_path: Path) -> None:
    expired = {"order_id": "o1", "timestamp": 1773792092000, "status": "OrderExpired"}
    orders = _read(
        a_database(tmp_path / "a.sqlite", {"Order": [DB_ORDER], "OrderStatus": [*STATUSES, expired]})
    ).frames["orders"]
    assert orders["status"].to_list() == ["open", "filled", "completed", "expired"]
    assert orders["ts"].dt.epoch("ms").to_list() == [1773792030000, 1773792091000, 1773792091065, 1773792092000]
    assert orders.select("side", "price", "exchange_order_id").unique().rows() == [("SELL", Decimal("73839.2"), "x1")]


def test_order_without_statuses_has_its_last_one(tmp_path: Path) -> None:
    orders = _read(a_database(tmp_path / "a.sqlite", {"Order": [DB_ORDER]})).frames["orders"]
    assert orders.select("status", "side", "order_id").rows() == [("completed", "SELL", "o1")]
    assert orders["ts"].dt.epoch("ms").to_list() == [1773792091065]


@pytest.mark.parametrize(
    ("order_id", "trade_type", "expected"),
    [
        ("o1", "BUY", "BUY"),
        ("sell://BTC-USDT/0802865c", None, "SELL"),
        ("x-nbQe1H39BBCUT64d4123", None, "BUY"),
        ("SBCUT64d4123", None, "SELL"),
        ("unknown", None, None),
    ],
)
def test_side_of_a_cancelled_order(tmp_path: Path, order_id: str, trade_type: str | None, expected: str | None) -> None:
    order = DB_ORDER | {"id": order_id, "last_status": "OrderCancelled"}
    fills = [DB_FILL | {"order_id": order_id, "trade_type": trade_type}] if trade_type else []
    orders = _read(a_database(tmp_path / "a.sqlite", {"Order": [order], "TradeFill": fills})).frames["orders"]
    assert orders["side"].to_list() == [expected]


def test_market_order_has_no_price(tmp_path: Path) -> None:
    order = DB_ORDER | {"order_type": "MARKET", "price": 0}
    assert _read(a_database(tmp_path / "a.sqlite", {"Order": [order]})).frames["orders"]["price"].to_list() == [None]


def test_funding_in_seconds_and_in_milliseconds(tmp_path: Path) -> None:
    row = {"market": "m", "rate": -1e-05, "symbol": "BTC-USDT", "amount": 0.00059082}
    rows = [row | {"timestamp": 1773820800.231}, row | {"timestamp": 1773849600000}]
    funding = _read(a_database(tmp_path / "a.sqlite", {"FundingPayment": rows})).frames["funding"]
    assert funding["ts"].dt.epoch("ms").to_list() == [1773820800231, 1773849600000]
    assert funding["amount"].to_list() == [Decimal("0.00059082")] * 2
    assert funding["rate"].to_list() == [Decimal("-0.00001")] * 2


def test_mids_are_scaled_with_their_time(tmp_path: Path) -> None:
    row = {"timestamp": 1773792000000 * 10**6, "trading_pair": "BTC-USDT", "mid_price": 73868946788, "best_bid": None}
    mids = _read(a_database(tmp_path / "a.sqlite", {"MarketData": [row]})).frames["mids"]
    assert mids.select("mid", "best_bid").rows() == [(Decimal("73868.946788"), None)]
    assert mids["ts"].to_list() == [datetime(2026, 3, 18, tzinfo=UTC)]


def test_positions_are_signed_and_summed_over_controllers(tmp_path: Path) -> None:
    row = {"trading_pair": "BTC-USDT", "timestamp": 1773964800000, "breakeven_price": 10**6, "unrealized_pnl_quote": 1}
    rows = [row | {"side": "BUY", "amount": 500}, row | {"side": "SELL", "amount": 800}]
    positions = _read(a_database(tmp_path / "a.sqlite", {"Position": rows})).frames["positions"]
    assert positions.select("quantity", "entry_price", "unrealized_pnl_quote").rows() == [
        (Decimal("-0.0003"), None, Decimal("0.000002"))
    ]


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("TradeFill", DB_FILL | {"price": "abc"}, "TradeFill: 'abc' is not a whole number of millionths"),
        ("TradeFill", DB_FILL | {"price": 73839.2}, "TradeFill: '73839.2' is not a whole number of millionths"),
        ("TradeFill", DB_FILL | {"trade_fee": "{"}, "TradeFill: trade_fee is not JSON"),
        ("TradeFill", DB_FILL | {"trade_type": "SWAP"}, "side 'SWAP' is not one of BUY, SELL"),
        ("TradeFill", DB_FILL | {"timestamp": 0}, "ts '0' is not a timestamp"),
        (
            "OrderStatus",
            {"order_id": "o1", "timestamp": 1773792030000, "status": "Lost"},
            "status 'Lost' is not one of",
        ),
        ("Position", {"side": "LONG", "amount": 1}, "Position: side 'LONG' is not one of BUY, SELL"),
    ],
)
def test_bad_row_is_in_quarantine_with_its_table(
    tmp_path: Path, table: str, row: dict[str, object], reason: str
) -> None:
    parsed = _read(
        a_database(
            tmp_path / "a.sqlite", {"TradeFill": [DB_FILL], table: [row] if table != "TradeFill" else [DB_FILL, row]}
        )
    )
    assert parsed.quarantine["reason"].item().startswith(reason)
    assert f'"table":"{table}"' in parsed.quarantine["raw"].item()
    assert parsed.kept["bot1"] == 1


def test_read_while_the_bot_holds_a_write(tmp_path: Path) -> None:
    file = a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL]})
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM TradeFill")
    assert _read(file).frames["fills"].height == 1
    writer.execute("COMMIT")
    writer.close()
    assert "fills" not in _read(file).frames


@pytest.mark.parametrize("keep", [4096, 0.5])
def test_truncated_database_names_the_file(tmp_path: Path, keep: float) -> None:
    fills = [DB_FILL | {"exchange_trade_id": str(n)} for n in range(500)]
    file = a_database(tmp_path / "a.sqlite", {"TradeFill": fills})
    data = file.read_bytes()
    file.write_bytes(data[: int(keep if keep > 1 else len(data) * keep)])
    with pytest.raises(InputError, match=r"a\.sqlite: the database is damaged"):
        _read(file)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        database.execute("CREATE TABLE notes (text TEXT)")
    database.close()
    with pytest.raises(InputError, match="a database with notes, expected Hummingbot's"):
        _read(tmp_path / "a.sqlite")


def test_database_is_not_written(tmp_path: Path) -> None:
    file = a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL]})
    before = file.read_bytes()
    _read(file)
    assert (file.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (before, ["a.sqlite"])


def test_rows_belong_to_the_bot_that_lists_it(tmp_path: Path) -> None:
    parsed = read_hummingbot_db(a_source(a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL]}), a_bot("other")))
    assert parsed.frames["fills"].select(pl.col("bot").unique()).item() == "other"


def test_database_in_wal_mode_is_read_without_a_file_beside_it(tmp_path: Path) -> None:
    file = a_database(tmp_path / "wal.sqlite", {"TradeFill": [DB_FILL]})
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode = wal")
    assert [each.name for each in tmp_path.iterdir()] == ["wal.sqlite"]
    with closing(sqlite3.connect(read_only(file), uri=True)) as database:
        assert database.execute("SELECT count(*) FROM TradeFill").fetchone()[0] > 0
    assert [each.name for each in tmp_path.iterdir()] == ["wal.sqlite"]


def test_database_that_somebody_writes_in_wal_mode_is_read_as_it_is_now(tmp_path: Path) -> None:
    file = a_database(tmp_path / "wal.sqlite", {"TradeFill": [DB_FILL]})
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("DELETE FROM TradeFill")
        with closing(sqlite3.connect(read_only(file), uri=True)) as database:
            assert database.execute("SELECT count(*) FROM TradeFill").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("market", "timestamp", "kept", "unreadable"),
    [
        # Milliseconds taken for nanoseconds.
        ("kucoin_perpetual", 1773, 0, 0),
        ("kucoin_perpetual", 1773820800, 1, 0),
        ("kucoin_perpetual", 1773820800000, 1, 0),
        ("bitget_perpetual", 1773, 0, 1),
    ],
)
def test_payment_of_1970_is_known_of_connectors_that_write_it(
    tmp_path: Path, market: str, timestamp: int, kept: int, unreadable: int
) -> None:
    row = {"timestamp": timestamp, "market": market, "rate": 1e-4, "symbol": "XBT-USDT", "amount": 0.1}
    parsed = _read(a_database(tmp_path / "a.sqlite", {"FundingPayment": [row]}))
    funding = parsed.frames.get("funding")
    assert (0 if funding is None else funding.height) == kept
    assert parsed.quarantine.height == unreadable
    types = parsed.records["type"].to_list()
    assert types == ["undatable"] if not kept and not unreadable else "undatable" not in types
