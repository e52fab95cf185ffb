"""Whatever a database is, nothing escapes: a sentence about the file, or each record kept or in quarantine."""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.config.errors import InputError
from deskgate.sources.hummingbot import database
from deskgate.sources.hummingbot.database import read_hummingbot_db
from deskgate.sources.source_file import SourceFile
from examples import few

from ..desks import DDL, a_database, a_source
from ..samples import DB_FILL, DB_ORDER
from .test_database import RANGE, STATUSES

ROWS = {
    "TradeFill": [DB_FILL, DB_FILL | RANGE],
    "Order": [DB_ORDER],
    "OrderStatus": STATUSES,
    "FundingPayment": [{"timestamp": 1773849600000, "market": "m", "rate": 0.1, "symbol": "BTC-USDT", "amount": 0.2}],
    "RangePositionUpdate": [{"hb_id": "range-1", "timestamp": 1773792091000, "order_action": "ADD"}],
    "Position": [{"side": "BUY", "amount": 1, "trading_pair": "BTC-USDT", "timestamp": 1773964800000}],
}
COUNT = sum(map(len, ROWS.values()))
CELLS = [(table, column.split()[0]) for table in ROWS for column in DDL[table].split(", ")]
VALUES = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.sampled_from(["NaN", "1e999999999", "range-", "{", "[]", '{"flat_fees": [5]}', "RANGE", "9" * 400])
)


def _account(source: SourceFile) -> None:
    sentence = None
    try:
        parsed = read_hummingbot_db(source)
    except InputError as error:
        sentence = str(error)
    if sentence is not None:
        assert source.file.name in sentence
        return
    assert parsed.records.height <= COUNT
    assert parsed.quarantine["record"].is_unique().all()
    assert (parsed.quarantine["reason"].str.len_chars() < 1_000).all()
    kept = {number for frame in parsed.frames.values() for number in frame["record"].drop_nulls()}
    assert not kept & set(parsed.quarantine["record"])


@pytest.mark.slow
@few()
@given(st.lists(st.tuples(st.sampled_from(CELLS), VALUES), max_size=4))
def test_any_value_in_any_cell(changes: list[tuple[tuple[str, str], object]]) -> None:
    with TemporaryDirectory() as folder:
        file = a_database(Path(folder) / "a.sqlite", ROWS)
        with closing(sqlite3.connect(file)) as writer:
            for (table, column), value in changes:
                try:
                    writer.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ?', (value,))
                except (sqlite3.Error, UnicodeEncodeError):
                    continue  # an id that is no number, a surrogate: no database holds it
            writer.commit()
        _account(a_source(file))


@given(
    st.lists(st.tuples(st.integers(0, 60_000), st.binary(min_size=1, max_size=9)), max_size=5), st.integers(100, 60_000)
)
def test_mutated_and_truncated_files(changes: list[tuple[int, bytes]], keep: int) -> None:
    with TemporaryDirectory() as folder:
        file = a_database(Path(folder) / "a.sqlite", ROWS)
        source, data = a_source(file), bytearray(file.read_bytes())
        for at, new in changes:
            place = at % len(data)
            data[place : place + len(new)] = new
        file.write_bytes(bytes(data[:keep]))
        _account(source)


def test_locked_database_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    file = a_database(tmp_path / "a.sqlite", ROWS)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError, match=r"a\.sqlite: the database cannot be read now, database is locked"):
            read_hummingbot_db(a_source(file))


@pytest.mark.parametrize("log", [b"", b"garbage" * 99, b"\x37\x7f\x06\x82" + bytes(60)])
def test_database_with_any_log_beside_it_is_read(tmp_path: Path, log: bytes) -> None:
    file = a_database(tmp_path / "a.sqlite", ROWS)
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
    file.with_name("a.sqlite-wal").write_bytes(log)
    assert read_hummingbot_db(a_source(file)).frames["fills"].height == 1
