"""Making a store anew: what the sources still have, what only the store had, and what an interrupted rebuild leaves."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from deskgate.audit.chain import Chain
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.run.freeze import anchor
from deskgate.store.commits import COMMIT_ID
from deskgate.store.ingest import Ingestor
from deskgate.store.parts import stream_part
from deskgate.store.rebuild import Rebuilt, rebuild
from deskgate.store.tables import REBUILT, SCHEMA_VERSION, Store
from desks import frame

from .event_files import NOW, START, envelope, expected, ids, ingest, lines, rows, unaccounted

STREAM = "redis://localhost:6379/0/hb.fills.v1"


def again(desk: Desk, store: Store, *, accept_loss: bool = False) -> Rebuilt:
    return rebuild(desk, store.location, accept_loss=accept_loss, now=lambda: NOW)


def test_rebuilt_store_is_the_old_one(root: Path, desk: Desk, store: Store) -> None:
    (root / "events.jsonl").write_text(lines(1, 2))
    anchor(store, Trail(Chain.open(root, desk.name)), by="ann", why="moved", effective_at=START, recorded_at=NOW)
    ingest(store, desk)
    message = json.dumps(
        {"stream": "hb.fills.v1", "entry_id": "1-0", "received_at": START.isoformat(), "event": envelope(9)}
    )
    Ingestor(store, desk, lambda: NOW).commit(
        [stream_part(desk, STREAM, "event_envelopes", [message.encode()], cursor="1-0")]
    )
    done = again(desk, store)
    assert (done.gone, {name: table.new for name, table in done.tables.items() if table.new}) == (0, {})
    assert done.tables["events"].same == 3
    assert done.aside is not None
    assert done.aside.is_dir()
    made = Store.open(store.location, "desk")
    assert ids(made) == expected(1, 2, 9)
    assert rows(made, "fills").height == 3
    assert rows(made, "anchors")["by"].to_list() == ["ann"]
    cursor = Ingestor(made, desk, lambda: NOW).cursor(STREAM)
    assert cursor is not None
    assert (cursor.cursor, cursor.end, unaccounted(made)) == ("1-0", 1, 0)


@pytest.mark.slow
def test_record_that_no_source_has_any_more_goes_only_when_that_is_accepted(
    root: Path, desk: Desk, store: Store
) -> None:
    (root / "events_a.jsonl").write_text(lines(1))
    (root / "events_b.jsonl").write_text(lines(2))
    ingest(store, desk)
    (root / "events_b.jsonl").unlink()
    kept = again(desk, store)
    assert (kept.gone, kept.aside) == (3, None)  # the event, its fill and its order
    assert kept.tables["events"].gone_from == ("events_b.jsonl",)
    assert ids(store) == expected(1, 2)
    assert again(desk, store, accept_loss=True).aside is not None
    assert ids(Store.open(store.location, "desk")) == expected(1)


def _as_schema_3_had_it(store: Store) -> None:
    """Write every table again the way schema 3 did: a row's commit id was called `turn`, and nothing was carried."""
    for folder in Path(store.location).iterdir():
        if (folder / "_delta_log").is_dir():
            rows = pl.scan_delta(str(folder)).collect().rename({COMMIT_ID: "turn"}, strict=False)
            shutil.rmtree(folder)
            write_deltalake(folder, rows)
    older = pl.DataFrame({"desk": ["desk"], "schema_version": [3]})
    write_deltalake(f"{store.location}/about", older, mode="overwrite")
    shutil.rmtree(f"{store.location}/checkpoints", ignore_errors=True)


@pytest.mark.slow
def test_store_of_schema_3_is_refused_and_rebuilt(root: Path, desk: Desk, store: Store) -> None:
    (root / "events.jsonl").write_text(lines(1, 2))
    anchor(store, Trail(Chain.open(root, desk.name)), by="ann", why="moved", effective_at=START, recorded_at=NOW)
    ingest(store, desk)
    message = json.dumps(
        {"stream": "hb.fills.v1", "entry_id": "1-0", "received_at": START.isoformat(), "event": envelope(9)}
    )
    Ingestor(store, desk, lambda: NOW).commit(
        [stream_part(desk, STREAM, "event_envelopes", [message.encode()], cursor="1-0")]
    )
    _as_schema_3_had_it(store)
    with pytest.raises(InputError, match=rf"schema 3, expected schema {SCHEMA_VERSION}; .*`deskgate store rebuild`"):
        Store.open(store.location, "desk")
    done = again(desk, store)
    assert (done.gone, done.tables["events"].same) == (0, 3)
    made = Store.open(store.location, "desk")
    assert (ids(made), rows(made, "anchors")["by"].to_list()) == (expected(1, 2, 9), ["ann"])
    assert ingest(made, desk).total["read"] == 0


