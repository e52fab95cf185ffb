"""Which files and services are not as they were."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.artifacts import SETTINGS
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.touched import source_changes, touched_section

from .hand_made import DUMPED, pair, rows, said

KEYS, SOURCES, IMAGES = "Configuration and suites", "Source files", "Services and their images"


def _without_settings(day: DayFiles) -> DayFiles:
    digests = {name: digest for name, digest in day.artifacts.digests.items() if name != SETTINGS}
    return DayFiles(day.artifacts.model_copy(update={"digests": digests}), day.decision)


def test_nothing_touched_is_said_in_each_part(tmp_path: Path) -> None:
    section = touched_section(pair(tmp_path, {}))
    assert said(section, KEYS) == "No change since 2026-05-04: 1 file as they were."
    assert "The same, digest cccc" in said(section, "Deskgate's own code")
    assert "None is new, grown or lost since 2026-05-04." in said(section, SOURCES)


def test_without_a_day_before_each_part_says_what_is_there(tmp_path: Path) -> None:
    section = touched_section(pair(tmp_path, None))
    assert "Nothing to compare with" in said(section)
    assert "Digest cccc" in said(section)


def test_keys_are_told_old_and_new(tmp_path: Path) -> None:
    before = {"settings": {"desk.toml": {"a": "1", "b": "x"}, "images": {"s": "i:1"}}, "config": {"desk.toml": "1"}}
    now = {"settings": {"desk.toml": {"a": "2", "c": "y"}, "images": {"s": "i:2"}}, "config": {"desk.toml": "2"}}
    section = touched_section(pair(tmp_path, before, now))
    assert [(row["key"], row["before"], row["now"]) for row in rows(section, KEYS)] == [
        ("a", "1", "2"),
        ("b", "x", "absent"),
        ("c", "absent", "y"),
    ]
    assert "desk.toml changed" in said(section, KEYS)


def test_changed_bound_of_a_suite_is_told_by_its_entry(tmp_path: Path) -> None:
    suites: dict[str, Any] = deepcopy(DUMPED)
    entry = suites["soak"]["expectations"][0]
    key = next(name for name in ("max_value", "min_value") if entry["kwargs"][name] is not None)
    entry["kwargs"][key] = 12345.0
    suites["soak"]["sha256"] = "another"
    files = {"desk.toml": "1", "expectations/soak.json": "1"}
    now = {"suites": suites, "config": files | {"expectations/soak.json": "2"}}
    found = rows(touched_section(pair(tmp_path, {"config": files}, now)), KEYS)
    assert [(row["file"], row["now"]) for row in found] == [("expectations/soak.json", "12345.0")]
    assert entry["meta"]["entry"] in found[0]["key"]


def test_file_that_changed_without_a_changed_value_is_named(tmp_path: Path) -> None:
    kept: dict[str, Any] = {"settings": {"desk.toml": {"a": "1"}}, "config": {"desk.toml": "1", "script.py": "1"}}
    now = kept | {"config": {"desk.toml": "2", "script.py": "2", "new.yml": "1"}}
    text = said(touched_section(pair(tmp_path, kept, now)), KEYS)
    assert "desk.toml changed; script.py changed; new.yml is new" in text
    assert (
        "No value is kept of script.py, so what changed in it is not listed. No value is another one in desk.toml"
        in text
    )


def test_day_before_by_an_earlier_version_compares_files_alone(tmp_path: Path) -> None:
    days = pair(tmp_path, {}, {"config": {"desk.toml": "2"}})
    assert days.before is not None
    section = touched_section(ReportDays(days.today, _without_settings(days.before)))
    assert "2026-05-04 was run by a version of Deskgate that kept no values" in said(section, KEYS)
    assert rows(section, KEYS) == []


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([], [("a.json", "trades", 5, "1")], ("new", 5)),
        ([("a.json", "trades", 5, "1")], [("a.json", "trades", 9, "2")], ("grown", 4)),
        ([("a.json", "trades", 5, "1")], [("a.json", "trades", 5, "2")], ("other content", 0)),
        ([("a.json", "trades", 5, "1")], [("a.json", "trades", 3, "2")], ("other content", -2)),
        ([("a.json", "trades", 5, "1")], [], ("lost", -5)),
    ],
)
def test_source_is_new_grown_or_lost(tmp_path: Path, before: Any, now: Any, expected: tuple[str, int]) -> None:
    days = pair(tmp_path, {"sources": before}, {"sources": now})
    assert days.before is not None
    found = source_changes(days.before, days.today)
    assert found.select("change", "bytes").rows() == [expected]
    assert found["examples"].to_list() == ["a.json"]


def test_moved_image_is_told_with_the_one_before(tmp_path: Path) -> None:
    def images(tag: str) -> dict[str, Any]:
        return {"views": {"images": pl.DataFrame({"service": ["s"], "image": [f"i:{tag}"], "pinned": ["yes"]})}}

    section = touched_section(pair(tmp_path, images("1"), images("2")))
    assert rows(section, IMAGES) == [{"service": "s", "image": "i:2", "pinned": "yes", "before": "i:1"}]
    assert "No change" in said(touched_section(pair(tmp_path / "same", images("1"), images("1"))), IMAGES)
    assert "No compose file is named" in said(touched_section(pair(tmp_path / "none", {})), IMAGES)


def test_other_code_is_named(tmp_path: Path) -> None:
    section = touched_section(pair(tmp_path, {"code": "d" * 64}))
    assert "digest dddddddddddd -> cccccccccccc" in said(section, "Deskgate's own code")
