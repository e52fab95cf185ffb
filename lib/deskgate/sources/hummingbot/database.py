"""Hummingbot's SQLite database to the bot's own account: fills, order states, funding, mids and positions.

The database is opened read-only and read in one transaction, so that it can be read while its bot writes. Money is
stored there as integers of a millionth, truncated: what was cut off is lost, only `trade_fee` keeps exact amounts. A
fill's time is the bot's clock when it processed the fill, not the venue's.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from deskgate.config.errors import InputError
from deskgate.sources.hummingbot import liquidity
from deskgate.sources.hummingbot.database_inputs import COLUMNS, Input, Inputs
from deskgate.sources.hummingbot.database_rows import (
    Scale,
    Stored,
    fill_row,
    funding_row,
    mid_row,
    order_row,
    position_row,
    side_of,
)
from deskgate.sources.hummingbot.funding_records import is_undatable
from deskgate.sources.netting import net_positions
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile, log_of

__all__ = ["is_foreign", "parts_of_hummingbot_db", "read_grown_db", "read_hummingbot_db", "read_only"]

Reading = Callable[[Input], tuple[str, Row] | None]

BUSY_TIMEOUT_S = 10.0
# A part of a database has at least as many records, but the last one; two are stored with one commit.
PART_RECORDS = 65_000
# Without these a row of a table is none; every version of Hummingbot has written them.
_NEEDED = {
    "TradeFill": {"symbol", "timestamp", "order_id", "trade_type", "price", "amount"},
    "Order": {"id", "symbol", "creation_timestamp", "amount", "price", "last_status"},
}


def is_foreign(file: Path) -> bool:
    """Return whether a database can be read and has no table of Hummingbot's; other programs have a `Metadata` too."""
    try:
        with closing(sqlite3.connect(read_only(file), uri=True, timeout=BUSY_TIMEOUT_S)) as database:
            names = Inputs(database).names
    except sqlite3.Error:
        return False
    return not names & (COLUMNS.keys() - {"Metadata"})


def read_hummingbot_db(source: SourceFile) -> ParsedSource:
    """Return the bot's own account.

    Raises
    ------
    InputError
        The file is corrupt, stays locked, is another program's database, or of a schema that is not known.
    """
    parts = list(parts_of_hummingbot_db(source))
    return replace(ParsedSource.concat(parts), mark=parts[-1].mark)


def parts_of_hummingbot_db(source: SourceFile) -> Iterator[ParsedSource]:
    """Yield the bot's own account in parts of about the same size, of the same content always the same ones.

    Each has the mark, which names the content that all of them are of.

    Raises
    ------
    InputError
        As `read_hummingbot_db` does.
    """
    with _opened(source) as database:
        inputs = Inputs(database)
        scale = _scale(source, inputs)
        if scale is None:
            yield ParsedSource()
            return
        mark, found = inputs.mark(), list[ParsedSource]()
        for some in _added(source, inputs, scale):
            if sum(each.records.height for each in found) >= PART_RECORDS:
                yield replace(ParsedSource.concat(found), mark=mark)
                found = []
            found.append(some)
        positions = [Input(row, {}, None) for row in inputs.rows("Position")]
        found.append(_records(source, "Position", positions, lambda each: ("positions", position_row(each.row, scale))))
        last = ParsedSource.concat(found)
        if "positions" in last.frames:
            last.frames["positions"] = net_positions(last.frames["positions"])
        yield replace(last, mark=mark)


def read_grown_db(source: SourceFile, mark: str) -> ParsedSource | None:
    """Return the records that were added since a database was read to `mark`, None where one before it is not as it was.

    None too where it cannot be read: whoever reads it whole says why.
    """
    with suppress(InputError), _opened(source) as database:
        inputs = Inputs(database, mark)
        scale = _scale(source, inputs)
        if scale is None or not inputs.only_grew():
            return None
        return replace(ParsedSource.concat(_added(source, inputs, scale)), mark=inputs.mark())
    return None


