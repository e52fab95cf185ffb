"""What is read of a database from a mark is what reading it whole finds beyond the records before the mark, or it is refused."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from deskgate.demo.hummingbot_schema import statements
from deskgate.sources.hummingbot.database import parts_of_hummingbot_db, read_grown_db, read_hummingbot_db
from deskgate.sources.hummingbot.database_inputs import Inputs
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, parse_records
from deskgate.sources.source_file import SourceFile

from ..desks import a_database, a_source

MS = 1_777_900_000_000
_COMMON = "'c', 's', 'bitget_perpetual', 'BTC-USDT', 'BTC', 'USDT'"
_COLUMNS = "config_file_path, strategy, market, symbol, base_asset, quote_asset"
_ORDER = (
    f'INSERT OR IGNORE INTO "Order" (id, {_COLUMNS}, creation_timestamp, order_type, amount, leverage, price, last_status,'
    f" last_update_timestamp, exchange_order_id) VALUES (?, {_COMMON}, {MS}, 'LIMIT', 10000, 1, 100500000, ?, {MS}, ?)"
)
_FILL = (
    f"INSERT OR IGNORE INTO TradeFill ({_COLUMNS}, timestamp, order_id, trade_type, order_type, price, amount, leverage,"
    f" trade_fee, trade_fee_in_quote, exchange_trade_id) VALUES ({_COMMON}, {MS}, ?, ?, 'LIMIT', 100500000, ?, 1,"
    ' \'{"percent": 0, "flat_fees": []}\', 0, ?)'
)
_STATE = f"INSERT INTO OrderStatus (order_id, timestamp, status) VALUES (?, {MS} + ?, ?)"
SCHEMA = ";\n".join([*statements(), "INSERT INTO Metadata VALUES ('local_db_version', '20230516')"])

_ids = st.sampled_from(["o1", "o2", "buy://o3", "range-o4", "BBCUT5"])
_states = st.sampled_from(["BuyOrderCreated", "SellOrderCreated", "OrderCancelled", "sellordercompleted"])
_few = st.integers(1, 3)
_rows = st.one_of(
    st.tuples(st.just(_ORDER), st.tuples(_ids, _states, st.sampled_from([None, "v"]))),
    st.tuples(st.just(_FILL), st.tuples(_ids, st.sampled_from(["BUY", "SELL", "RANGE"]), _few, _few.map("t{}".format))),
    st.tuples(st.just(_STATE), st.tuples(_ids, _few, _states)),
)
_edits = st.one_of(
    st.tuples(st.just('UPDATE "Order" SET last_status = ?, exchange_order_id = ? WHERE id = ?'), st.tuples(_states, st.just("v"), _ids)),
    st.tuples(st.just('UPDATE "Order" SET last_status = ? WHERE id = ?'), st.tuples(_states, _ids)),
    st.tuples(st.just("UPDATE TradeFill SET amount = ? WHERE order_id = ?"), st.tuples(_few, _ids)),
    st.tuples(st.just("UPDATE OrderStatus SET status = ? WHERE order_id = ?"), st.tuples(_states, _ids)),
    st.tuples(st.just("DELETE FROM OrderStatus WHERE order_id = ?"), st.tuples(_ids)),
)  # fmt: skip


@given(st.lists(_rows, max_size=12), st.lists(st.one_of(_rows, _rows, _rows, _edits), max_size=4))
def test_records_from_a_mark_are_those_that_came(
    before: list[tuple[str, tuple[object, ...]]], after: list[tuple[str, tuple[object, ...]]]
) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "bot.sqlite"
        _execute(file, before, script=SCHEMA)
        first = read_hummingbot_db(a_source(file))
        _execute(file, after)
        source = a_source(file)
        whole = read_hummingbot_db(source)
        grown = read_grown_db(source, first.mark) if first.mark else None
        event("refused" if grown is None else f"{grown.records.height} came")
        if grown is not None:
            assert _records(whole) == _records(first) + _records(grown)
            assert grown.mark == whole.mark
        else:
            assert before == [] or after != []


def _execute(file: Path, rows: Sequence[tuple[str, tuple[object, ...]]], *, script: str = "") -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        # It need not outlive a loss of power, which takes most of the time.
        database.execute("PRAGMA synchronous = off")
        database.executescript(script)
        for query, values in rows:
            database.execute(query, values)


def _records(parsed: ParsedSource) -> Counter[str]:
    """Return every row and every record with a reason, without its number among the records."""
    frames = [*parsed.frames.items(), ("quarantine", parsed.quarantine)]
    return Counter(f"{name} {row}" for name, frame in frames for row in frame.drop("record").iter_rows())


@given(st.lists(_rows, max_size=20), st.integers(1, 4), st.integers(1, 4))
def test_parts_are_the_whole_and_keep_together_what_may_be_one_record(
    rows: list[tuple[str, tuple[object, ...]]], fetched: int, least: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "bot.sqlite"
        _execute(file, rows, script=SCHEMA)
        source = a_source(file)
        whole = read_hummingbot_db(source)
        patch.setattr("deskgate.sources.hummingbot.database_inputs._FETCHED", fetched)
        patch.setattr("deskgate.sources.hummingbot.database.PART_RECORDS", least)
        parts, again = (list(parts_of_hummingbot_db(source)) for _ in range(2))
    event(f"{len(parts)} parts")
    assert {part.mark for part in parts} == {whole.mark}
    assert all(part.records.height >= least for part in parts[:-1])
    assert sum((_records(part) for part in parts), Counter()) == _records(whole)
    assert [part.records.rows() for part in parts] == [part.records.rows() for part in again]
    assert {*_parts_of(parts, "fills", "order_id").values(), *_parts_of(parts, "orders", "order_id").values()} <= {1}


def _parts_of(parts: Sequence[ParsedSource], table: str, column: str) -> Counter[object]:
    """Return in how many parts each value of a column is."""
    return Counter(value for part in parts if table in part.frames for value in set(part.frames[table][column]))


def test_what_may_be_one_record_is_in_one_part_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hummingbot's own tables have some of these times once each; of a table without that key nothing else holds them together."""
    times = [MS + 60_000 * (number % 2) for number in range(6)]
    common = {"market": "bitget_perpetual", "trading_pair": "BTC-USDT"}
    tables: dict[str, list[dict[str, object]]] = {
        # The same instants in seconds.
        "FundingPayment": [
            {"timestamp": at, "rate": 0.1, "amount": 0.1, "market": "bitget_perpetual", "symbol": "BTC-USDT"}
            for at in (*times, *(at // 1000 for at in times))
        ],
        "MarketData": [
            {"timestamp": at * 10**6, "trading_pair": "BTC-USDT", "mid_price": 10**6 * number}
            for number, at in enumerate(times, 1)
        ],
        "RangePositionUpdate": [common | {"timestamp": at, "order_action": "ADD", "hb_id": "x"} for at in times],
        # An order's id as a blob of the same bytes.
        "OrderStatus": [
            {"order_id": order, "timestamp": MS, "status": "BuyOrderCreated"} for order in ("o", "p", b"o", b"p")
        ],
    }
    source = a_source(a_database(tmp_path / "bot.sqlite", tables))
    whole = read_hummingbot_db(source)
    monkeypatch.setattr("deskgate.sources.hummingbot.database_inputs._FETCHED", 1)
    monkeypatch.setattr("deskgate.sources.hummingbot.database.PART_RECORDS", 1)
    parts = list(parts_of_hummingbot_db(source))
    assert len(parts) == 7
    assert sum((_records(part) for part in parts), Counter()) == _records(whole)
    kept = {table: _parts_of(parts, table, "ts") for table in ("funding", "mids", "liquidity_operations")}
    assert {table: [*found.values()] for table, found in kept.items()} == {table: [1, 1] for table in kept}


@pytest.mark.parametrize("length", [1, 2, 1000])
def test_database_is_read_the_same_in_pieces_of_any_length(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.executescript(SCHEMA)
        for number in range(5):
            database.execute(_ORDER, (f"o{number}", "BuyOrderCreated", "v"))
            database.execute(_STATE, (f"o{number}", number, "BuyOrderCreated" if number else "no state"))
            database.execute(_FILL, (f"o{number}", "BUY", number, f"t{number}"))
    whole = read_hummingbot_db(a_source(file))
    monkeypatch.setattr("deskgate.sources.hummingbot.database_inputs._FETCHED", length)
    pieces = read_hummingbot_db(a_source(file))
    assert pieces.mark == whole.mark
    assert pieces.records.equals(whole.records)
    assert pieces.quarantine.equals(whole.quarantine)
    assert {name: frame.rows() for name, frame in pieces.frames.items()} == {
        name: frame.rows() for name, frame in whole.frames.items()
    }


def test_later_row_that_names_no_order_has_the_database_read_whole(tmp_path: Path) -> None:
    """No version of Hummingbot writes one; SQLite would keep it where a table does not forbid it."""
    file = a_database(tmp_path / "bot.sqlite", {"Order": [], "OrderStatus": []})
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute(_STATE, (None, 1, "BuyOrderCreated"))
        mark = Inputs(database).mark()
        database.execute(_STATE, ("o1", 2, "BuyOrderCreated"))
        assert Inputs(database, mark).only_grew()
        database.execute(_STATE, (None, 3, "OrderCancelled"))
        assert not Inputs(database, mark).only_grew()


def test_mark_is_of_what_is_there(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "bot.sqlite", isolation_level=None)) as database:
        database.executescript(SCHEMA)
        empty = Inputs(database).mark()
        database.execute(_STATE, ("o1", 1, "BuyOrderCreated"))
        assert empty.startswith("0,0,0,0,0,0:")
        assert Inputs(database).mark().startswith("0,1,0,0,0,0:")
        assert Inputs(database, empty).only_grew()
        assert not Inputs(database, empty.replace(":", ":0")).only_grew()
        assert not Inputs(database, empty.replace("0,", "", 1)).only_grew()


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_bot_can_write_while_its_rows_are_read(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as database:
        database.executescript(f"PRAGMA journal_mode = {mode};\n{SCHEMA}")
        database.execute(_STATE, ("o1", 1, "BuyOrderCreated"))

        def write(source: SourceFile, records: Sequence[Record]) -> ParsedSource:
            database.execute(_STATE, ("o2", 2, "BuyOrderCreated"))
            return parse_records(source, records)

        monkeypatch.setattr("deskgate.sources.hummingbot.database.parse_records", write)
        parsed = read_hummingbot_db(a_source(file))
    # What came meanwhile is of a later instant.
    assert parsed.records.height == 1
    assert str(parsed.mark).startswith("0,1,")
