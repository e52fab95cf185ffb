"""Evidence that a STOP is over: a decision of a whole run, by the suites in force, for an instant before the close."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.trail import Trail
from deskgate.checks.incidents import Condition, Incident
from deskgate.config.paths import SUITES
from deskgate.gates.evaluation import Status
from deskgate.gates.suites import load_suites
from deskgate.run.incident_evidence import does_not_show
from whole_desks import IngestedDesk, publish_day

IN_FORCE = load_suites(SUITES)
OTHERS = {**IN_FORCE, "soak": IN_FORCE["soak"].model_copy(update={"sha256": "0" * 64})}
END = datetime(2026, 3, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def evidence(ingested_one_day_demo: IngestedDesk, tmp_path: Path) -> "Evidence":
    return Evidence(ingested_one_day_demo, shutil.copytree(ingested_one_day_demo.out, tmp_path / "out"))


class Evidence:
    """Decisions of the demo's first day, made as they are needed, held against an incident."""

    def __init__(self, ingested: IngestedDesk, out: Path) -> None:
        self.assessment, self.out = ingested.assess(date(2026, 3, 2)), out
        self.trail = Trail.open(ingested.desk, out)
        passing = next(each for each in self.assessment.verdicts if each.status is Status.PASS)
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
        return does_not_show(incident, self.trail, suites, closed_at, self.out / "2026-03-02" / "decision.json")


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
