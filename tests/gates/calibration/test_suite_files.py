"""Proposed suites as files: the diff, the new folder, and that nothing is overwritten."""

import json
from pathlib import Path

import pytest

from deskgate.config.errors import InputError
from deskgate.config.paths import SUITES
from deskgate.gates.calibration.suite_files import suites_diff, write_suites
from deskgate.gates.suites import load_suites

CHANGES = {("event_store", "gap_x"): {"max_value": 2.5}, ("parity", "slippage_bps_delta"): {"min_value": -3.0}}


def test_diff_has_the_changed_lines_alone() -> None:
    lines = suites_diff(SUITES, CHANGES).splitlines()
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == [
        *('-    "max_value": 6,', '+    "max_value": 2.5,', '-    "min_value": -5,', '+    "min_value": -3,'),
    ]
    assert suites_diff(SUITES, {}) == ""


def test_written_suites_load_with_the_changed_bounds(tmp_path: Path) -> None:
    write_suites(SUITES, CHANGES, tmp_path / "new" / "suites")
    written = load_suites(tmp_path / "new" / "suites")
    bounds = written["event_store"].bounds_of("gap_x")
    assert bounds is not None
    assert bounds.max_value == 2.5
    same = [
        file.name
        for file in SUITES.glob("*.json")
        if (tmp_path / "new" / "suites" / file.name).read_bytes() == file.read_bytes()
    ]
    assert sorted(same) == sorted({file.name for file in SUITES.glob("*.json")} - {"event_store.json", "parity.json"})
    assert list(tmp_path.iterdir()) == [tmp_path / "new"]


@pytest.mark.parametrize("there", ["a folder", "a file"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, there: str) -> None:
    target = tmp_path / "suites"
    target.mkdir() if there == "a folder" else target.write_text("mine")
    with pytest.raises(InputError, match="is there already, expected a new folder"):
        write_suites(SUITES, CHANGES, target)
    assert [file.name for file in tmp_path.iterdir()] == ["suites"]


def test_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_suites(SUITES, CHANGES, tmp_path / "file" / "suites")


def test_file_in_another_form_shows_no_change_of_its_form(tmp_path: Path) -> None:
    content = json.loads((SUITES / "event_store.json").read_text())
    (tmp_path / "event_store.json").write_text(json.dumps(content))
    assert suites_diff(tmp_path, {("event_store", "gap_x"): {"max_value": 2.5}}).count("\n+ ") == 1
