"""Waivers from the command to a decision that rests on one, and to the one that lapsed with it."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deskgate.assessment.artifacts import DayInputs
from deskgate.assessment.assessment import assess, confirm_verdicts
from deskgate.audit.decision_ids import ids_fit
from deskgate.audit.trail import Trail
from deskgate.cli import waive as command
from deskgate.cli.app import app
from deskgate.config.errors import InputError
from deskgate.config.paths import ROOT, SUITES
from deskgate.gates.suites import load_suites
from deskgate.gates.waivers import LONGEST
from deskgate.run.status import desk_status
from deskgate.run.waive import Granted, grant_waiver, read_waivers, revoke_waiver
from desks import frame
from tiers import quick
from whole_desks import IngestedDesk, publish_day

from .day_runs import DAY, decision

# The instant that the published day speaks for.
END = datetime(2026, 3, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def grant(day: IngestedDesk, at: datetime = END, **changes: Any) -> Granted:
    given: dict[str, Any] = {
        "gate": "parity",
        "subject": "bot1",
        "until": END + 12 * HOUR,
        "effective_at": at,
        "recorded_at": at,
    }
    texts = {"author": "ann", "approver": "bob", "reason": "moved to another host"}
    return grant_waiver(
        day.store, Trail.open(day.desk, day.out), day.desk, load_suites(SUITES), **(given | texts | changes)
    )


def revoke(day: IngestedDesk, waiver_id: str, at: datetime) -> None:
    trail = Trail.open(day.desk, day.out)
    revoke_waiver(day.store, trail, waiver_id, by="cid", why="moved back", effective_at=at, recorded_at=at)


def waive(day: IngestedDesk, *words: str) -> Result:
    return CliRunner().invoke(app, ["waive", *words, "--desk", str(day.desk.root), "--out", str(day.out)])


@pytest.mark.slow
def test_waived_day_is_the_same_for_everybody_who_computes_it(
    whole_day: IngestedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A bot's parity is waived where there is another one to compare it with.
    day = whole_day
    monkeypatch.setattr(command, "now", lambda: END)
    words = ["--subject", "bot1", "--until", "2026-03-03T01:00:00Z", "--reason", "moved", "--author", "ann"]
    granted = waive(day, "parity", *words, "--approver", "bob", "--json")
    assert granted.exit_code == 0, granted.output
    told = json.loads(granted.stdout)
    assert "parity#fill_ratio_delta" in told["covers"]
    assert "records that are absent" in told["leaves_out"]["parity#matched_share"]
    assert waive(day, "parity", *words, "--approver", " ANN").exit_code == 2
    assert "in force\t2026-03-03T00:00:00Z" in waive(day, "--list").stdout

    assessment = assess(day.desk, day.store, day=DAY, as_of=END)
    shutil.rmtree(day.out / str(DAY))
    artifacts = publish_day(assessment, day.out)
    made = decision(day.out)
    assert [(each["id"], each["approver"]) for each in made["waivers"]] == [(told["id"], "bob")]
    told_times = [made["waivers"][0][name] for name in ("since", "recorded_at")]
    assert told_times == ["2026-03-03T00:00:00Z"] * 2
    assert made["expires_at"] == "2026-03-03T01:00:00Z"
    assert made["waivers"][0]["verdicts"] == made["counts"]["WAIVED"] > 0
    assert [each["gate"] for each in made["inputs"]["waivers"]] == ["parity"]
    assert "parity" not in {each["gate"] for each in made["blockers"]}
    assert not ids_fit(made | {"waivers": []})
    # Each of these computes the verdicts anew.
    confirm_verdicts(artifacts.folder, day.desk.root)
    at = ["--desk", str(day.desk.root)]
    replayed = CliRunner().invoke(app, ["verify", str(artifacts.folder), "--replay", *at])
    assert (replayed.exit_code, "the same inputs give the same bytes" in replayed.output) == (0, True), replayed.output
    chain = day.out / "audit" / "chain.jsonl"
    program = [sys.executable, *map(str, (ROOT / "docs" / "verify.py", chain, artifacts.folder / "decision.json"))]
    assert subprocess.run(program, check=False).returncode == 0
    shown = CliRunner().invoke(app, ["status", *at, "--out", str(day.out)])
    assert (
        "HOLD, with 1 waiver (parity of bot1, from 2026-03-03T00:00:00Z until 2026-03-03T01:00:00Z, recorded at 2026-03-03T00:00:00Z, by ann, approved by bob: moved)"
        in shown.output
    )
    inputs = json.loads(artifacts.inputs.model_dump_json())
    # An earlier version had no waivers.
    assert DayInputs.model_validate({name: value for name, value in inputs.items() if name != "waivers"}).waivers == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    quick(
        [
            ({"approver": "ann"}, "nobody approves a waiver of their own"),
            ({"approver": "  ANN "}, "are both 'ann'"),
            ({"approver": "\uff41nn"}, "nobody approves a waiver of their own"),
            ({"author": " "}, "--author is empty"),
            ({"approver": ""}, "--approver is empty"),
            ({"reason": "\n"}, "--reason is empty"),
            ({"until": END}, "is past, expected an instant after"),
            ({"until": END + LONGEST + timedelta(seconds=1)}, "expected at most 14 days after 2026-03-03T00:00:00Z"),
            (
                {"effective_at": END - HOUR, "until": END + LONGEST},
                "expected at most 14 days after 2026-03-02T23:00:00Z",
            ),
            ({"gate": "replay"}, "the gate replay cannot be waived"),
            (
                {"effective_at": END - timedelta(seconds=1)},
                "the last is HOLD as of 2026-03-03T00:00:00Z, .* a waiver does not reach back over evidence",
            ),
        ],
        5,
    ),
)
def test_wrong_waiver_is_refused_and_nothing_is_written(
    day: IngestedDesk, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        grant(day, **changes)
    assert read_waivers(day.store) == []


@pytest.mark.slow
def test_one_at_a_time_until_it_ended_or_was_revoked(day: IngestedDesk) -> None:
    first = grant(day, until=END + LONGEST).waiver
    with pytest.raises(InputError, match=f"is on record already as {first.id}"):
        grant(day, END + HOUR)
    assert grant(day, gate="parity#fill_ratio_delta").waiver.id != first.id
    for given, why, at in (("ffff", "unknown", END), ("", "unknown", END), (first.id, "later --as-of", END - HOUR)):
        with pytest.raises(InputError, match=why):
            revoke(day, given, at)
    revoke(day, first.id[:8], END + 2 * HOUR)
    with pytest.raises(InputError, match="unknown, expected one of"):
        revoke(day, first.id, END + 3 * HOUR)
    with pytest.raises(InputError, match="counted until it was revoked at 2026-03-03T02:00:00Z"):
        grant(day, END + HOUR)
    second = grant(day, END + 2 * HOUR, until=END + 4 * HOUR).waiver
    third = grant(day, END + 4 * HOUR).waiver
    assert [each.waiver.id for each in read_waivers(day.store) if each.waiver.gate == "parity"] == [
        first.id,
        second.id,
        third.id,
    ]


def test_killed_grant_is_on_record_before_another_one_is_compared(
    day: IngestedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(type(day.store), "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            grant(day)
    with pytest.raises(InputError, match="is on record already"):
        grant(day, END + HOUR)


@pytest.mark.parametrize(
    ("revoked", "now", "expected"),
    quick(
        [
            (False, END + HOUR - timedelta(seconds=1), ()),
            (False, END + HOUR, ("the waiver of parity of bot1 that it rests on ended at 2026-03-03 01:00 UTC",)),
            (True, END, ()),
            (
                True,
                END + HOUR / 2,
                (
                    "the waiver of parity of bot1 that it rests on was revoked at 2026-03-03 00:30 UTC by cid: moved back",
                ),
            ),
        ],
        2,
    ),
)
def test_go_lapses_with_its_waiver(
    day: IngestedDesk, monkeypatch: pytest.MonkeyPatch, revoked: bool, now: datetime, expected: tuple[str, ...]
) -> None:
    granted = grant(day, until=END + HOUR).waiver
    file = day.out / str(DAY) / "decision.json"
    told = {"id": granted.id, "gate": "parity", "subject": "bot1"}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"decision": "GO", "waivers": [told]}))
    if revoked:
        revoke(day, granted.id, END + HOUR / 2)
    assert tuple(each for each in desk_status(day.desk, day.out, now).lapsed if "waiver" in each) == expected


@pytest.mark.slow
@pytest.mark.parametrize(("action", "lapses"), [(None, False), ("note", False), ("resolve", True)])
def test_go_lapses_with_the_acceptance_of_a_break(day: IngestedDesk, action: str | None, lapses: bool) -> None:
    trail = Trail.open(day.desk, day.out)
    for step, at in (("accept", END), (action, END + HOUR)):
        if step:
            row = {
                "break_id": "b",
                "action": step,
                "text": "wrong",
                "by": "cid",
                "effective_at": at,
                "recorded_at": END,
            }
            trail.write(day.store, "break_actions", frame("break_actions", row), END)
    file = day.out / str(DAY) / "decision.json"
    told = {"id": "b", "kind": "fee_mismatch", "bot": "bot1"}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"decision": "GO", "accepted": [told]}))
    found = [each for each in desk_status(day.desk, day.out, END + HOUR).lapsed if "acceptance" in each]
    assert bool(found) == lapses
    assert all("was withdrawn at 2026-03-03 01:00 UTC by cid: wrong" in each for each in found)
    assert not [each for each in desk_status(day.desk, day.out, END).lapsed if "acceptance" in each]


def test_grant_and_revoke_show_the_days_anew(day: IngestedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "now", lambda: END + HOUR)
    index = day.out / "index.html"
    texts = ["--until", "2026-03-03T02:00:00Z", "--reason", "moved", "--author", "ann", "--approver", "bob"]
    granted = waive(day, "parity", "--subject", "bot1", *texts, "--json")
    assert (granted.exit_code, index.is_file()) == (0, True), granted.output
    index.unlink()
    done = waive(day, "revoke", json.loads(granted.stdout)["id"], "--by", "cid", "--why", "x")
    assert (done.exit_code, index.is_file()) == (0, True), done.output