def _added(source: SourceFile, inputs: Inputs, scale: Scale) -> Iterator[ParsedSource]:
    """Yield the records of the tables to which rows are added, after the mark of `inputs`, some at a time."""

    def fill(each: Input) -> tuple[str, Row]:
        row = each.row
        if liquidity.is_of_liquidity(row["order_id"], row["order_type"], row["trade_type"]):
            return "liquidity_operations", liquidity.fill_row(row)
        return "fills", fill_row(row, each.order, scale)

    def state(order: Stored, side: str | None, status: object, ts: object) -> tuple[str, Row]:
        if liquidity.is_of_liquidity(order["id"], order.get("order_type")):
            return "liquidity_operations", liquidity.order_row(order, status, ts)
        return "orders", order_row(order, side_of(order, side), status, ts, scale)

    readings: dict[str, Reading] = {
        "TradeFill": fill,
        "OrderStatus": lambda each: state(each.order, each.side, each.row["status"], each.row["timestamp"]),
        "Order": lambda each: state(each.row, each.side, each.row["last_status"], each.row["last_update_timestamp"]),
        "FundingPayment": lambda each: _payment(each.row),
        "MarketData": lambda each: ("mids", mid_row(each.row, scale)),
        "RangePositionUpdate": lambda each: ("liquidity_operations", liquidity.update_row(each.row)),
    }
    for table, reading in readings.items():
        for some in inputs.of(table):
            yield _records(source, table, some, reading)


def _payment(row: Stored) -> tuple[str, Row] | None:
    return None if is_undatable(row["market"], row["timestamp"]) else ("funding", funding_row(row))


def _records(source: SourceFile, table: str, inputs: Iterable[Input], reading: Reading) -> ParsedSource:
    return parse_records(source, [_record(source, table, each, reading) for each in inputs])


def _record(source: SourceFile, table: str, each: Input, reading: Reading) -> Record:
    line, raw = int(str(each.row["rowid"])), {"table": table, **each.row}
    try:
        found = reading(each)
    except RecordError as error:
        return Record(line, source.owner.name, raw, reason=f"{table}: {error}")
    # Known to be of no use, and counted as such.
    return Record(line, source.owner.name, raw, (found,) if found else (), type=None if found else "undatable")


def read_only(file: Path) -> str:
    """Return the URI that opens a database without writing anything, not even beside it.

    A read-only connection to a WAL database makes `-wal` and `-shm` files. Where there is a `-wal` file a writer is at
    work and has made them; without one the file does not change and is read as immutable.
    """
    with file.open("rb") as head:
        wal = head.read(20)[18:20] == b"\x02\x02"
    still = wal and not log_of(file).exists()
    return f"{file.resolve().as_uri()}?mode=ro" + ("&immutable=1" if still else "")


@contextmanager
def _opened(source: SourceFile) -> Iterator[sqlite3.Connection]:
    """Open a database as it is at one instant, without keeping its bot from writing while its rows are read."""
    try:
        with ExitStack() as stack:
            database = stack.enter_context(
                closing(sqlite3.connect(read_only(source.file), uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None))
            )
            database.execute("BEGIN")
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if database.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                # Without a log a reader holds up the writer, so rows are read from a copy in a temporary file of SQLite's own.
                theirs, database = database, stack.enter_context(closing(sqlite3.connect("", isolation_level=None)))
                theirs.backup(database)
                theirs.close()
            database.text_factory = lambda data: data.decode(errors="replace")
            yield database
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


def _scale(source: SourceFile, inputs: Inputs) -> Scale | None:
    """Return how a database stores money, None where it has no row.

    Raises
    ------
    InputError
        It is another program's, or of a schema that is not known.
    """
    if not {"TradeFill", "Order"} & inputs.names:
        raise InputError(
            f"{source.file}: a database with {', '.join(sorted(inputs.names)[:5]) or 'no tables'}, expected"
            " Hummingbot's with TradeFill and Order; narrow the pattern in desk.toml that lists it"
        )
    metadata = inputs.rows("Metadata")
    for table in sorted(_NEEDED.keys() & inputs.names):
        if not inputs.is_empty(table) and (missing := _NEEDED[table] - inputs.columns(table)):
            version = next((row["value"] for row in metadata if row["key"] == "local_db_version"), "?")
            raise InputError(
                f"{source.file}: {table} of schema version {version} has no {', '.join(sorted(missing))}, expected"
                " the columns that Hummingbot writes since 2019; take it out of desk.toml"
            )
    if all(inputs.is_empty(table) for table in COLUMNS if table != "Metadata"):
        return None
    try:
        return Scale(metadata)
    except RecordError as error:
        raise InputError(f"{source.file}: {error}") from error
