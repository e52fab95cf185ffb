"""What was validated, by which suites, and what was not."""

from pathlib import Path
from typing import Any

import polars as pl

from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.validation import gate_counts, validation_section
from verdicts import verdict

from .hand_made import pair, rows, said


def test_counts_of_each_gate(tmp_path: Path) -> None:
    found = [verdict(status, gate="soak", sample=sample) for status, sample in zip(Status, (5, 7, 0, 3), strict=True)]
    warned = verdict(Status.FAIL, gate="soak", severity="warning", sample=99)
    day = pair(tmp_path, None, {"verdicts": [*found, warned], "suites": {}}).today
    row = gate_counts(day).row(0, named=True)
    assert {name: row[name] for name in ("blocking", "passed", "failed", "insufficient", "waived", "checks")} == {
        "blocking": 2,
        "passed": 1,
        "failed": 2,
        "insufficient": 1,
        "waived": 1,
        "checks": 5,
    }
    assert (row["sample"], row["suite_digest"]) == ("0 to 7", None)


def test_gate_of_warnings_alone_has_no_sample_of_a_critical_check(tmp_path: Path) -> None:
    warned = verdict(Status.FAIL, gate="soak", severity="warning")
    row = gate_counts(pair(tmp_path, None, {"verdicts": [warned]}).today).row(0, named=True)
    assert (row["blocking"], row["sample"]) == (0, None)


def test_day_without_a_verdict_says_that_no_gate_was_judged(tmp_path: Path) -> None:
    assert said(validation_section(pair(tmp_path, None, {"verdicts": []})), "Gates") == "No gate was judged."


def test_steps_of_a_run_that_goes_on_and_of_one_that_ended(tmp_path: Path) -> None:
    first = {row["step"]: row["outcome"] for row in rows(validation_section(pair(tmp_path, {})), "Steps of the run")}
    assert first["second assessment from the store (replay)"].startswith("not done")
    failures = [{"notebook": "08", "error": "torn"}, {"notebook": "gates", "error": "differs"}]
    ended: dict[str, Any] = {
        "replay": "same bytes",
        "notebooks": {"01": None, "08": "torn"},
        "decision": {"failures": failures},
    }
    section = validation_section(pair(tmp_path / "ended", {}, **ended))
    assert {row["step"]: row["outcome"] for row in rows(section, "Steps of the run")} == {
        "second assessment from the store (replay)": "same bytes",
        "notebooks": "1 of 2 ran through; 08 failed: torn",
        "gates": "failed: differs",
    }


def test_waivers_and_rungs_stand_where_a_decision_has_them(tmp_path: Path) -> None:
    assert "Waived" not in [part.title for part in validation_section(pair(tmp_path, {})).parts]
    waiver = {
        "gate": "smoke",
        "subject": "b1",
        "until": "2026-05-06",
        "author": "ann",
        "approver": "bob",
        "reason": "x",
    }
    counted: dict[str, Any] = {"counting": 3, "trading": 3, "calendar": 4, "more": 0}
    rung: dict[str, Any] = {
        "bot": "b1",
        "rung": "micro",
        "since": "2026-05-01T00:00:00Z",
        "by": "ann",
        "says": "stays",
        "to": [],
    }
    rung |= {"days": counted, "missing": [{"status": "FAIL", "sentence": "too few fills"}], "gaps": [], "notes": []}
    decision = {"decision": "GO", "waivers": [waiver], "ladder": [rung]}
    now = {"verdicts": [verdict(Status.WAIVED, title="Life")]}
    section = validation_section(pair(tmp_path / "with", {}, now, decision=decision))
    assert "smoke of b1, from ? until 2026-05-06, recorded at ?, by ann, approved by bob: x" in said(section, "Waived")
    assert [row["check"] for row in rows(section, "Waived")] == ["Life"]
    assert [row["why"] for row in rows(section, "Rungs of the ladder")] == ["too few fills"]


def test_what_was_not_judged_is_named(tmp_path: Path) -> None:
    views = {
        "bots": pl.DataFrame({"bot": ["b1", "b2"], "mode": ["live", "disabled"], "judged": [True, False]}),
        "not_judged": pl.DataFrame({"bot": ["b1"], "summary": ["3 notices of its bridge, known and not judged"]}),
        "passed_over": pl.DataFrame({"path": ["x"], "summary": ["x: passed over, empty"]}),
    }
    text = said(validation_section(pair(tmp_path, None, {"views": views})), "Not judged")
    assert (
        text == "b2: disabled in desk.toml. b1: 3 notices of its bridge, known and not judged. x: passed over, empty."
    )
    assert "Nothing is left out" in said(validation_section(pair(tmp_path / "all", None)), "Not judged")