@pytest.mark.slow
def test_streamed_row_survives_a_column_that_its_store_did_not_have(desk: Desk, store: Store) -> None:
    message = json.dumps(
        {"stream": "hb.fills.v1", "entry_id": "1-0", "received_at": START.isoformat(), "event": envelope(9)}
    )
    Ingestor(store, desk, lambda: NOW).commit(
        [stream_part(desk, STREAM, "event_envelopes", [message.encode()], cursor="1-0")]
    )
    older = pl.scan_delta(f"{store.location}/fills").drop("liquidity").collect()
    shutil.rmtree(f"{store.location}/fills")
    write_deltalake(f"{store.location}/fills", older)
    assert again(desk, store).aside is not None
    assert rows(Store.open(store.location, "desk"), "fills").select("path", "liquidity").rows() == [(STREAM, None)]


def test_baseline_survives_a_column_that_its_store_did_not_have(desk: Desk, store: Store) -> None:
    row = {"effective_at": START, "recorded_at": NOW, "by": "ann", "why": "start", "digests": "{}"}
    store.append({"baselines": frame("baselines", row)})
    older = rows(store, "baselines").drop("settings")
    shutil.rmtree(f"{store.location}/baselines")
    write_deltalake(f"{store.location}/baselines", older)
    assert again(desk, store).gone == 0
    carried = rows(Store.open(store.location, "desk"), "baselines")
    assert carried.select("by", "settings").rows() == [("ann", None)]


@pytest.mark.parametrize(("records", "refused"), [(1, True), (0, False)])
def test_record_of_operators_that_lacks_what_each_must_have_is_refused(
    desk: Desk, store: Store, records: int, *, refused: bool
) -> None:
    row = {"effective_at": START, "recorded_at": NOW, "by": "ann", "why": "start", "digests": "{}"}
    store.append({"baselines": frame("baselines", row)})
    older = rows(store, "baselines").drop("why", "by").head(records)
    shutil.rmtree(f"{store.location}/baselines")
    write_deltalake(f"{store.location}/baselines", older)
    if not refused:
        assert again(desk, store).aside is not None
        return
    with pytest.raises(InputError, match=r"baselines: 1 records of operators without by, why, expected each with it"):
        again(desk, store)
    assert not Path(store.location + REBUILT).exists()
    assert pl.scan_delta(f"{store.location}/baselines").collect().height == 1


def test_another_desk_s_store_is_not_rebuilt(desk: Desk, store: Store) -> None:
    other = desk.model_copy(update={"name": "other"})
    with pytest.raises(InputError, match="the store of desk 'desk', expected one of 'other'"):
        again(other, store)


@pytest.mark.parametrize("what", ["nothing", "a folder"])
def test_place_without_a_store_is_refused(desk: Desk, tmp_path: Path, what: str) -> None:
    place = tmp_path / "elsewhere"
    if what == "a folder":
        place.mkdir()
    with pytest.raises(InputError, match="no store"):
        rebuild(desk, str(place), accept_loss=False, now=lambda: NOW)


@pytest.mark.slow
def test_rebuild_interrupted_between_its_two_renames_is_finished(
    root: Path, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "events.jsonl").write_text(lines(1))
    ingest(store, desk)
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if self.name.endswith(REBUILT):
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        again(desk, store)
    monkeypatch.undo()
    with pytest.raises(InputError, match="a rebuild was interrupted"):
        Store.open(store.location, "desk")
    again(desk, store)
    assert ids(Store.open(store.location, "desk")) == expected(1)


@pytest.mark.slow
def test_compaction_changes_no_answer(root: Path, desk: Desk, store: Store) -> None:
    for number in range(6):
        with (root / "events.jsonl").open("a") as end:
            end.write(lines(number))
        ingest(store, desk)
    pinned = store.pin()
    with (root / "events.jsonl").open("a") as end:
        end.write(lines(6))
    ingest(store, desk)
    later = datetime(2100, 1, 1, tzinfo=START.tzinfo)
    before, now = store.read(pinned, later), store.read(store.pin(), later)
    files = {name: len(list((Path(store.location) / name).glob("*.parquet"))) for name in ("events", "ledger")}
    assert store.compact(files_max=1)["events"] == files["events"] - 1
    before_again, now_again = store.read(pinned, later), store.read(store.pin(), later)
    for name in before:
        assert before_again[name].equals(before[name]), name
        assert now_again[name].equals(now[name]), name
    assert (before["events"].height, now["events"].height) == (6, 7)
    ingest(store, desk)
    assert unaccounted(store) == 0
