"""A database is read in parts, and from where it ended; whatever happened to it, the store is as if it was read at once."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, RunError
from deskgate.demo.hummingbot_schema import statements
from deskgate.sources.hummingbot.database_inputs import Input, Inputs
from deskgate.sources.listing import source_files
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.reader import read_parts
from deskgate.sources.source_file import SourceFile
from deskgate.store import ingest as ingest_module
from deskgate.store import reading
from deskgate.store.ingest import Ingestor
from deskgate.store.parts import Part, file_parts
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction
from tiers import quick

from .event_files import NOW, ingest, rows, unaccounted
from .test_chunks import KilledError

COMPARED = ("fills", "orders", "funding", "mids", "positions", "liquidity_operations", "quarantine", "sources")
MS = 1_777_900_000_000
_ORDER = (
    'INSERT INTO "Order" (id, config_file_path, strategy, market, symbol, base_asset, quote_asset, creation_timestamp,'
    " order_type, amount, leverage, price, last_status, last_update_timestamp, exchange_order_id, position) VALUES"
    " (?, 'c', 's', 'bitget_perpetual', 'BTC-USDT', 'BTC', 'USDT', ?, 'LIMIT', 10000, 1, 100500000, ?, ?, ?, 'NIL')"
)
_FILL = (
    "INSERT INTO TradeFill (config_file_path, strategy, market, symbol, base_asset, quote_asset, timestamp, order_id,"
    " trade_type, order_type, price, amount, leverage, trade_fee, trade_fee_in_quote, exchange_trade_id, position) VALUES"
    " ('c', 's', 'bitget_perpetual', 'BTC-USDT', 'BTC', 'USDT', ?, ?, 'BUY', 'LIMIT', 100500000, 10000, 1,"
    " '{\"percent\": 0, \"flat_fees\": []}', 0, ?, 'NIL')"
)
_STATE = "INSERT INTO OrderStatus (order_id, timestamp, status) VALUES (?, ?, ?)"
_PAYMENT = (
    "INSERT INTO FundingPayment (timestamp, config_file_path, market, rate, symbol, amount) VALUES"
    " (?, 'c', 'bitget_perpetual', 0.0001, 'BTC-USDT', -0.01)"
)
_POSITION = (
    "INSERT OR REPLACE INTO Position (id, controller_id, connector_name, side, trading_pair, timestamp, volume_traded_quote,"
    " amount, breakeven_price, unrealized_pnl_quote, realized_pnl_quote, cum_fees_quote) VALUES"
    " (?, 'k', 'bitget_perpetual', 'BUY', 'BTC-USDT', ?, 0, ?, 100500000, 0, 0, 0)"
)


_RANGE = (
    "INSERT INTO RangePositionUpdate (hb_id, timestamp, token_id, trade_fee, market, order_action, trading_pair) VALUES"
    " ('x', ?, 0, '{}', 'bitget_perpetual', ?, 'BTC-USDT')"
)


def _trade(database: sqlite3.Connection, number: int) -> None:
    """Add an order with its states and its fill, as the recorder does."""
    at = MS + 60_000 * number
    database.execute(_ORDER, (f"c{number}", at, "BuyOrderCompleted", at + 900, f"v{number}"))
    database.execute(_STATE, (f"c{number}", at, "BuyOrderCreated"))
    database.execute(_FILL, (at + 800, f"c{number}", f"t{number}"))
    database.execute(_STATE, (f"c{number}", at + 900, "BuyOrderCompleted"))


def _open_orders(database: sqlite3.Connection) -> None:
    """Add orders that are not finished: with a state, with none, and states and a fill whose order is not there."""
    database.execute(_ORDER, ("open", MS, "BuyOrderCreated", MS, None))
    database.execute(_STATE, ("open", MS, "BuyOrderCreated"))
    database.execute(_ORDER, ("stateless", MS, "BuyOrderCreated", MS, "v"))
    database.execute(_ORDER, ("sideless", MS, "OrderCancelled", MS, "v"))
    database.execute(_STATE, ("sideless", MS, "OrderCancelled"))
    database.execute(_STATE, ("orphan", MS, "OrderCancelled"))
    database.execute(_FILL, (MS + 5, "orphan fill", "t-orphan"))


def _execute(*queries: str) -> Callable[[sqlite3.Connection], None]:
    def change(database: sqlite3.Connection) -> None:
        for query in queries:
            database.execute(query)

    return change


def _add(query: str, *values: object) -> Callable[[sqlite3.Connection], None]:
    def change(database: sqlite3.Connection) -> None:
        database.execute(query, values)

    return change


def _nothing(_: sqlite3.Connection) -> None:
    pass


# What happens beside the trade that is added, and whether the database is then read from where it ended.
CHANGES: dict[str, tuple[Callable[[sqlite3.Connection], None], bool]] = {
    "nothing else": (_nothing, True),
    "an open order ends": (
        _execute(
            f"INSERT INTO OrderStatus (order_id, timestamp, status) VALUES ('open', {MS + 9}, 'OrderCancelled')",
            f"UPDATE \"Order\" SET last_status = 'OrderCancelled', last_update_timestamp = {MS + 9} WHERE id = 'open'",
        ),
        True,
    ),
    "an old order is filled": (_add(_FILL, MS + 7, "open", "t-late"), True),
    "a payment": (_add(_PAYMENT, MS + 11), True),
    "the venue's id of an order comes": (
        _execute("UPDATE \"Order\" SET exchange_order_id = 'x' WHERE id = 'open'"),
        False,
    ),
    "an order without states gets one": (_add(_STATE, "stateless", MS + 3, "OrderCancelled"), False),
    "an order without states ends": (
        _execute("UPDATE \"Order\" SET last_status = 'OrderCancelled' WHERE id = 'stateless'"),
        False,
    ),
    "a side becomes known by a state": (_add(_STATE, "sideless", MS + 3, "SellOrderCompleted"), False),
    "a side becomes known by a fill": (_add(_FILL, MS + 3, "sideless", "t-side"), False),
    "the order of a state comes": (_add(_ORDER, "orphan", MS, "OrderCancelled", MS, "v"), False),
    "the order of a fill comes": (_add(_ORDER, "orphan fill", MS, "BuyOrderCompleted", MS, "v"), False),
    "a fill is edited": (_execute("UPDATE TradeFill SET price = 100600000 WHERE exchange_trade_id = 't1'"), False),
    "a fill is deleted": (_execute("DELETE FROM TradeFill WHERE exchange_trade_id = 't1'"), False),
    "a fill is added before others": (
        _execute("UPDATE TradeFill SET rowid = rowid + 1000", _FILL.replace("?", f"{MS}", 1).replace("?", "'z'")),
        False,
    ),
    "a position moves": (_add(_POSITION, "p", MS + 60_000, 20_000), False),
    "the schema's version is another": (_execute("UPDATE Metadata SET value = '20220130'"), False),
    "a state cannot be read": (_add(_STATE, "open", "soon", "OrderCancelled"), True),
    "a state stands there again": (_add(_STATE, "open", MS, "BuyOrderCreated"), False),
}


def _assert_same(store: Store, whole: Store) -> None:
    for name in COMPARED:
        found = [rows(each, name).drop({"sources": ["row_id"]}.get(name, [])) for each in (store, whole)]
        assert found[0].sort(found[0].columns).equals(found[1].sort(found[1].columns)), name


@pytest.fixture
def database(root: Path) -> Iterator[sqlite3.Connection]:
    """The bot's database, still without a row."""
    with closing(sqlite3.connect(root / "bot.sqlite", isolation_level=None)) as opened:
        for statement in statements():
            opened.execute(statement)
        opened.execute("INSERT INTO Metadata VALUES ('local_db_version', '20230516')")
        yield opened


