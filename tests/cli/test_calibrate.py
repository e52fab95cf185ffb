"""`deskgate calibrate` at the command line: every form, the new folder, and what is refused."""

import json
from datetime import date
from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from recorded_days import record_day
from sources.desks import OPENING, a_desk

from .commands import run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with one clean day on record."""
    place = tmp_path_factory.mktemp("recorded")
    desk = load_desk(a_desk(place / "desk", {"b1": OPENING}))
    record_day(desk, place / "out", date(2026, 5, 4), {("event_store", "gap_x"): (20.0, 99)})
    return place


@pytest.mark.slow
def test_calibrate_in_every_form_exits_0_and_writes_new_folders_alone(place: Path, tmp_path: Path) -> None:
    command = ("calibrate", "--desk", place / "desk", "--out", place / "out", "--gate", "event_store")
    table = run(*command)
    assert table.exit_code == 0, table.output
    assert "event_store#gap_x\t<= 6\t1\t\t20, 20\t30 [0.75 .. 30]\tnot enough days: 1 clean days" in table.stdout
    assert table.stdout.splitlines()[-1].endswith("30 [0.75 .. 30] with them (asked: 1); nothing was changed")
    content = json.loads(run(*command, "--json").stdout)
    assert (content["kind"], content["days"], content["diff"]) == ("calibration", ["2026-05-04"], "")
    assert run(*command, "--markdown").stdout.startswith("## Calibration of test")
    assert run(*command, "--write", tmp_path / "new").exit_code == 0
    assert (tmp_path / "new" / "ladder.json").is_file()
    assert run(*command, "--chart", tmp_path / "power.svg").exit_code == 0
    assert (tmp_path / "power.svg").read_text().startswith("<svg")
    once_more = run(*command, "--chart", tmp_path / "power.svg")
    assert (once_more.exit_code, "nothing is overwritten" in once_more.stderr) == (2, True)
    again = run(*command, "--write", tmp_path / "new")
    assert (again.exit_code, "nothing is overwritten" in again.stderr) == (2, True)
    assert run(*command, "--json", "--markdown").exit_code == 2
    wrong = run(*command, "--leave-out", "yesterday")
    assert (wrong.exit_code, "'yesterday'" in wrong.stderr) == (2, True)
