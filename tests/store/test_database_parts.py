"""A database is read and stored in parts: killed, overtaken or divided otherwise, the store is as if it was read at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, RunError
from deskgate.sources.hummingbot.database_inputs import Input, Inputs
from deskgate.sources.listing import source_files
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.reader import read_parts
from deskgate.sources.source_file import SourceFile
from deskgate.store import ingest as ingest_module
from deskgate.store.ingest import Ingestor
from deskgate.store.parts import Part, file_parts
from deskgate.store.tables import Store
from tiers import quick

from .bot_database import MS, PAYMENT, POSITION, RANGE, STATE, assert_same, open_orders, trade
from .event_files import NOW, ingest, rows, unaccounted
from .kills import ingest_killed_after

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
    open_orders(database)
    database.execute(POSITION, ("p", MS, 10_000))
    for number in range(TRADES):
        trade(database, number)
    for at in (0, 900):
        database.execute(STATE, ("c0", MS + at, "BuyOrderCreated"))
        database.execute(STATE, ("c0", MS + at, "BuyOrderCreated"))
    database.execute(STATE, ("c3", "soon", "OrderCancelled"))
    for number in range(3):
        database.execute(PAYMENT, (MS + number,))
        database.execute(RANGE, (MS, "ADD"))
    store = Store.open(tmp_path / "whole", "desk")
    ingest(store, desk)
    assert rows(store, "ledger").height == 1
    return store


@pytest.mark.parametrize("commits", quick([1, 2, 3, 5]))
def test_killed_run_goes_on_with_the_part_that_comes_next(
    commits: int, desk: Desk, store: Store, whole: Store, in_parts: None
) -> None:
    ingest_killed_after(commits, store, desk)
    kept = rows(store, "ledger")
    assert (kept.height, kept["sha256"].null_count()) == (commits, commits)
    account = ingest(store, desk)
    ledger = rows(store, "ledger").sort("start")
    assert (account.rewritten, account.total["known"], account.overtaken) == ([], 0, 0)
    assert (ledger.height > commits, ledger["sha256"].null_count()) == (True, ledger.height - 1)
    assert ledger["start"].to_list() == [0, *ledger["end"][:-1]]
    assert_same(store, whole)
    assert unaccounted(store) == 0
    assert ingest(store, desk).total["read"] == 0


def test_database_that_changed_since_a_killed_run_is_read_from_its_beginning(
    desk: Desk, store: Store, whole: Store, in_parts: None, database: sqlite3.Connection
) -> None:
    ingest_killed_after(2, store, desk)
    trade(database, TRADES)
    account = ingest(store, desk)
    assert (account.rewritten, account.total["known"] > 0) == (["bot.sqlite"], True)
    ingest(whole, desk)
    assert_same(store, whole)
    assert unaccounted(store) == 0


@pytest.mark.parametrize(("commits", "least"), [(1, 10), (4, 10), (4, 1000)])
def test_parts_of_another_size_are_read_from_the_beginning(
    commits: int, least: int, desk: Desk, store: Store, whole: Store, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of Deskgate may divide it elsewhere."""
    ingest_killed_after(commits, store, desk)
    monkeypatch.setattr(f"{DATABASE}.PART_RECORDS", least)
    assert ingest(store, desk).rewritten == ["bot.sqlite"]
    assert_same(store, whole)
    assert unaccounted(store) == 0


def test_what_is_written_after_the_file_was_listed_is_not_passed_over(
    desk: Desk,
    store: Store,
    whole: Store,
    in_parts: None,
    database: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ingest_killed_after(1, store, desk)
    written = list[int]()

    def late(source: SourceFile) -> Iterator[ParsedSource]:
        # Their orders come between those of the parts that are stored.
        for number in (10, 11) if not written else ():
            trade(database, number)
            written.append(number)
        yield from read_parts(source)

    with monkeypatch.context() as patch:
        patch.setattr("deskgate.store.parts.read_parts", late)
        ingest(store, desk)
    assert written == [10, 11]
    for number in (12, 13):
        trade(database, number)
        ingest(store, desk)
    ingest(whole, desk)
    assert_same(store, whole)
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
        trade(database, number)
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
    assert_same(store, whole)


def test_two_runs_that_begin_anew_in_turn_end(
    root: Path, desk: Desk, store: Store, whole: Store, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot writes all the time, and another run begins whenever this one has stored a part."""
    write, number = Store.write, [100]

    def beside(self: Store, *given: Any, **of: Any) -> Any:
        found = write(self, *given, **of)
        number[0] += 1
        with closing(sqlite3.connect(root / "bot.sqlite", isolation_level=None)) as database:
            trade(database, number[0])
        with monkeypatch.context() as patch:
            patch.setattr(Store, "write", write)
            ingest_killed_after(1, store, desk)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", beside)
        with pytest.raises(RunError, match="another run ingests files of this desk that change meanwhile"):
            ingest(store, desk)
    ingest(store, desk)
    ingest(whole, desk)
    assert_same(store, whole)


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
    assert_same(store, whole)
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
    assert_same(store, whole)
