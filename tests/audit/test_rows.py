"""What operators and runs record stands in the chain and in the store, whatever is killed in between."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dataframely.exc import ValidationError

from deskgate.audit.chain import Chain
from deskgate.audit.faults import Finding
from deskgate.audit.keys import make_key
from deskgate.audit.repair import repair
from deskgate.audit.rows import KIND_OF, frame_of, has_rows, identified, read_stored
from deskgate.audit.trail import Trail
from deskgate.audit.verify import compare_rows
from deskgate.config.errors import RunError
from deskgate.controls.audited_log import AuditedLog
from deskgate.run.freeze import anchor
from deskgate.schema import OPERATED, TABLES, digest_rows
from deskgate.store.tables import Store
from store.children import barrier, start

AT = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return Trail(Chain.open(tmp_path, "desk"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store", "desk")


def note(store: Store, trail: Trail, why: str) -> None:
    anchor(store, trail, by="ann", why=why, effective_at=AT, recorded_at=AT)


def anchors(*whys: str) -> pl.DataFrame:
    """Return rows that nobody wrote into a chain."""
    rows = [("", AT, AT, "ann", why) for why in whys]
    frame = pl.DataFrame(rows, schema=TABLES["anchors"].create_empty().schema, orient="row")
    return frame.with_columns(digest_rows(frame))


def compared(store: Store, trail: Trail) -> list[tuple[str, int | None]]:
    found: Iterator[Finding] = compare_rows(filter(has_rows, trail.chain.records()), dict(read_stored(store)))
    return [(each.how, each.seq) for each in found]


def kinds(trail: Trail) -> list[str]:
    return [record.kind for record in trail.chain.records()]


def stored(store: Store) -> set[str]:
    return {row["why"] for row in dict(read_stored(store))["anchors"].values()}


def sighting(number: int) -> dict[str, Any]:
    return {
        "break_id": "b",
        "is_there": number % 2 == 0,
        "kind": "k",
        "bot": 'b"1"\n',
        "pair": None,
        "leg": "ü",
        "ts": AT - timedelta(days=9000),
        "first_seen": "",
        "severity": "critical",
        "value_quote": Decimal("-12345678901234567.000000000000000001") if number else None,
        "fingerprint": "f",
        "detail": "\u2028 \x7f",
        "effective_at": AT,
        "recorded_at": AT + timedelta(microseconds=1),
    }


def test_every_table_of_operations_has_a_kind() -> None:
    assert set(KIND_OF) == set(OPERATED)


def test_rows_come_back_from_the_chain_as_the_store_has_them(trail: Trail, store: Store) -> None:
    frame = identified("break_sightings", [sighting(0), sighting(1)]).sort("row_id")
    trail.write(store, "break_sightings", frame, AT)
    _, record = trail.chain.records()
    assert frame_of("break_sightings", record.body["rows"]).equals(frame)
    assert store.read(store.pin(), AT, ["break_sightings"])["break_sightings"].equals(frame)
    assert (record.kind, compared(store, trail)) == ("break_sighting", [])


def test_rows_get_the_digest_of_their_content_whatever_carries_them() -> None:
    row = {"why": "x", "by": "ann", "effective_at": AT, "recorded_at": AT}
    made = identified("anchors", [row, row])
    assert made.equals(identified("anchors", pl.DataFrame([row, row])))
    assert made.equals(anchors("x", "x"))
    assert made["row_id"].n_unique() == 2


@pytest.mark.parametrize("wrong", [{"by": None}, {"by": 1}])
def test_rows_of_another_shape_are_not_written(trail: Trail, store: Store, wrong: dict[str, object]) -> None:
    row = {"why": "x", "by": "ann", "effective_at": AT, "recorded_at": AT}
    with pytest.raises((ValidationError, TypeError)):
        trail.write(store, "anchors", [row | wrong], AT)
    with pytest.raises(KeyError, match="why"):
        trail.write(store, "anchors", [{"by": "ann", "effective_at": AT, "recorded_at": AT}], AT)
    assert kinds(trail) == []


def test_nothing_to_write_leaves_no_record(trail: Trail, store: Store) -> None:
    trail.write(store, "anchors", anchors(), AT)
    assert kinds(trail) == []


def test_kill_between_chain_and_store_is_put_right_by_the_next_write_and_told(
    trail: Trail, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(store, trail, "first")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "append", _killed)
        with pytest.raises(KeyboardInterrupt):
            note(store, trail, "second")
    assert (stored(store), compared(store, trail)) == ({"first"}, [("removed", 3)])
    note(store, trail, "third")
    assert stored(store) == {"first", "second", "third"}
    assert (kinds(trail), compared(store, trail)) == (["adopted", "anchor", "anchor", "repair", "anchor"], [])
    trail.settle(store, AT)
    assert len(kinds(trail)) == 5


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def _note_many(out: Path, name: str, gate: Any) -> None:
    gate.wait()
    store, trail = Store.open(out / "store", "desk"), Trail(Chain.open(out, "desk"))
    for number in range(4):
        note(store, trail, f"{name}{number}")


@pytest.mark.slow
def test_two_writers_at_once_leave_each_row_in_both_once(trail: Trail, store: Store, tmp_path: Path) -> None:
    gate = barrier(2)
    writers = [start(_note_many, tmp_path, name, gate) for name in "ab"]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert (kinds(trail), compared(store, trail)) == (["adopted", *["anchor"] * 8], [])
    assert stored(store) == {f"{name}{number}" for name in "ab" for number in range(4)}


def test_kill_before_the_chain_leaves_neither(trail: Trail, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chain, "append", _killed)
    with pytest.raises(KeyboardInterrupt):
        note(store, trail, "first")
    assert (stored(store), kinds(trail)) == (set(), [])


def test_rows_of_before_the_trail_are_taken_into_it_once(trail: Trail, store: Store) -> None:
    rows = identified("break_sightings", [sighting(0)])
    store.append({"anchors": anchors("old", "older"), "break_sightings": rows})
    note(store, trail, "new")
    assert (kinds(trail), compared(store, trail)) == (["adopted", "anchor"], [])
    trail.require_whole(store, AT)


def test_rows_are_taken_into_a_trail_only_before_its_first_record(trail: Trail, store: Store, tmp_path: Path) -> None:
    key, _ = make_key(tmp_path.parent / f"{tmp_path.name}.pem", [])
    signed = Trail(trail.chain, key)
    signed.settle(store, AT)
    store.append({"anchors": anchors("planted")})
    note(store, signed, "new")
    assert (kinds(trail), compared(store, trail)) == (["adopted", "key", "anchor"], [("inserted", None)])
    with pytest.raises(RunError, match=r"row .* of the table anchors has no record"):
        signed.require_whole(store, AT)


def test_key_that_came_later_is_recorded_once(trail: Trail, store: Store, tmp_path: Path) -> None:
    trail.settle(store, AT)
    key, _ = make_key(tmp_path.parent / f"{tmp_path.name}.pem", [])
    for _ in range(2):
        Trail(trail.chain, key).require_whole(store, AT)
    assert kinds(trail) == ["adopted", "key"]


def test_table_that_is_gone_from_the_store_is_found_but_for_what_a_kill_leaves(
    trail: Trail, store: Store, tmp_path: Path
) -> None:
    note(store, trail, "first")
    shutil.rmtree(tmp_path / "store" / "anchors")
    again = Store.open(tmp_path / "store", "desk")
    trail.require_whole(again, AT)
    note(again, trail, "second")
    shutil.rmtree(tmp_path / "store" / "anchors")
    with pytest.raises(RunError, match=r"removed: row .* which record 2 holds, is not in the store"):
        trail.require_whole(Store.open(tmp_path / "store", "desk"), AT)


def test_trail_that_is_gone_is_not_begun_anew(trail: Trail, store: Store, tmp_path: Path) -> None:
    note(store, trail, "first")
    day = tmp_path / "2026-05-04"
    day.mkdir()
    (day / "decision.json").write_text(json.dumps({"checkpoint": trail.checkpoint().as_json()}))
    whole = trail.chain.file.read_bytes()
    trail.chain.file.unlink()
    for attempt in (lambda: trail.settle(store, AT), lambda: list(AuditedLog(trail, None).records())):
        with pytest.raises(RunError, match=r"the 2 or more that 2026-05-04/decision\.json knows of"):
            attempt()
    assert (trail.chain.size, trail.is_usable) == (0, False)
    # Begun by another version, or by hand.
    trail.chain.append("drill", {}, AT)
    with pytest.raises(RunError, match="cut off: record 2 is not there"):
        trail.require_whole(store, AT)
    trail.chain.append("drill", {}, AT)
    with pytest.raises(RunError, match="computed anew"):
        trail.require_whole(store, AT)
    trail.chain.file.write_bytes(whole)
    trail.require_whole(store, AT)
    assert trail.is_usable


def test_actions_that_were_taken_into_the_trail_are_read_from_it(trail: Trail, store: Store, tmp_path: Path) -> None:
    other = AuditedLog(Trail(Chain.open(tmp_path / "other", "desk")), store)
    for minute, kind in enumerate(("intent", "sent", "receipt")):
        other.append(kind, {"event_id": "e", "number": minute}, AT + timedelta(minutes=minute))
    trail.settle(store, AT + timedelta(days=1))
    found = list(AuditedLog(trail, store).records())
    assert [(each.kind, each.at, each.body["number"]) for each in found] == [
        (kind, AT + timedelta(minutes=minute), minute) for minute, kind in enumerate(("intent", "sent", "receipt"))
    ]


def test_row_that_was_put_into_the_store_is_found_and_stays_found(trail: Trail, store: Store) -> None:
    note(store, trail, "first")
    store.append({"anchors": anchors("forged")})
    note(store, trail, "second")
    assert compared(store, trail) == [("inserted", None)]
    repair(trail.chain, store, by="ann", why="another --out", at=AT)
    assert (kinds(trail)[-1], compared(store, trail)) == ("adopted", [])


def test_store_put_back_from_a_copy_is_found_and_repaired(trail: Trail, store: Store, tmp_path: Path) -> None:
    for why in ("first", "second", "third"):
        note(store, trail, why)
    copy = Store.open(tmp_path / "copy", "desk")
    copy.append({"anchors": anchors("first", "second")})
    # The ids of rows are of their content, so that the copy's are the same.
    assert compared(copy, trail) == [("removed", 4)]
    done = repair(trail.chain, copy, by="ann", why="restored", at=AT)
    assert (done.put_back, stored(copy), compared(copy, trail)) == (1, {"first", "second", "third"}, [])
    assert list(trail.chain.records())[-1].body["by"] == "ann"


def test_row_changed_in_the_store_is_found(trail: Trail, store: Store) -> None:
    note(store, trail, "first")
    there = dict(read_stored(store))
    (row,) = there["anchors"].values()
    row["by"] = "bob"
    assert [(each.how, each.seq) for each in compare_rows(trail.chain.records(), there)] == [("changed", 2)]
