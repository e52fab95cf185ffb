"""What there is to go back to, and whether the drills are fresh."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.rollback import rollback_section
from verdicts import verdict

from .hand_made import go, pair, rows, said

CHANGE, GO = "What going back would change", "The last GO before this day"
THEN: dict[str, Any] = {"settings": {"desk.toml": {"a": "1"}, "images": {"s": "i:1"}}}
NOW: dict[str, Any] = {"settings": {"desk.toml": {"a": "2"}, "images": {"s": "i:2"}}, "config": {"desk.toml": "2"}}


def _with_go(days: ReportDays) -> ReportDays:
    return replace(days, last_go=go(days.before))


def test_nothing_to_go_back_to_is_said_plainly(tmp_path: Path) -> None:
    section = rollback_section(pair(tmp_path, {}))
    assert said(section, GO) == "No GO is on record before this day, so there is nothing to go back to."
    assert CHANGE not in [part.title for part in section.parts]


def test_damaged_trail_is_not_taken_for_no_go(tmp_path: Path) -> None:
    days = replace(pair(tmp_path, {}), trail_problem="chain.jsonl: changed")
    assert said(rollback_section(days), GO) == "Nobody can tell: chain.jsonl: changed."


def test_go_whose_files_cannot_be_used_is_named_with_the_reason(tmp_path: Path) -> None:
    days = replace(pair(tmp_path, {}), last_go=go(problem="on record, but its folder is gone"))
    text = said(rollback_section(days), GO)
    assert "2026-05-04, as of 2026-05-05T00:00:00Z, bundle abcdef012345." in text
    assert "on record, but its folder is gone" in text


def test_way_back_is_told_key_by_key_images_among_them(tmp_path: Path) -> None:
    section = rollback_section(_with_go(pair(tmp_path, THEN, NOW)))
    assert [(row["file"], row["key"], row["now"], row["after_going_back"]) for row in rows(section, CHANGE)] == [
        ("desk.toml", "a", "2", "1"),
        ("images", "s", "i:2", "i:1"),
    ]


def test_go_with_the_same_configuration_changes_nothing(tmp_path: Path) -> None:
    section = rollback_section(_with_go(pair(tmp_path, THEN, THEN)))
    assert said(section, CHANGE) == "Nothing: configuration, suites and images are those of that day."


def test_files_that_are_not_in_both_are_named(tmp_path: Path) -> None:
    before, now = {"config": {"desk.toml": "1", "old.yml": "1"}}, {"config": {"desk.toml": "1", "new.yml": "1"}}
    assert said(rollback_section(_with_go(pair(tmp_path, before, now))), CHANGE) == (
        "new.yml would go. old.yml would come back."
    )


def test_changed_strategy_code_is_named_beside_the_keys(tmp_path: Path) -> None:
    config = {"desk.toml": "1", "scripts/mm.py": "1", "same.yml": "1"}
    now = NOW | {"config": {"desk.toml": "2", "scripts/mm.py": "2", "same.yml": "1"}}
    section = rollback_section(_with_go(pair(tmp_path, THEN | {"config": config}, now)))
    assert said(section, CHANGE) == (
        "Files of other content: desk.toml, scripts/mm.py. "
        "No value is kept of scripts/mm.py, so what changed in it is not listed."
    )
    assert len(rows(section, CHANGE)) == 2


def test_go_by_an_earlier_version_names_files_alone(tmp_path: Path) -> None:
    days = pair(tmp_path, THEN, NOW)
    assert days.before is not None
    older = DayFiles(days.before.artifacts.model_copy(update={"digests": {}}), days.before.decision)
    text = said(rollback_section(replace(days, last_go=go(older))), CHANGE)
    assert text.startswith("Files: desk.toml. 2026-05-04 was run by a version")


def test_baseline_and_images_of_the_go_are_named(tmp_path: Path) -> None:
    at = datetime(2026, 5, 1, 7, tzinfo=UTC)
    frozen = pl.DataFrame({"effective_at": [at], "by": ["ann"], "why": ["start"], "files": [3]})
    views = {"freezes": frozen, "images": pl.DataFrame({"service": ["s"], "image": ["i:1"]})}
    text = said(rollback_section(_with_go(pair(tmp_path, THEN | {"views": views}, NOW))), GO)
    assert "3 files, frozen by ann as of 2026-05-01 07:00 UTC: start." in text
    assert "Its images: s i:1." in text
    assert "no baseline on record" in said(rollback_section(_with_go(pair(tmp_path / "none", {}))), GO)


def test_drills_are_fresh_stale_or_never_run(tmp_path: Path) -> None:
    checks = [("kill_drill_age_h", Status.PASS), ("breach_drill_age_h", Status.FAIL)]
    checks.append(("alert_drill_age_h", Status.WAIVED))
    never = verdict(Status.INSUFFICIENT, check="drift_drill_age_h", observed=None)
    content = {
        "verdicts": [*(verdict(status, check=check, observed=5.0) for check, status in checks), never],
        "views": {"drill_dates": pl.DataFrame({"drill": ["kill"], "ts": [datetime(2026, 5, 5, 19, tzinfo=UTC)]})},
    }
    section = rollback_section(pair(tmp_path, None, content))
    assert said(section, "Drills").startswith("1 of 4 were run lately enough.")
    assert [(row["drill"], row["last_run"], row["age_h"]) for row in rows(section, "Drills")] == [
        ("kill", "2026-05-05 19:00 UTC", 5.0),
        ("breach", None, 5.0),
        ("alert", None, 5.0),
        ("drift", None, None),
    ]
    assert "nothing shows that a stop reaches the bots" in said(rollback_section(pair(tmp_path / "none", {})), "Drills")
