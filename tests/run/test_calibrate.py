"""A calibration of days on record: which of them are clean, and what is said where they are too few."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.run.calibrate import calibrate
from recorded_days import record_day
from sources.desks import OPENING, a_desk

DAYS = tuple(date(2026, 5, n) for n in range(4, 10))
INCIDENTS = ("operations", "open_incidents")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Days that are clean, stopped, provisional, failed, of an open incident, and of incidents that nobody knows of."""
    place = tmp_path_factory.mktemp("recorded")
    desk = load_desk(a_desk(place / "desk", {"b1": OPENING}))
    record_day(desk, place / "out", DAYS[0], {("event_store", "gap_x"): (20.0, 99)})
    record_day(desk, place / "out", DAYS[1], {("portfolio_risk", "daily_loss_share"): (0.5, 99)})
    record_day(desk, place / "out", DAYS[2], provisional=True)
    record_day(desk, place / "out", DAYS[3], failures=["02_event_store"])
    record_day(desk, place / "out", DAYS[4], {INCIDENTS: (1.0, 1)})
    record_day(desk, place / "out", DAYS[5], {INCIDENTS: (None, 0)})
    return place


@pytest.fixture
def small(place: Path) -> Desk:
    return load_desk(place / "desk")


def test_days_that_are_not_clean_are_named_with_the_reason(place: Path, small: Desk) -> None:
    found = calibrate(small, place / "out")
    assert found.days == [DAYS[0]]
    assert found.not_clean == {
        "a STOP": [DAYS[1]],
        "looked at before the day was over": [DAYS[2]],
        "a step of its run failed": [DAYS[3]],
        "an incident was open": [DAYS[4]],
        "whether an incident was open was not known": [DAYS[5]],
    }


def test_one_clean_day_proposes_nothing_and_counts_its_alarms(place: Path, small: Desk) -> None:
    found = calibrate(small, place / "out", last=DAYS[0])
    gap = next(each for each in found.entries if each.proposal.column.key == ("event_store", "gap_x"))
    assert found.changes == {}
    assert gap.proposal.why == "not enough days: 1 clean days with a value, expected 29 besides those of any one week"
    assert (list(gap.values), gap.before.blocked, gap.after.blocked, gap.before.days) == ([20.0], 1, 1, 1)
    assert found.blocking[0].blocked == 1


def test_day_left_out_as_asked_and_no_clean_day_at_all(place: Path, small: Desk) -> None:
    found = calibrate(small, place / "out", last=DAYS[0], left_out=[DAYS[0]])
    assert (list(found.days), found.not_clean) == ([], {"left out as asked": [DAYS[0]]})
    assert found.blocking[0].per_month is None
    assert found.changes == {}


def test_day_that_was_changed_since_its_run_does_not_count(place: Path, small: Desk, tmp_path: Path) -> None:
    out = shutil.copytree(place / "out", tmp_path / "out")
    (out / str(DAYS[0]) / "verdicts.json").write_text("[]")
    found = calibrate(small, out)
    assert found.left_out == {"changed since it was run, `deskgate verify` says what": [DAYS[0]]}
    assert not found.days


def test_one_gate_alone(place: Path, small: Desk) -> None:
    found = calibrate(small, place / "out", gate="soak")
    assert {each.proposal.column.gate for each in found.entries} == {"soak"}
    with pytest.raises(InputError, match=r"--gate 'soka' is no gate \(did you mean 'soak'\?\)"):
        calibrate(small, place / "out", gate="soka")


@pytest.mark.parametrize("asked", [0.0, -1.0, 30.0, float("nan")])
def test_rate_that_is_none_is_refused(place: Path, small: Desk, asked: float) -> None:
    with pytest.raises(InputError, match=r"--false-alarms is .*, expected more than 0 and less than 30"):
        calibrate(small, place / "out", per_month=asked)


@pytest.mark.parametrize(("first", "last"), [(date(2027, 1, 1), None), (None, date(2020, 1, 1))])
def test_span_without_any_of_the_days_is_refused(
    place: Path, small: Desk, first: date | None, last: date | None
) -> None:
    with pytest.raises(InputError, match="has days from 2026-05-04 to 2026-05-09, expected one from"):
        calibrate(small, place / "out", first=first, last=last)


def test_out_without_a_day_is_refused(small: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no day there"):
        calibrate(small, tmp_path / "empty")
