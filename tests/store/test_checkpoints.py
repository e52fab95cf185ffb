"""A checkpoint counts only for the history that it was made from, whatever numbers the commits of another one have."""

import shutil
from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.store import upkeep
from deskgate.store.sums import SUMS
from deskgate.store.tables import Store

from .event_files import expected, ids, ingest, lines, rows, unaccounted


@pytest.fixture(autouse=True)
def checkpoint_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_COMMITS", 1)


def _ingest_files(root: Path, desk: Desk, store: Store, *numbers: int) -> Store:
    """Ingest one event file after the other, each with a commit and a checkpoint of its own; return a fresh handle."""
    for number in numbers:
        (root / f"events_{number}.jsonl").write_text(lines(number))
        ingest(store, desk)
        Store.open(store.location, desk.name).compact()
    return Store.open(store.location, desk.name)


def _back_up(store: Store, place: Path) -> Path:
    return Path(shutil.copytree(store.location, place, ignore=shutil.ignore_patterns("checkpoints", ".lock", SUMS)))


def _restore(store: Store, backup: Path) -> None:
    """Restore the tables of a store; its checkpoints stay."""
    for table in backup.iterdir():
        shutil.rmtree(Path(store.location) / table.name)
        shutil.copytree(table, Path(store.location) / table.name)


def _numbers(store: Store) -> set[str]:
    return {folder.name for folder in (Path(store.location) / "checkpoints").iterdir()}


@pytest.mark.slow
def test_restored_tables_do_not_take_up_checkpoints_of_the_lost_history(
    root: Path, desk: Desk, store: Store, tmp_path: Path
) -> None:
    store = _ingest_files(root, desk, store, 1)
    backup = _back_up(store, tmp_path / "backup")
    _ingest_files(root, desk, store, 2, 3)
    _restore(store, backup)
    for number in (2, 3):
        (root / f"events_{number}.jsonl").rename(tmp_path / f"events_{number}.jsonl")
    for number in (4, 5, 6):
        (root / f"events_{number}.jsonl").write_text(lines(number))
        ingest(store, desk)
    for number in (2, 3):
        (tmp_path / f"events_{number}.jsonl").rename(root / f"events_{number}.jsonl")
    ingest(store, desk)
    fresh = Store.open(store.location, desk.name)
    assert (ids(fresh), unaccounted(fresh)) == (expected(1, 2, 3, 4, 5, 6), 0)
    assert ingest(store, desk).total["read"] == 0


@pytest.mark.slow
def test_ledger_made_anew_does_not_take_up_checkpoints_of_the_lost_one(root: Path, desk: Desk, store: Store) -> None:
    store = _ingest_files(root, desk, store, 1, 2)
    shutil.rmtree(Path(store.location) / "ledger")
    for _ in range(2):
        ingest(store, desk)
    fresh = Store.open(store.location, desk.name)
    assert (ids(fresh), unaccounted(fresh)) == (expected(1, 2), 0)
    assert rows(fresh, "fills").height == 2


@pytest.mark.slow
def test_checkpoints_of_a_lost_history_are_removed_and_the_others_kept(
    root: Path, desk: Desk, store: Store, tmp_path: Path
) -> None:
    store = _ingest_files(root, desk, store, 1)
    backup = _back_up(store, tmp_path / "backup")
    _ingest_files(root, desk, store, 2, 3, 4)
    assert _numbers(store) == {"3", "4"}
    shutil.copytree(backup, tmp_path / "restored")
    shutil.copytree(Path(store.location) / "checkpoints", tmp_path / "restored" / "checkpoints")
    restored = _ingest_files(root, desk, Store.open(tmp_path / "restored", desk.name), 5)
    assert _numbers(restored) == {"2"}
    checkpoint = restored.snapshot(lambda transaction: transaction.checkpoint)
    assert checkpoint
    assert checkpoint.offsets["path"].sort().to_list() == [f"events_{number}.jsonl" for number in (1, 2, 3, 4, 5)]


@pytest.mark.slow
def test_checkpoint_of_the_same_number_is_replaced(root: Path, desk: Desk, store: Store, tmp_path: Path) -> None:
    store = _ingest_files(root, desk, store, 1)
    backup = _back_up(store, tmp_path / "backup")
    _ingest_files(root, desk, store, 2)
    _restore(store, backup)
    (root / "events_2.jsonl").unlink()
    store = _ingest_files(root, desk, store, 3)
    checkpoint = store.snapshot(lambda transaction: transaction.checkpoint)
    assert checkpoint
    assert (checkpoint.commit_id, checkpoint.offsets["path"].sort().to_list()) == (
        2,
        ["events_1.jsonl", "events_3.jsonl"],
    )


@pytest.mark.slow
def test_history_identity_tells_histories_with_the_same_commit_ids_apart(
    root: Path, desk: Desk, store: Store, tmp_path: Path
) -> None:
    store = _ingest_files(root, desk, store, 1)
    first, backup = store.pin(), _back_up(store, tmp_path / "backup")
    identity = store.history.identity_at(first)
    store = _ingest_files(root, desk, store, 2)
    pinned, lost = store.pin(), store.history.identity_at(store.pin())
    assert store.history.identity_at(first) == identity != lost
    store.compact(files_max=1)
    assert Store.open(store.location, desk.name).history.identity_at(pinned) == lost
    _restore(store, backup)
    (root / "events_2.jsonl").unlink()
    store = _ingest_files(root, desk, store, 3)
    assert store.pin() == pinned
    assert store.history.identity_at(first) == identity
    assert store.history.identity_at(pinned) != lost
    shutil.rmtree(Path(store.location) / "orders")
    assert Store.open(store.location, desk.name).history.identity_at(first) != identity