@pytest.mark.parametrize("change", quick(list(CHANGES), 4))
def test_store_is_as_if_the_database_was_read_whole_each_time(
    change: str, desk: Desk, tmp_path: Path, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, goes_on = CHANGES[change]
    grown, whole = (Store.open(tmp_path / name, "desk") for name in ("grown", "whole"))
    _open_orders(database)
    database.execute(_POSITION, ("p", MS, 10_000))
    _trade(database, 1)
    for step in range(3):
        if step:
            _trade(database, step + 1)
        if step == 1:
            changed(database)
        account = ingest(grown, desk)
        with monkeypatch.context() as patch:
            patch.setattr(reading, "grown_part", lambda _source, _cursor: None)
            ingest(whole, desk)
        _assert_same(grown, whole)
        if step == 1:
            assert (account.rewritten == []) == goes_on
        if step == 2:
            assert (account.total["read"], account.rewritten) == (3, [])
    assert unaccounted(grown) == 0


def test_only_what_was_added_is_read(root: Path, desk: Desk, store: Store, database: sqlite3.Connection) -> None:
    for number in range(20):
        _trade(database, number)
    assert ingest(store, desk).total["read"] == 60
    _trade(database, 20)
    account = ingest(store, desk)
    assert (account.total["read"], account.total["stored"], account.rewritten) == (3, 3, [])
    assert rows(store, "sources").select("rows", "bytes").rows() == [(63, (root / "bot.sqlite").stat().st_size)]
    database.execute("VACUUM")
    assert ingest(store, desk).total["stored"] == 0


def test_rows_in_the_write_ahead_log_are_read_from_where_the_last_ended(
    desk: Desk, store: Store, database: sqlite3.Connection
) -> None:
    database.execute("PRAGMA journal_mode = wal")
    for number in range(3):
        _trade(database, number)
        assert ingest(store, desk).total["read"] == 3
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ingest(store, desk).total["read"] == 0
    assert rows(store, "fills").height == 3


DATABASE = "deskgate.sources.hummingbot.database"
TRADES = 7


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a database be fetched three rows at a time, and a part have four records and a commit of its own."""
    monkeypatch.setattr(f"{DATABASE}_inputs._FETCHED", 3)
    monkeypatch.setattr(f"{DATABASE}.PART_RECORDS", 4)
    monkeypatch.setattr(ingest_module, "GROUP_RECORDS", 1)


@pytest.fixture
def whole(desk: Desk, tmp_path: Path, database: sqlite3.Connection) -> Store:
    """A store with a database of some trades, read at once; the states of one order stand there twice, far apart."""
    _open_orders(database)
    database.execute(_POSITION, ("p", MS, 10_000))
    for number in range(TRADES):
        _trade(database, number)
    for at in (0, 900):
        database.execute(_STATE, ("c0", MS + at, "BuyOrderCreated"))
        database.execute(_STATE, ("c0", MS + at, "BuyOrderCreated"))
    database.execute(_STATE, ("c3", "soon", "OrderCancelled"))
    for number in range(3):
        database.execute(_PAYMENT, (MS + number,))
        database.execute(_RANGE, (MS, "ADD"))
    store = Store.open(tmp_path / "whole", "desk")
    ingest(store, desk)
    assert rows(store, "ledger").height == 1
    return store


def _killed_after(commits: int, patch: pytest.MonkeyPatch) -> None:
    """Let the process be gone after the ledger has so many commits more."""
    add, left = Transaction.add, [commits]

    def killed(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        if not left[0]:
            raise KilledError
        add(self, name, frame)
        left[0] -= name == "ledger"

    patch.setattr(Transaction, "add", killed)


@pytest.mark.parametrize("commits", quick([1, 2, 3, 5]))
def test_killed_run_goes_on_with_the_part_that_comes_next(
    commits: int, desk: Desk, store: Store, whole: Store, in_parts: None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _killed_after(commits, patch)
        with pytest.raises(KilledError):
            ingest(store, desk)
    kept = rows(store, "ledger")
    assert (kept.height, kept["sha256"].null_count()) == (commits, commits)
    account = ingest(store, desk)
    ledger = rows(store, "ledger").sort("start")
    assert (account.rewritten, account.total["known"], account.overtaken) == ([], 0, 0)
    assert (ledger.height > commits, ledger["sha256"].null_count()) == (True, ledger.height - 1)
    assert ledger["start"].to_list() == [0, *ledger["end"][:-1]]
    _assert_same(store, whole)
    assert unaccounted(store) == 0
    assert ingest(store, desk).total["read"] == 0


def test_database_that_changed_since_a_killed_run_is_read_from_its_beginning(
    desk: Desk, store: Store, whole: Store, in_parts: None, database: sqlite3.Connection
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _killed_after(2, patch)
        with pytest.raises(KilledError):
            ingest(store, desk)
    _trade(database, TRADES)
    account = ingest(store, desk)
    assert (account.rewritten, account.total["known"] > 0) == (["bot.sqlite"], True)
    ingest(whole, desk)
    _assert_same(store, whole)
    assert unaccounted(store) == 0


@pytest.mark.parametrize(("commits", "least"), [(1, 10), (4, 10), (4, 1000)])
def test_parts_of_another_size_are_read_from_the_beginning(
    commits: int, least: int, desk: Desk, store: Store, whole: Store, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of Deskgate may divide it elsewhere."""
    with monkeypatch.context() as patch:
        _killed_after(commits, patch)
        with pytest.raises(KilledError):
            ingest(store, desk)
    monkeypatch.setattr(f"{DATABASE}.PART_RECORDS", least)
    assert ingest(store, desk).rewritten == ["bot.sqlite"]
    _assert_same(store, whole)
    assert unaccounted(store) == 0


def test_what_is_written_after_the_file_was_listed_is_not_passed_over(
    desk: Desk,
    store: Store,
    whole: Store,
    in_parts: None,
    database: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        _killed_after(1, patch)
        with pytest.raises(KilledError):
            ingest(store, desk)
    written = list[int]()

    def late(source: SourceFile) -> Iterator[ParsedSource]:
        # Their orders come between those of the parts that are stored.
        for number in (10, 11) if not written else ():
            _trade(database, number)
            written.append(number)
        yield from read_parts(source)

    with monkeypatch.context() as patch:
        patch.setattr("deskgate.store.parts.read_parts", late)
        ingest(store, desk)
    assert written == [10, 11]
    for number in (12, 13):
        _trade(database, number)
        ingest(store, desk)
    ingest(whole, desk)
    _assert_same(store, whole)
    assert unaccounted(store) == 0


@pytest.mark.parametrize("turns", [(0, 1), (0, 1, 1, 1, 0), (0, 0, 1, 0, 1, 1), (0, 1, 0, 1, 0, 1, 0, 1)])
def test_parts_of_two_readings_are_not_mixed(
    turns: tuple[int, ...], desk: Desk, store: Store, whole: Store, in_parts: None, database: sqlite3.Connection
) -> None:
    """Two runs read it at different instants, and what either stores comes before the other's next part."""

    def read() -> list[Part]:
        (source,) = source_files(desk)
        return list(file_parts(source, None))

    readings = [read()]
    for number in (10, 11):
        _trade(database, number)
    readings.append(read())
    assert readings[0][0].end == readings[1][0].end
    runs = [Ingestor(Store.open(store.location, desk.name), desk, lambda: NOW) for _ in readings]
    for turn in turns:
        runs[turn].commit([readings[turn].pop(0)])
    for turn in (0, 1):
        for part in readings[turn]:
            runs[turn].commit([part])
    for run in runs:
        run.ingest_files()
    ingest(whole, desk)
    _assert_same(store, whole)


def test_two_runs_that_begin_anew_in_turn_end(
    root: Path, desk: Desk, store: Store, whole: Store, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot writes all the time, and another run begins whenever this one has stored a part."""
    write, number = Store.write, [100]

    def beside(self: Store, *given: Any, **of: Any) -> Any:
        found = write(self, *given, **of)
        number[0] += 1
        with closing(sqlite3.connect(root / "bot.sqlite", isolation_level=None)) as database:
            _trade(database, number[0])
        with monkeypatch.context() as patch:
            patch.setattr(Store, "write", write)
            _killed_after(1, patch)
            with pytest.raises(KilledError):
                ingest(store, desk)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", beside)
        with pytest.raises(RunError, match="another run ingests files of this desk that change meanwhile"):
            ingest(store, desk)
    ingest(store, desk)
    ingest(whole, desk)
    _assert_same(store, whole)


def test_log_of_a_linked_database_is_beside_its_target(
    root: Path, tmp_path: Path, desk: Desk, store: Store, database: sqlite3.Connection
) -> None:
    database.execute("PRAGMA journal_mode = wal")
    place = tmp_path / "elsewhere"
    place.mkdir()
    for file in root.glob("bot.sqlite*"):
        file.rename(place / file.name)
    (root / "bot.sqlite").symlink_to(place / "bot.sqlite")
    with closing(sqlite3.connect(place / "bot.sqlite", isolation_level=None)) as moved:
        for number in range(3):
            _trade(moved, number)
            assert ingest(store, desk).total["read"] == 3


def test_run_that_another_one_overtakes_reads_on(
    desk: Desk, store: Store, whole: Store, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, others = Store.write, [2]

    def write(self: Store, *given: Any, **of: Any) -> Any:
        found = written(self, *given, **of)
        others[0] -= 1
        if not others[0]:
            ingest(store, desk)
        return found

    monkeypatch.setattr(Store, "write", write)
    account = ingest(store, desk)
    assert (others[0] < 0, account.rewritten) == (True, [])
    _assert_same(store, whole)
    assert unaccounted(store) == 0


def test_part_that_cannot_be_read_ends_the_run_and_keeps_the_parts_before(
    desk: Desk, store: Store, whole: Store, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = Inputs.of

    def damaged(self: Inputs, table: str) -> Iterator[list[Input]]:
        if table == "FundingPayment":
            raise sqlite3.DatabaseError("database disk image is malformed")
        yield from of(self, table)

    with monkeypatch.context() as patch:
        patch.setattr(Inputs, "of", damaged)
        with pytest.raises(InputError, match=r"bot\.sqlite: the database is damaged, database disk image is malformed"):
            ingest(store, desk)
    assert rows(store, "ledger")["sha256"].to_list() == [None] * rows(store, "ledger").height != []
    ingest(store, desk)
    _assert_same(store, whole)
