"""A file is ingested a chunk at a time, each with one commit: wherever chunks end and runs are killed, the rows are the same."""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.schema import TABLES
from deskgate.sources.lines import Piece, pieces
from deskgate.store import ingest as ingest_module
from deskgate.store import parts as parts_module
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction
from tiers import quick

from .conftest import TOML
from .event_files import NOW, envelope, expected, ids, ingest, lines, rows, unaccounted
from .kills import KilledError
from .test_history import trades

# A fill, its copy, what contradicts it, a price, and a line that is no event; chunks of 700 bytes end inside of records.
SIZE, EVENTS = 700, 8
_OTHER = json.dumps(envelope(2, payload={"order_id": "other"})) + "\n"
_MID = json.dumps(envelope(7, event_type="market_snapshot", payload={"mid_price": 1.5})) + "\n"
TEXT = lines(1, 2, 2, 3, 4) + _OTHER + lines(5, 1, 6) + _MID + "no json\n" + lines(8)
COMPARED = [name for name in TABLES if name not in ("ledger", "sources")]
# When a record that nothing dates was is bounded by the records around it in its chunk.
OF_CHUNK = ("row_id", "since", "until")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a chunk be 700 bytes, with a commit of its own and a checkpoint after every second event."""
    monkeypatch.setattr(pieces, "__kwdefaults__", {**(pieces.__kwdefaults__ or {}), "size": SIZE})
    monkeypatch.setattr(ingest_module, "GROUP_RECORDS", 1)
    monkeypatch.setattr(ingest_module, "CHECKPOINT_EVENTS", 2)


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with the text ingested in one chunk."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "desk.toml").write_text(TOML)
    (folder / "events.jsonl").write_text(TEXT)
    store = Store.open(folder / "store", "desk")
    Ingestor(store, load_desk(folder), lambda: NOW).ingest_files()
    assert rows(store, "ledger").height == 1
    return store


def _write_old(file: Path, *, packed: bool = False) -> None:
    """Write the text to a file that nobody has written to for a day: its times alone show that nothing of it is new."""
    file.write_bytes(gzip.compress(TEXT.encode()) if packed else TEXT.encode())
    before = NOW.timestamp() - 86_400
    os.utime(file, (before, before))


def _compared(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.drop(OF_CHUNK).sort("line") if name == "quarantine" else frame.sort("row_id")


def _assert_same(store: Store, whole: Store) -> None:
    for name in COMPARED:
        one, other = (_compared(rows(each, name), name) for each in (store, whole))
        assert one.equals(other), name
    assert ids(store) == expected(*range(1, EVENTS + 1))
    assert (
        rows(store, "sources")
        .select("rows", "quarantined")
        .equals(rows(whole, "sources").select("rows", "quarantined"))
    )
    assert unaccounted(store) == 0


@pytest.mark.slow
def test_many_chunks_give_the_rows_of_one(root: Path, desk: Desk, store: Store, whole: Store, small: None) -> None:
    _write_old(root / "events.jsonl")
    ingest(store, desk)
    assert rows(store, "ledger").filter(pl.col("stat").is_not_null()).height > 4
    assert (Path(store.location) / "checkpoints").is_dir()
    _assert_same(store, whole)


@pytest.mark.parametrize(("table", "packed"), quick([("events", False), ("ledger", False), ("ledger", True)]))
def test_kill_between_chunks_loses_and_doubles_nothing(
    root: Path, desk: Desk, store: Store, whole: Store, small: None, table: str, packed: bool
) -> None:
    _write_old(root / "events.jsonl", packed=packed)
    add = Transaction.add

    def killed(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        add(self, name, frame)
        if name == table:
            raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "add", killed)
        for _ in range(3):
            with pytest.raises(KilledError):
                ingest(store, desk)
    ingest(store, desk)
    _assert_same(store, whole)


def _grow(file: Path) -> None:
    with file.open("a") as end:
        end.write(lines(9, 10))


def _rewrite(file: Path) -> None:
    file.write_text(lines(*range(11, 20)))


def _replace(file: Path) -> None:
    other = file.with_name("other")
    _rewrite(other)
    other.rename(file)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "new"), [(_grow, range(1, 11)), (_rewrite, range(11, 20)), (_replace, range(11, 20))]
)
def test_file_that_changes_between_chunks_is_read_again(
    root: Path, desk: Desk, store: Store, small: None, change: Callable[[Path], None], new: range
) -> None:
    file = root / "events.jsonl"
    _write_old(file)

    def changed(*given: Any, **of: Any) -> Iterator[Piece]:
        for number, piece in enumerate(pieces(*given, **of)):
            yield piece
            if number == 1:
                change(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module, "pieces", changed)
        ingest(store, desk)
    assert not {*expected(*new)} <= {*ids(store)}
    ingest(store, desk)
    assert {*expected(*new)} <= {*ids(store)}
    assert unaccounted(store) == 0
    assert ingest(store, desk).total["read"] == 0


@pytest.mark.slow
def test_reader_does_without_a_checkpoint_that_its_own_ingest_removed(root: Path, store: Store, small: None) -> None:
    file = root / "desk.toml"
    file.write_text(file.read_text() + 'exchange = ["my_trades.json"]\n')
    desk = load_desk(root)
    for last, text in ((22, lines(1)), (23, TEXT)):
        (root / "events.jsonl").write_text(text)
        (root / "my_trades.json").write_text(json.dumps(trades(0, last)))
        before = {each.name for each in Path(store.location).glob("checkpoints/*")}
        account = ingest(store, desk)
        store.checkpoint()
    assert before.isdisjoint(each.name for each in Path(store.location).glob("checkpoints/*"))
    assert account.sources["my_trades.json"]["read"] == 1
    assert rows(store, "fills").filter(leg="exchange").height == 23
