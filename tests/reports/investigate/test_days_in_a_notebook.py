"""Which days a desk has in a notebook, and why one is not to be relied on: as the index has them."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deskgate.assessment.artifacts import MANIFEST
from deskgate.audit.open_runs import begin_run, note_failure
from deskgate.config.errors import InputError
from deskgate.reports.investigate.published_desk import PublishedDesk
from deskgate.reports.opening import open_day
from period_days import FIRST, publish
from report_inputs import decision, of_before
from run.alerting import a_desk

LAST = FIRST + timedelta(days=1)
FLEET: Any = SimpleNamespace(name="fleet")


def _publish(out: Path, day: date, **changes: Any) -> Path:
    folder = publish(out, day)
    made = of_before(decision(date=str(day), decision="GO", blockers=[], evidence=[]) | changes)
    (folder / "decision.json").write_text(json.dumps(made))
    return folder


@pytest.fixture
def desk(tmp_path: Path) -> PublishedDesk:
    """Two days that are GO."""
    for day in (FIRST, LAST):
        _publish(tmp_path, day)
    return PublishedDesk(FLEET, tmp_path)


def _failed(desk: PublishedDesk) -> None:
    """Leave the last day as a run does that fails before there are numbers."""
    shutil.rmtree(desk.out / str(LAST))
    failures = [{"notebook": "gates", "error": "x"}]
    (_publish(desk.out, LAST, decision="HOLD", failures=failures) / MANIFEST).unlink()


def _begun(desk: PublishedDesk) -> None:
    shutil.rmtree(desk.out / str(LAST))
    begin_run(desk.out, LAST, datetime(2026, 5, 6, tzinfo=UTC))
    note_failure(desk.out, LAST, "the disk is full")


def _torn(desk: PublishedDesk) -> None:
    (desk.out / str(LAST) / "decision.json").write_text('{"decision"')
    (desk.out / str(LAST) / MANIFEST).unlink()


def test_days_stand_with_their_end_and_without_a_note(desk: PublishedDesk) -> None:
    assert desk.dates == [str(FIRST), str(LAST)]
    assert desk.days.select("decision", "expires", "note").rows() == [("GO", "2026-05-06T06:00:00+00:00", None)] * 2
    assert str(desk.day().artifacts.inputs.date) == str(LAST)


@pytest.mark.parametrize(
    ("spoil", "word", "note"),
    [
        (_failed, "HOLD", "its run ended before there were numbers"),
        (_begun, None, "a run of it has not ended"),
        (_torn, None, "its decision cannot be read"),
    ],
)
def test_day_without_numbers_is_the_last_one_and_no_older_go_is_opened(
    desk: PublishedDesk, spoil: Callable[[PublishedDesk], None], word: str | None, note: str
) -> None:
    spoil(desk)
    assert desk.days.select("date", "decision", "note").row(0) == (str(LAST), word, note)
    says = rf"{LAST}: {note}.*run.*desk\.day\('{FIRST}'\)"
    with pytest.raises(InputError, match=says):
        desk.day()
    assert str(desk.day(FIRST).artifacts.inputs.date) == str(FIRST)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"decision": "HOLD"}, "changed since it was run"),
        ({"date": "2026-05-09"}, "its folder holds another day; changed since it was run"),
        ({"desk": "other"}, "of the desk 'other'; changed since it was run"),
    ],
)
def test_decision_that_was_changed_has_a_note(desk: PublishedDesk, changes: dict[str, Any], note: str) -> None:
    file = desk.out / str(FIRST) / "decision.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    assert desk.days["note"].to_list() == [None, note]


def test_folder_that_is_no_day_is_none(desk: PublishedDesk) -> None:
    (desk.out / "2026-13-01").mkdir()
    assert desk.dates == [str(FIRST), str(LAST)]


def test_day_of_another_desk_is_not_opened(desk: PublishedDesk, tmp_path: Path) -> None:
    other = a_desk(tmp_path / "other")
    (desk.out / str(FIRST) / "verdicts.json").write_text("[]")
    with pytest.raises(
        InputError, match=rf"{FIRST}: of the desk 'fleet', expected 'd'; name that desk, or another out"
    ):
        open_day(str(other), date=str(FIRST), out=str(desk.out), folder=str(desk.out / str(FIRST)))
