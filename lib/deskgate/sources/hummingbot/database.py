"""Hummingbot's SQLite database to the bot's own account: fills, order states, funding, mids and positions.

The database is opened read-only and read in one transaction, so that it can be read while its bot writes. Money is
stored there as integers of a millionth, truncated: what was cut off is lost, only `trade_fee` keeps exact amounts. A
fill's time is the bot's clock when it processed the fill, not the venue's.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from deskgate.config.errors import InputError
from deskgate.sources.hummingbot import liquidity
from deskgate.sources.hummingbot.database_rows import (
    Scale,
    Sides,
    Stored,
    fill_row,
    funding_row,
    mid_row,
    order_row,
    position_row,
)
from deskgate.sources.hummingbot.funding_records import is_undatable
from deskgate.sources.netting import net_positions
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile

__all__ = ["is_foreign", "read_hummingbot_db", "read_only"]

Reading = Callable[[Stored], tuple[str, Row] | None]

BUSY_TIMEOUT_S = 10.0
_TABLE_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_COLUMNS = {
    "Metadata": ("key", "value"),
    "Order": (
        *("id", "market", "symbol", "base_asset", "quote_asset", "creation_timestamp", "amount", "price"),
        *("last_status", "last_update_timestamp", "exchange_order_id", "order_type"),
    ),
    "OrderStatus": ("order_id", "timestamp", "status"),
    "TradeFill": (
        *("market", "symbol", "timestamp", "order_id", "trade_type", "order_type", "price", "amount", "trade_fee"),
        *("trade_fee_in_quote", "exchange_trade_id", "position"),
    ),
    "FundingPayment": ("timestamp", "market", "rate", "symbol", "amount"),
    "MarketData": ("timestamp", "exchange", "trading_pair", "mid_price", "best_bid", "best_ask"),
    "RangePositionUpdate": (
        *("hb_id", "timestamp", "tx_hash", "market", "order_action", "trading_pair", "base_amount", "quote_amount"),
    ),
    "Position": (
        *("side", "trading_pair", "timestamp", "amount", "breakeven_price", "unrealized_pnl_quote", "controller_id"),
    ),
}
# Without these a row of a table is none; every version of Hummingbot has written them.
_NEEDED = {
    "TradeFill": {"symbol", "timestamp", "order_id", "trade_type", "price", "amount"},
    "Order": {"id", "symbol", "creation_timestamp", "amount", "price", "last_status"},
}


def is_foreign(file: Path) -> bool:
    """Return whether a database can be read and has no table of Hummingbot's; other programs have a `Metadata` too."""
    try:
        with closing(sqlite3.connect(read_only(file), uri=True, timeout=BUSY_TIMEOUT_S)) as database:
            names = {name for (name,) in database.execute(_TABLE_NAMES)}
    except sqlite3.Error:
        return False
    return not names & (_COLUMNS.keys() - {"Metadata"})


