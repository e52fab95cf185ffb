"""Hummingbot's SQLite database to the bot's own account: fills, order states, funding, mids and positions.

The database is opened read-only and read in one transaction, so that it can be read while its bot writes. Money is
stored there as integers of a millionth, truncated: what was cut off is lost, only `trade_fee` keeps exact amounts. A
fill's time is the bot's clock when it processed the fill, not the venue's.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from deskgate.config.errors import InputError
from deskgate.sources.ccxt.netting import net_positions
from deskgate.sources.exact_json import JsonError, parse
from deskgate.sources.fees import trade_fee
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile
from deskgate.sources.spellings import STATUS_OF_STATE

__all__ = ["read_hummingbot_db"]

Stored = Mapping[str, object]
Tables = Mapping[str, list[Stored]]
Reading = Callable[[Stored], tuple[str, Row]]

BUSY_TIMEOUT_S = 10.0
# From this schema version on, money is integers of a millionth; before it, and wherever a REAL is stored, it is as is.
_SCALED_SINCE = 20220130
_COLUMNS = {
    "Metadata": ("key", "value"),
    "Order": (
        *("id", "market", "symbol", "base_asset", "quote_asset", "creation_timestamp", "amount", "price"),
        *("last_status", "last_update_timestamp", "exchange_order_id", "order_type"),
    ),
    "OrderStatus": ("order_id", "timestamp", "status"),
    "TradeFill": (
        *("market", "symbol", "timestamp", "order_id", "trade_type", "price", "amount", "trade_fee"),
        *("trade_fee_in_quote", "exchange_trade_id"),
    ),
    "FundingPayment": ("timestamp", "market", "rate", "symbol", "amount"),
    "MarketData": ("timestamp", "trading_pair", "mid_price", "best_bid", "best_ask"),
    "Position": (
        *("side", "trading_pair", "timestamp", "amount", "breakeven_price", "unrealized_pnl_quote", "controller_id"),
    ),
}


def read_hummingbot_db(source: SourceFile) -> ParsedSource:
    """Return the bot's own account.

    Raises
    ------
    InputError
        The file is corrupt, stays locked, or is another program's database.
    """
    tables = _tables(source)
    scaled = _Scale(tables["Metadata"])
    orders = {str(order["id"]): order for order in tables["Order"]}
    sides = _Sides(tables)
    with_states = {str(status["order_id"]) for status in tables["OrderStatus"]}
    without_states = [order for order in tables["Order"] if str(order["id"]) not in with_states]

    def fill(row: Stored) -> tuple[str, Row]:
        return "fills", _fill(row, orders.get(str(row["order_id"]), {}), scaled)

    def status(row: Stored) -> tuple[str, Row]:
        order = orders.get(str(row["order_id"]), {"id": row["order_id"]})
        return "orders", _order(order, sides.of(order), row["status"], row["timestamp"], scaled)

    def last_status(row: Stored) -> tuple[str, Row]:
        return "orders", _order(row, sides.of(row), row["last_status"], row["last_update_timestamp"], scaled)

    readings: list[tuple[str, list[Stored], Reading]] = [
        ("TradeFill", tables["TradeFill"], fill),
        ("OrderStatus", tables["OrderStatus"], status),
        ("Order", without_states, last_status),
        ("FundingPayment", tables["FundingPayment"], _funding),
        ("MarketData", tables["MarketData"], lambda row: ("mids", _mid(row, scaled))),
        ("Position", tables["Position"], lambda row: ("positions", _position(row, scaled))),
    ]
    parsed = ParsedSource.concat(parse_records(source, list(_records(source, *reading))) for reading in readings)
    if "positions" in parsed.frames:
        parsed.frames["positions"] = net_positions(parsed.frames["positions"])
    return parsed


def _records(source: SourceFile, table: str, rows: Iterable[Stored], reading: Reading) -> Iterator[Record]:
    for row in rows:
        line, raw = int(str(row["rowid"])), {"table": table, **row}
        try:
            yield Record(line, source.owner.name, raw, (reading(row),))
        except RecordError as error:
            yield Record(line, source.owner.name, raw, reason=f"{table}: {error}")


def read_only(file: Path) -> str:
    """Return the URI that opens a database without writing anything, not even beside it.

    A read-only connection to a WAL database makes `-wal` and `-shm` files. Where there is a `-wal` file a writer is at
    work, has made them, and must be heeded; where there is none the file stands still and may be read as it is.
    """
    with file.open("rb") as head:
        wal = head.read(20)[18:20] == b"\x02\x02"
    still = wal and not file.with_name(f"{file.name}-wal").exists()
    return f"{file.resolve().as_uri()}?mode=ro" + ("&immutable=1" if still else "")


def _tables(source: SourceFile) -> dict[str, list[Stored]]:
    """Read every table we know, whatever of it is there, as of one instant."""
    uri = read_only(source.file)
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as database:
            database.text_factory = lambda data: data.decode(errors="replace")
            database.execute("BEGIN")
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not {"TradeFill", "Order"} & names:
                raise InputError(
                    f"{source.file}: a database with {', '.join(sorted(names)[:5]) or 'no tables'}, expected"
                    " Hummingbot's with TradeFill and Order; narrow the pattern in desk.toml that lists it"
                )
            return {name: _rows(database, name) if name in names else [] for name in _COLUMNS}
    except sqlite3.OperationalError as error:
        raise InputError(
            f"{source.file}: the database cannot be read now, {error}; try again, and copy it with SQLite's backup"
            " if its bot keeps it locked"
        ) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # A damaged schema makes SQLite complain in bytes that are no text.
        raise InputError(
            f"{source.file}: the database is damaged, {error}; restore it from a copy, or take it out of desk.toml"
        ) from error


def _rows(database: sqlite3.Connection, table: str) -> list[Stored]:
    there = {row[1] for row in database.execute(f'PRAGMA table_info("{table}")')}
    wanted = _COLUMNS[table]
    columns = ", ".join(f'"{name}"' if name in there else "NULL" for name in wanted)
    rows = database.execute(f'SELECT rowid, {columns} FROM "{table}" ORDER BY rowid')
    # SQLite lets anything stand in any column; a blob is kept as its notation, and no column of ours is one.
    return [
        {
            name: str(value) if isinstance(value, bytes) else value
            for name, value in zip(("rowid", *wanted), row, strict=True)
        }
        for row in rows
    ]


class _Scale:
    """How this database stores money: as integers of a millionth, or as it is."""

    def __init__(self, metadata: Iterable[Stored]) -> None:
        versions = [str(row["value"]) for row in metadata if row["key"] == "local_db_version"]
        self._scaled = not versions or not versions[0].isdigit() or int(versions[0]) >= _SCALED_SINCE

    def __call__(self, value: object) -> str | None:
        return f"{Decimal(value).scaleb(-6):f}" if isinstance(value, int) and self._scaled else _text(value)


class _Sides:
    """The side of an order, which has no column of its own: from its events, else its fills, else its client id."""

    def __init__(self, tables: Tables) -> None:
        self._known: dict[str, str] = {}
        for row in tables["OrderStatus"]:
            self._learn(row["order_id"], row["status"])
        for row in tables["TradeFill"]:
            self._learn(row["order_id"], f"{row['trade_type']}Order")

    def _learn(self, order_id: object, status: object) -> None:
        side, order, _ = str(status).upper().partition("ORDER")
        if order and side in ("BUY", "SELL"):
            self._known.setdefault(str(order_id), side)

    def of(self, order: Stored) -> str | None:
        order_id = str(order["id"])
        self._learn(order_id, order.get("last_status"))
        return self._known.get(order_id) or _side_in_client_id(order_id, order)


def _side_in_client_id(order_id: str, order: Stored) -> str | None:
    """Read `buy://` of paper trading, else the letter before the first and last letters of base and quote."""
    base, quote = _text(order.get("base_asset")), _text(order.get("quote_asset"))
    ends = f"{base[0]}{base[-1]}{quote[0]}{quote[-1]}" if base and quote else None
    for side in ("BUY", "SELL"):
        if order_id.startswith(f"{side.lower()}://") or (ends and f"{side[0]}{ends}" in order_id):
            return side
    return None


def _fill(row: Stored, order: Stored, scaled: _Scale) -> Row:
    pair, price, quantity = _text(row["symbol"]), scaled(row["price"]), scaled(row["amount"])
    try:
        stored = None if row["trade_fee"] is None else parse(str(row["trade_fee"]))
    except JsonError as error:
        raise RecordError(f"trade_fee is not JSON, {error}") from error
    fee = trade_fee(stored, pair=pair, price=price, quantity=quantity, recorded_quote=scaled(row["trade_fee_in_quote"]))
    return {
        "ts": _text(row["timestamp"]),
        "pair": pair,
        "market": _text(row["market"]),
        "trade_id": _text(row["exchange_trade_id"]),
        "order_id": _text(row["order_id"]),
        "exchange_order_id": _text(order.get("exchange_order_id")),
        "side": _text(row["trade_type"]),
        "price": price,
        "quantity": quantity,
        "fee_amount": fee.amount,
        "fee_token": fee.token,
        "fee_quote": fee.quote,
    }


def _order(order: Stored, side: str | None, status: object, ts: object, scaled: _Scale) -> Row:
    return {
        "ts": _text(ts),
        "pair": _text(order.get("symbol")),
        "order_id": _text(order["id"]),
        "exchange_order_id": _text(order.get("exchange_order_id")),
        "status": STATUS_OF_STATE.get(str(status), str(status)),
        "created_ts": _text(order.get("creation_timestamp")),
        "side": side,
        # A market order has no price; the recorder writes 0 for want of one.
        "price": None if order.get("order_type") == "MARKET" else scaled(order.get("price")),
        "quantity": scaled(order.get("amount")),
    }


def _funding(row: Stored) -> tuple[str, Row]:
    return (
        "funding",
        {
            "ts": _text(row["timestamp"]),
            "pair": _text(row["symbol"]),
            "amount": _text(row["amount"]),
            "rate": _text(row["rate"]),
        },
    )


def _mid(row: Stored, scaled: _Scale) -> Row:
    return {
        "ts": scaled(row["timestamp"]),
        "pair": _text(row["trading_pair"]),
        "mid": scaled(row["mid_price"]),
        "best_bid": scaled(row["best_bid"]),
        "best_ask": scaled(row["best_ask"]),
    }


def _position(row: Stored, scaled: _Scale) -> Row:
    amount, side = scaled(row["amount"]), _text(row["side"])
    if side not in ("BUY", "SELL"):
        raise RecordError(f"side '{side}' is not one of BUY, SELL")
    return {
        "ts": _text(row["timestamp"]),
        "pair": _text(row["trading_pair"]),
        "quantity": f"-{amount}" if side == "SELL" and amount else amount,
        "entry_price": scaled(row["breakeven_price"]),
        "unrealized_pnl_quote": scaled(row["unrealized_pnl_quote"]),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
