"""Whether a decision still holds, and a day verified and computed again, over the demo's GO day."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deskgate.assessment.replay import replays
from deskgate.audit.decision_ids import identified
from deskgate.audit.keys import make_key
from deskgate.audit.open_runs import begin_run
from deskgate.audit.sign_offs import sign_off, stands_as
from deskgate.audit.trail import Trail
from deskgate.cli import status as module
from deskgate.cli.app import app
from deskgate.run.status import desk_status
from deskgate.store.sums import SUMS
from report_inputs import index_of
from tiers import quick
from whole_desks import IngestedDesk

from .day_runs import DAY, decide_anew

END = datetime(2026, 3, 3, tzinfo=UTC)
AN_HOUR_LATER = END + timedelta(hours=1)


def lapsed(day: IngestedDesk, now: datetime = AN_HOUR_LATER) -> tuple[str, ...]:
    return desk_status(day.desk, day.out, now).lapsed


def verify(day: IngestedDesk, *more: str) -> Result:
    given = ["verify", str(day.out / str(DAY)), "--desk", str(day.desk.root), *more]
    return CliRunner().invoke(app, given)


def test_decision_lapses_when_it_expires_or_what_it_rests_on_changes(day: IngestedDesk) -> None:
    assert lapsed(day) == ()
    assert "expired at 2026-03-04 00:00 UTC" in lapsed(day, END + timedelta(hours=24))[0]
    events = day.desk.root / "bot1" / "events.jsonl"
    line = json.loads(events.read_text().splitlines()[-1])
    line["payload"]["data"]["order_id"] = "another"
    with events.open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert "bot1/events.jsonl has " in lapsed(day)[0]
    assert "records from before 2026-03-03 00:00 UTC that are new" in lapsed(day)[0]
    controller = next((day.desk.root / "bot1" / "conf" / "controllers").iterdir())
    controller.write_text(controller.read_text() + "\n# wider\n")
    assert f"bot1/conf/controllers/{controller.name}" in lapsed(day)[0]


@pytest.mark.slow
def test_open_incident_blocks_until_it_is_closed(day: IngestedDesk) -> None:
    at = ["--desk", str(day.desk.root), "--out", str(day.out), "--by", "ann"]
    opened = ["incident", "open", "--why", "key leaked", "--as-of", "2026-03-03T00:30:00Z"]
    assert CliRunner().invoke(app, [*opened, *at]).exit_code == 0
    (why,) = lapsed(day)
    assert "is open since 2026-03-03 00:30 UTC: key leaked" in why
    assert lapsed(day, END + timedelta(minutes=15)) == ()
    evidence = day.out / "mended.txt"
    evidence.write_text("withdrawn")
    closed = ["incident", "close", why.split()[1], "--why", "withdrawn", "--evidence", str(evidence)]
    done = CliRunner().invoke(app, [*closed, *at, "--as-of", "2026-03-03T00:45:00Z"])
    assert done.exit_code == 0, done.output
    assert lapsed(day) == ()


def test_day_may_be_named_by_its_date(day: IngestedDesk) -> None:
    given = ["verify", str(DAY), "--desk", str(day.desk.root), "--out", str(day.out)]
    assert CliRunner().invoke(app, given).output == verify(day).output


def decide_later(day: IngestedDesk, **changes: Any) -> Path:
    """Record and publish a decision of the next day."""
    decide_anew(day.desk, day.out, AN_HOUR_LATER, of=date(2026, 3, 3), **{"evidence": [], **changes})
    return day.out / "2026-03-03" / "decision.json"


@pytest.mark.slow
def test_newer_evidence_and_a_run_that_has_not_ended_block(day: IngestedDesk) -> None:
    decide_later(day, provisional=True, blockers=[])
    assert lapsed(day) == ()
    decide_later(day, provisional=True, blockers=[{}])
    assert "the later day 2026-03-03 has 1 blockers" in lapsed(day)[0]
    begin_run(day.out, DAY, END)
    assert "has not ended" in lapsed(day)[0]


def test_later_hold_that_was_removed_or_edited_is_seen(day: IngestedDesk) -> None:
    file = decide_later(day, provisional=False)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"provisional": True}))
    assert "2026-03-03/decision.json was changed" in lapsed(day)[0]
    shutil.rmtree(file.parent)
    assert "2026-03-03/decision.json is not there, which record" in lapsed(day)[0]
    page = index_of(day.out)
    assert "The newest day, 2026-03-03, has no decision that can be relied on" in page


def test_incident_that_was_removed_from_the_store_is_seen(day: IngestedDesk) -> None:
    given = ["--desk", str(day.desk.root), "--out", str(day.out), "--by", "ann", "--as-of", "2026-03-03T00:30:00Z"]
    assert CliRunner().invoke(app, ["incident", "open", "--why", "key leaked", *given]).exit_code == 0
    place = Path(day.store.location)
    shutil.rmtree(place / "incidents")
    assert lapsed(day)[0].startswith("the store is damaged, incidents/_delta_log/")
    kept = [line for line in (place / SUMS).read_text().splitlines(keepends=True) if "  incidents/" not in line]
    (place / SUMS).write_text("".join(kept))
    assert "of the table incidents" in lapsed(day)[0]


def test_index_says_that_an_incident_was_opened_after_a_go(day: IngestedDesk) -> None:
    decide_later(day, decision="GO", blockers=[])
    at = ["--desk", str(day.desk.root), "--out", str(day.out), "--by", "ann", "--why", "x"]
    opened = CliRunner().invoke(app, ["incident", "open", "--as-of", "2026-03-03T00:30:00Z", *at])
    index = day.out / "index.html"
    assert "2026-03-03: its GO does not hold while an incident is open" in index.read_text(encoding="utf-8")
    evidence = day.out / "mended.txt"
    evidence.write_text("withdrawn")
    CliRunner().invoke(app, ["incident", "close", opened.output.split(":")[0], "--evidence", str(evidence), *at])
    assert "does not hold" not in index.read_text(encoding="utf-8")


def test_decision_without_a_record_or_a_manifest_does_not_hold(day: IngestedDesk) -> None:
    (day.out / str(DAY) / "artifacts.json").unlink()
    assert "nobody can tell what the decision rests on" in lapsed(day)[-1]
    file = day.out / str(DAY) / "decision.json"
    content = json.loads(file.read_text())
    # Made up without any audit trail, and so without evidence of it.
    made_up = identified({name: content[name] for name in content if name != "checkpoint"} | {"evidence": []})
    file.write_text(json.dumps(made_up))
    shutil.rmtree(day.out / "audit")
    assert f"{DAY} has no decision in the audit trail" in lapsed(day)[0]


def test_command_exits_with_1_where_there_is_no_go(day: IngestedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "now", lambda: AN_HOUR_LATER)
    at = ["status", "--desk", str(day.desk.root), "--json", "--out"]
    shown = CliRunner().invoke(app, [*at, str(day.out)])
    assert (shown.exit_code, json.loads(shown.output)["decision"]) == (1, "HOLD")
    missing = CliRunner().invoke(app, [*at, str(day.out / "none")])
    assert (missing.exit_code, "no folder there" in missing.output) == (2, True)
    (day.out / "none").mkdir()
    undecided = CliRunner().invoke(app, ["status", "--desk", str(day.desk.root), "--out", str(day.out / "none")])
    assert (undecided.exit_code, undecided.output.startswith("demo: nothing is decided")) == (1, True)


@pytest.mark.parametrize(
    "name", quick(["verdicts.json", "breaks.csv", "metrics/soak.parquet", "inputs.json", "artifacts.json"], 1)
)
def test_every_changed_file_is_named_and_used_by_nobody(day: IngestedDesk, name: str) -> None:
    assert verify(day).exit_code == 0
    file = day.out / str(DAY) / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    shown = verify(day)
    assert (shown.exit_code, f"{DAY}/{name} was changed" in shown.output) == (1, True)
    assert name in lapsed(day)[0]
    listed = CliRunner().invoke(app, ["breaks", "--date", str(DAY), "--out", str(day.out)])
    assert listed.exit_code == 2


def test_decision_that_was_changed_is_named(day: IngestedDesk) -> None:
    file = day.out / str(DAY) / "decision.json"
    file.write_text(file.read_text().replace('"HOLD"', '"GO"', 1))
    assert "its ids do not fit" in verify(day).output
    assert not desk_status(day.desk, day.out, AN_HOUR_LATER).is_go


@pytest.mark.slow
def test_same_inputs_give_the_same_bytes_and_other_ones_do_not(day: IngestedDesk) -> None:
    assert replays(day.assess(DAY)) == []
    assessment = day.assess(DAY)
    other = type(assessment)(
        assessment.case, assessment.metrics.head(-1), assessment.breaks, assessment.suites, assessment.inputs
    )
    assert "verdicts.json" in replays(other)


@pytest.mark.slow
def test_published_day_is_computed_again_from_what_it_names(day: IngestedDesk) -> None:
    done = verify(day, "--replay")
    assert (done.exit_code, "the same inputs give the same bytes" in done.output) == (0, True), done.output


def test_replay_of_another_configuration_is_refused(day: IngestedDesk) -> None:
    text = day.desk.file.read_text()
    day.desk.file.write_text(text + "\n# changed\n")
    done = verify(day, "--replay")
    assert (done.exit_code, "put it back, then replay" in done.output) == (2, True)


@pytest.mark.slow
def test_hold_that_awaits_sign_offs_is_a_go_once_it_is_signed(day: IngestedDesk, tmp_path: Path) -> None:
    key, _ = make_key(tmp_path / "keys" / "desk.pem", [])
    trail, awaits = Trail.open(day.desk, day.out), {"roles": ["risk"], "keys": [key.public_key]}
    decided = decide_anew(day.desk, day.out, AN_HOUR_LATER, decision="HOLD", blockers=[], awaits=awaits)
    unsigned = desk_status(day.desk, day.out, AN_HOUR_LATER)
    assert (unsigned.is_go, unsigned.word, unsigned.unsigned, unsigned.lapsed) == (False, "HOLD", ("risk",), ())
    sign_off(trail.chain, key, decided, role="risk", by="bob", at=AN_HOUR_LATER)
    signed = desk_status(day.desk, day.out, AN_HOUR_LATER)
    assert (signed.is_go, signed.word, signed.unsigned, signed.lapsed) == (True, "GO", (), ())
    assert not desk_status(day.desk, day.out, END + timedelta(hours=25)).is_go
    # The trail knows that it was a GO, whatever becomes of the file.
    last = trail.chain.last(lambda it: it.kind == "decision")
    assert last is not None
    assert stands_as(trail.chain.records(), last.body) == "GO"


def test_manifest_that_cannot_be_read_is_a_reason(day: IngestedDesk) -> None:
    file = day.out / str(DAY) / "artifacts.json"
    file.write_text(file.read_text()[:-20])
    assert any("nobody can tell what the decision rests on" in reason for reason in lapsed(day))
    file.unlink()
    assert any("nobody can tell what the decision rests on" in reason for reason in lapsed(day))
