"""Kills and races while files are ingested: whatever the moment, nothing is lost and nothing is stored twice."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.schema import TABLES
from deskgate.store import upkeep
from deskgate.store.checkpoint import Checkpoint
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction
from tiers import quick

from .children import barrier, start
from .event_files import NOW, envelope, expected, ids, ingest, lines, rows, unaccounted
from .kills import KilledError

# Every table that these records reach, in the order of writing.
TABLE_ORDER = ["orders", "fills", "mids", "quarantine", "events", "sources", "ledger"]


def _kill_at(monkeypatch: pytest.MonkeyPatch, table: str, moment: str) -> None:
    add = Transaction.add

    def killed(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        if name == table and moment == "before":
            raise KilledError
        add(self, name, frame)
        if name == table:
            raise KilledError

    monkeypatch.setattr(Transaction, "add", killed)


def _records(number: int) -> str:
    """Return two fills, one of them twice, a price and a line that is no event."""
    mid = envelope(number + 2, event_type="market_snapshot", payload={"mid_price": 1.5})
    return lines(number, number, number + 1) + json.dumps(mid) + f"\nno json {number}\n"


def _is_complete(store: Store, rounds: int) -> bool:
    heights = {name: rows(store, name).height for name in ("events", "fills", "orders", "mids", "quarantine")}
    wanted = {"events": 3 * rounds, "fills": 2 * rounds, "orders": 2 * rounds, "mids": rounds, "quarantine": rounds}
    return heights == wanted and unaccounted(store) == 0


def _ingest_killed(store: Store, desk: Desk, table: str, moment: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _kill_at(patch, table, moment)
        ingest(store, desk)


@pytest.mark.parametrize("recovers", quick([False, True]), ids=["again and again", "and recovers"])
def test_kill_between_any_two_tables_loses_and_doubles_nothing(
    root: Path, desk: Desk, store: Store, recovers: bool
) -> None:
    kills = [(TABLE_ORDER[0], "before"), *((table, "after") for table in TABLE_ORDER)]
    for number, (table, moment) in enumerate(kills):
        with (root / "events.jsonl").open("a") as end:
            end.write(_records(10 * number))
        with pytest.raises(KilledError):
            _ingest_killed(store, desk, table, moment)
        if recovers:
            # Only what is in the ledger is seen, and then all of it.
            assert rows(store).height == 3 * (number + (table == "ledger")), (table, moment)
            ingest(store, desk)
    ingest(store, desk)
    assert _is_complete(store, len(kills))


def _checkpoint(store: Store) -> Checkpoint | None:
    return store.snapshot(lambda transaction: transaction.checkpoint)


@pytest.mark.parametrize("step", quick(["offsets.parquet", "events.parquet", "rename"]))
def test_kill_while_a_checkpoint_is_written_leaves_the_one_before(
    root: Path, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_COMMITS", 1)
    (root / "events.jsonl").write_text(lines(1))
    ingest(store, desk)
    store.compact()
    before = _checkpoint(store)
    with (root / "events.jsonl").open("a") as end:
        end.write(lines(2))
    ingest(store, desk)
    write, rename = pl.DataFrame.write_parquet, Path.rename

    def killed_in_write(self: pl.DataFrame, file: Path) -> None:
        write(self, file)
        if file.name == step:
            raise KilledError

    def killed_in_rename(self: Path, target: Path) -> Path:
        if step == "rename" and self.suffix == ".new":
            raise KilledError
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pl.DataFrame, "write_parquet", killed_in_write)
        patch.setattr(Path, "rename", killed_in_rename)
        with pytest.raises(KilledError):
            store.compact()
    assert _checkpoint(store) == before
    with (root / "events.jsonl").open("a") as end:
        end.write(lines(2, 3))
    assert ingest(store, desk).total["stored"] == 1
    store.compact()
    assert _checkpoint(store) != before
    assert (ids(store), unaccounted(store)) == (expected(1, 2, 3), 0)


def _ingest_and_die(place: str, root: Path, table: str, moment: str) -> None:
    desk = load_desk(root)
    add = Transaction.add

    def killed(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        if name == table and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        add(self, name, frame)
        if name == table:
            os.kill(os.getpid(), signal.SIGKILL)

    Transaction.add = killed  # type: ignore[method-assign]
    Ingestor(Store.open(place, desk.name), desk, lambda: NOW).ingest_files()


@pytest.mark.parametrize(("table", "moment"), quick([("fills", "after"), ("ledger", "before")]))
def test_sigkill_loses_and_doubles_nothing(root: Path, desk: Desk, store: Store, table: str, moment: str) -> None:
    (root / "events.jsonl").write_text(_records(0))
    run = start(_ingest_and_die, store.location, root, table, moment)
    run.join()
    assert run.exitcode == -signal.SIGKILL
    ingest(store, desk)
    assert _is_complete(store, 1)


def _ingest_there(place: str, root: Path, barrier: Any) -> None:
    desk = load_desk(root)
    store = Store.open(place, desk.name)
    barrier.wait()
    Ingestor(store, desk, lambda: NOW).ingest_files()


def _two_equal_one(root: Path, tmp_path: Path) -> None:
    desk, place, together = load_desk(root), str(tmp_path / "two"), barrier(2)
    runs = [start(_ingest_there, place, root, together) for _ in range(2)]
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    one, two = Store.open(tmp_path / "one", desk.name), Store.open(place, desk.name)
    ingest(one, desk)
    for table in TABLES:
        if table != "ledger":
            assert rows(one, table).equals(rows(two, table)), table
    columns = ["path", "generation", "start", "end", "read"]
    ledgers = [rows(each, "ledger").select(columns).sort("path", "start") for each in (one, two)]
    assert ledgers[0].equals(ledgers[1])
    assert unaccounted(two) == 0


@pytest.mark.slow
def test_two_ingests_at_once_equal_one(root: Path, tmp_path: Path) -> None:
    for number in range(6):
        (root / f"events_{number}.jsonl").write_text(_records(number))
    _two_equal_one(root, tmp_path)


@pytest.mark.long
def test_two_ingests_of_the_demo_at_once_equal_one(demo: Any, tmp_path: Path) -> None:
    _two_equal_one(demo.folder, tmp_path)
