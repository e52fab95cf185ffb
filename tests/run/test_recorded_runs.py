"""A run and the audit trail: its decision is on record, and a trail or a store that lost something holds the day."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import NO_KEY, UNRECORDED, find_checkpoints
from deskgate.audit.keys import ENVIRONMENT, make_key
from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.controls.audited_log import AuditedLog
from deskgate.demo import DemoDesk
from deskgate.run.freeze import anchor
from deskgate.store.sums import SUMS
from deskgate.store.tables import Store

from .day_runs import DAY, decision, run

# Apprise imports a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def verified(desk: Path, out: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["verify", "--audit", "--desk", str(desk), "--out", str(out), "--json", *options])
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_decision_is_recorded_with_a_signed_checkpoint_of_the_trail_before_it(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "key.pem"))
    key, _ = make_key(tmp_path / "key.pem", [])
    out = tmp_path / "out"
    assert run(desk, out) == 1
    first = decision(out)
    trail = list(Chain.open(out, "demo").records())
    held = find_checkpoints(json.dumps(first))[0]
    assert held.is_signed_by(key.public_key)
    assert (trail[held.size - 1].hash, trail[held.size].kind) == (held.head, "decision")
    assert (trail[held.size].body["bundle_id"], trail[held.size].body["run_id"]) == (
        first["bundle_id"],
        first["run_id"],
    )
    assert [record.kind for record in trail[:2]] == ["adopted", "key"]
    assert {record.kind for record in trail[held.size + 1 :]} <= {"break_sighting"}
    for page in (out / "index.html", out / str(DAY) / "index.html"):
        assert find_checkpoints(page.read_text()) == [held]
    assert verified(desk, out)[0] == 0
    # The same inputs again: the same evidence; another run, for the trail has gone on.
    assert run(desk, out) == 1
    again = decision(out)
    assert (again["previous"], again["bundle_id"]) == (first["run_id"], first["bundle_id"])
    assert {name for name in first if first[name] != again[name]} == {
        *("previous", "checkpoint", "store", "pages", "run_id")
    }
    assert verified(desk, out)[0] == 0
    Chain.open(out, "demo").file.unlink()
    code, found = verified(desk, out)
    assert (code, found["findings"][0]["how"], found["findings"][0]["seq"]) == (1, "cut off", 1)
    # Not begun anew, however often the day is run: the HOLD keeps what the decision before it knew.
    for _ in range(2):
        assert run(desk, out) == 3
        held_day = decision(out)
        assert (held_day["decision"], held_day["checkpoint"]["size"]) == ("HOLD", again["checkpoint"]["size"])
        assert "knows of" in held_day["failures"][0]["error"]
        assert not Chain.open(out, "demo").file.exists()


@pytest.mark.usefixtures("without_notebooks")
def test_rows_that_are_gone_from_the_store_hold_the_day(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    trail = Trail(Chain.open(out, "demo"))
    log = AuditedLog(trail, Store.open(str(out / "store"), "demo"))
    for kind in ("breach", "intent"):
        log.append(kind, {"event_id": kind}, datetime(2026, 3, 2, 12, tzinfo=UTC))
    anchor(
        Store.open(str(out / "store"), "demo"),
        trail,
        by="ann",
        why="moved",
        effective_at=datetime(2026, 3, 2, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    )
    shutil.rmtree(out / "store" / "actions")
    # Whoever takes rows away may take their digests away as well.
    listed = (out / "store" / SUMS).read_text().splitlines(keepends=True)
    (out / "store" / SUMS).write_text("".join(line for line in listed if "  actions/" not in line))
    assert run(desk, out) == 3
    assert decision(out)["decision"] == "HOLD"
    assert "of the table actions, which record 2 holds, is not in the store" in decision(out)["failures"][0]["error"]
    assert next(Chain.open(out, "demo").records()).kind == "adopted"


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_run_without_a_key_is_unsigned_and_says_so(one_bot_demo: DemoDesk, out: Path) -> None:
    assert run(one_bot_demo.folder, out) == 1
    held = decision(out)["checkpoint"]
    assert (held["signed_by"], held["signature"], held["statement"]) == (None, None, NO_KEY)
    assert "unsigned, this desk has no key" in (out / str(DAY) / "index.html").read_text()
    code, found = verified(one_bot_demo.folder, out)
    assert (code, any("lies elsewhere" in note for note in found["notes"])) == (0, True)


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_trail_that_cannot_be_written_holds_the_day(one_bot_demo: DemoDesk, out: Path) -> None:
    desk = one_bot_demo.folder
    assert run(desk, out) == 1
    file = Chain.open(out, "demo").file
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"decision"', b'"decisiom"').replace(b"break_sighting", b"break_sightinh"))
    assert run(desk, out) == 3
    decided = decision(out)
    assert (decided["decision"], decided["failures"][0]["notebook"]) == ("HOLD", "checks")
    assert "deskgate verify --audit" in decided["failures"][0]["error"]
    assert decided["checkpoint"]["statement"] == UNRECORDED
    file.write_bytes(whole)
    code, found = verified(desk, out)
    assert (code, any("could not be recorded" in note for note in found["notes"])) == (0, True)
    assert run(desk, out) == 1
    assert verified(desk, out)[0] == 0
