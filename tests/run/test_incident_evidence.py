"""Evidence that a STOP is over: a decision of a whole run, by the suites in force, for an instant before the close."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.recorded import Recorded
from deskgate.audit.trail import Trail
from deskgate.checks.incidents import Condition, Incident
from deskgate.config.paths import SUITES
from deskgate.gates.evaluation import Status
from deskgate.gates.suites import load_suites
from deskgate.run.incident_evidence import does_not_show, read_evidence
from deskgate.run.incidents import close_incident, known_incidents, opening_content, write_step
from deskgate.store.tables import Store
from whole_desks import NOW, IngestedDesk, publish_day

IN_FORCE = load_suites(SUITES)
OTHERS = {**IN_FORCE, "soak": IN_FORCE["soak"].model_copy(update={"sha256": "0" * 64})}
END = datetime(2026, 3, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def evidence(ingested_one_bot_demo: IngestedDesk, tmp_path: Path) -> "Evidence":
    return Evidence(ingested_one_bot_demo, shutil.copytree(ingested_one_bot_demo.out, tmp_path / "out"))


class Evidence:
    """Decisions of the demo's first day, made as they are needed, held against an incident."""

    def __init__(self, ingested: IngestedDesk, out: Path) -> None:
        self.assessment, self.out = ingested.assess(date(2026, 3, 2)), out
        self.store, self.trail = Store.open(out / "store", ingested.desk.name), Trail.open(ingested.desk, out)
        passing = next(each for each in self.assessment.verdicts if each.status is Status.PASS)
        self.decision = out / "2026-03-02" / "decision.json"
        self.passing: Condition = (passing.gate, passing.check, passing.subject)

    def wants(
        self,
        condition: Condition | None = None,
        suites: Any = IN_FORCE,
        closed_at: datetime = END,
        opened_at: datetime = END,
        **decision: Any,
    ) -> str | None:
        publish_day(self.assessment, self.out, **decision)
        incident = Incident("i", "STOP", "deskgate daily", "", "", opened_at, None, (condition or self.passing,))
        shown = read_evidence(self.decision)
        return does_not_show(incident, self.out, Recorded.read(self.out), suites, closed_at, shown)


def test_decision_of_a_whole_run_shows_that_what_passes_is_over(evidence: Evidence) -> None:
    assert evidence.wants() is None


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"failures": ["03_reconciliation"]}, "the step 03_reconciliation failed"),
        ({"provisional": True}, "is provisional"),
        ({"suites": OTHERS}, "was judged by other suites than those of desk.toml"),
        ({"opened_at": END + SECOND}, "before the incident of 2026-03-03T00:00:01Z"),
        ({"closed_at": END - SECOND}, "speaks for 2026-03-03T00:00:00Z, after the close of 2026-03-02T23:59:59Z"),
        ({"condition": ("soak", "hard_stop_min", "gone")}, 'name it with mode = "disabled" until the incident'),
        ({"condition": ("soak", "no_such_entry", "portfolio")}, "put soak/no_such_entry back as it was"),
        ({"condition": ("parity", "no_such_entry", "bot1")}, 'or set mode = "disabled" for one run'),
    ],
)
def test_weak_evidence_says_what_it_lacks(evidence: Evidence, how: dict[str, Any], says: str) -> None:
    assert says in (evidence.wants(**how) or "it shows it")


def test_verdict_that_does_not_pass_shows_nothing(evidence: Evidence) -> None:
    failing = next(each for each in evidence.assessment.verdicts if each.status is not Status.PASS)
    condition = (failing.gate, failing.check, failing.subject)
    assert failing.reason in (evidence.wants(condition) or "")


def test_each_file_of_evidence_and_the_trail_are_read_once(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_day(evidence.assessment, evidence.out)
    about = opening_content("ann", "look", "2026-03-02", [evidence.passing])
    write_step(evidence.store, evidence.trail, "i1", "open", "x", "STOP", about, effective_at=END, recorded_at=NOW)
    reads, trails, read_bytes, read_trail = list[str](), list[Path](), Path.read_bytes, Recorded.read

    def counted(file: Path) -> bytes:
        if file.parent == evidence.decision.parent:
            reads.append(file.name)
        return read_bytes(file)

    def counted_trail(out: Path) -> Recorded:
        trails.append(out)
        return read_trail(out)

    other = evidence.out / "note.txt"
    other.write_text("mended")
    monkeypatch.setattr(Path, "read_bytes", counted)
    monkeypatch.setattr(Path, "read_text", lambda file, **_: counted(file).decode())
    monkeypatch.setattr(Recorded, "read", counted_trail)
    close_incident(
        evidence.store,
        evidence.trail,
        "i1",
        suites=IN_FORCE,
        by="ann",
        why="over",
        evidence=[other, evidence.decision],
        effective_at=END,
        recorded_at=NOW,
    )
    monkeypatch.undo()
    (closed,) = known_incidents(evidence.store)
    assert (closed.over_at, closed.shown, trails) == (END, 2, [evidence.out])
    assert sorted(reads) == sorted(set(reads))
    assert {"decision.json", "verdicts.json"} <= set(reads)


def test_evidence_that_changes_after_it_was_read_is_judged_as_it_was_read(evidence: Evidence) -> None:
    publish_day(evidence.assessment, evidence.out)
    shown = read_evidence(evidence.decision)
    evidence.decision.write_text("{}")
    incident = Incident("i", "STOP", "deskgate daily", "", "", END, None, (evidence.passing,))
    judged = (incident, evidence.out, Recorded.read(evidence.out), IN_FORCE, END)
    assert does_not_show(*judged, shown) is None
    assert "is of None, expected 2026-03-02" in (does_not_show(*judged, read_evidence(evidence.decision)) or "")


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_torn_decision_shows_nothing(evidence: Evidence, content: str) -> None:
    publish_day(evidence.assessment, evidence.out)
    evidence.decision.write_bytes(content.encode("latin-1"))
    incident = Incident("i", "STOP", "deskgate daily", "", "", END, None, (evidence.passing,))
    shown = read_evidence(evidence.decision)
    assert "cannot be read as the decision" in (
        does_not_show(incident, evidence.out, Recorded.read(evidence.out), IN_FORCE, END, shown) or ""
    )