def read_hummingbot_db(source: SourceFile) -> ParsedSource:
    """Return the bot's own account.

    Raises
    ------
    InputError
        The file is corrupt, stays locked, is another program's database, or of a schema that is not known.
    """
    tables = _tables(source)
    if not any(rows for name, rows in tables.items() if name != "Metadata"):
        return ParsedSource()
    try:
        scaled = Scale(tables["Metadata"])
    except RecordError as error:
        raise InputError(f"{source.file}: {error}") from error
    orders = {str(order["id"]): order for order in tables["Order"]}
    sides = Sides(tables)
    with_states = {str(status["order_id"]) for status in tables["OrderStatus"]}
    without_states = [order for order in tables["Order"] if str(order["id"]) not in with_states]

    def fill(row: Stored) -> tuple[str, Row]:
        if liquidity.is_of_liquidity(row["order_id"], row["order_type"], row["trade_type"]):
            return "liquidity_operations", liquidity.fill_row(row)
        return "fills", fill_row(row, orders.get(str(row["order_id"]), {}), scaled)

    def state(order: Stored, status: object, ts: object) -> tuple[str, Row]:
        if liquidity.is_of_liquidity(order["id"], order.get("order_type")):
            return "liquidity_operations", liquidity.order_row(order, status, ts)
        return "orders", order_row(order, sides.of(order), status, ts, scaled)

    def status(row: Stored) -> tuple[str, Row]:
        return state(orders.get(str(row["order_id"]), {"id": row["order_id"]}), row["status"], row["timestamp"])

    def last_status(row: Stored) -> tuple[str, Row]:
        return state(row, row["last_status"], row["last_update_timestamp"])

    readings: list[tuple[str, list[Stored], Reading]] = [
        ("TradeFill", tables["TradeFill"], fill),
        ("OrderStatus", tables["OrderStatus"], status),
        ("Order", without_states, last_status),
        ("FundingPayment", tables["FundingPayment"], _payment),
        ("MarketData", tables["MarketData"], lambda row: ("mids", mid_row(row, scaled))),
        (
            "RangePositionUpdate",
            tables["RangePositionUpdate"],
            lambda row: ("liquidity_operations", liquidity.update_row(row)),
        ),
        ("Position", tables["Position"], lambda row: ("positions", position_row(row, scaled))),
    ]
    parsed = ParsedSource.concat(parse_records(source, list(_records(source, *reading))) for reading in readings)
    if "positions" in parsed.frames:
        parsed.frames["positions"] = net_positions(parsed.frames["positions"])
    return parsed


def _payment(row: Stored) -> tuple[str, Row] | None:
    return None if is_undatable(row["market"], row["timestamp"]) else ("funding", funding_row(row))


def _records(source: SourceFile, table: str, rows: Iterable[Stored], reading: Reading) -> Iterator[Record]:
    for row in rows:
        line, raw = int(str(row["rowid"])), {"table": table, **row}
        try:
            found = reading(row)
            # Known to be of no use, and counted as such.
            yield Record(line, source.owner.name, raw, (found,) if found else (), type=None if found else "undatable")
        except RecordError as error:
            yield Record(line, source.owner.name, raw, reason=f"{table}: {error}")


def read_only(file: Path) -> str:
    """Return the URI that opens a database without writing anything, not even beside it.

    A read-only connection to a WAL database makes `-wal` and `-shm` files. Where there is a `-wal` file a writer is at
    work and has made them; without one the file does not change and is read as immutable.
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
            names = {name for (name,) in database.execute(_TABLE_NAMES)}
            if not {"TradeFill", "Order"} & names:
                raise InputError(
                    f"{source.file}: a database with {', '.join(sorted(names)[:5]) or 'no tables'}, expected"
                    " Hummingbot's with TradeFill and Order; narrow the pattern in desk.toml that lists it"
                )
            found = {name: _rows(database, name) if name in names else [] for name in _COLUMNS}
            for table in sorted(names & _NEEDED.keys()):
                if found[table] and (missing := _NEEDED[table] - _column_names(database, table)):
                    version = next((row["value"] for row in found["Metadata"] if row["key"] == "local_db_version"), "?")
                    raise InputError(
                        f"{source.file}: {table} of schema version {version} has no {', '.join(sorted(missing))}, expected"
                        " the columns that Hummingbot writes since 2019; take it out of desk.toml"
                    )
            return found
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


def _column_names(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f'PRAGMA table_info("{table}")')}


def _rows(database: sqlite3.Connection, table: str) -> list[Stored]:
    there = _column_names(database, table)
    wanted = _COLUMNS[table]
    columns = ", ".join(f'"{name}"' if name in there else "NULL" for name in wanted)
    rows = database.execute(f'SELECT rowid, {columns} FROM "{table}" ORDER BY rowid')
    # SQLite lets anything stand in any column; a blob is kept as its Python notation.
    return [
        {
            name: str(value) if isinstance(value, bytes) else value
            for name, value in zip(("rowid", *wanted), row, strict=True)
        }
        for row in rows
    ]
