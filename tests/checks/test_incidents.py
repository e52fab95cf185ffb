"""Incidents: open from their opening on, until a close that is seen."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from deskgate.checks.incidents import check, incidents
from desks import END, NOON, case, frame, values


def row(step: str, incident_id: str = "i1", at: datetime = NOON, **content: Any) -> dict[str, Any]:
    body = {"owner": "bob", "todo": "look", "day": None, "conditions": [["soak", "hard_stop_min", "b1"]], **content}
    about = {"incident_id": incident_id, "step": step, "by": "ann", "text": f"text of {step}"}
    return {**about, "content": json.dumps(body), "effective_at": at, "recorded_at": at}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], 0),
        ([row("open")], 1),
        ([row("open"), row("note")], 1),
        ([row("open"), row("close")], 0),
        ([row("open"), row("open", "i2"), row("close")], 1),
        ([row("open"), row("close", "i2")], 1),
        # Of what is opened later a close alone may be seen.
        ([row("close")], 0),
    ],
)
def test_incident_is_open_until_it_is_closed(rows: list[dict[str, Any]], expected: int) -> None:
    (found,) = check(case(incidents=rows)).metrics
    assert (found.value, found.note is None) == (expected, expected == 0)


def test_empty_store_does_not_say_that_nothing_is_open() -> None:
    assert values(check(case(sources=[])).metrics, "portfolio") == {"open_incidents": None}


def test_note_names_the_oldest_and_whose_they_are() -> None:
    rows = [row("open", f"i{n}", NOON - timedelta(hours=n)) for n in range(5)]
    (found,) = check(case(incidents=rows)).metrics
    assert found.note is not None
    assert found.note.startswith("i4 of 2026-05-04T08:00:00Z (bob): text of open; i3")
    assert found.note.endswith("and 2 more")


@pytest.mark.parametrize(
    ("day", "title", "about"),
    [
        (None, "Venue down", "Venue down"),
        (
            "2026-05-03",
            "STOP on 2026-05-03: b1: X and 1 more",
            "what the STOP of 2026-05-03 found (b1: X and 1 more) is not closed",
        ),
    ],
)
def test_incident_of_an_earlier_stop_does_not_read_like_a_stop_of_now(day: str | None, title: str, about: str) -> None:
    rows = [row("open", day=day) | {"text": title}]
    (made,) = incidents(frame("incidents", *rows))
    assert made.cause == f"Open incident i1 of 2026-05-04, bob: {about}"
    (found,) = check(case(incidents=rows)).metrics
    assert found.note == f"i1 of 2026-05-04T12:00:00Z (bob): {about}"


def test_rows_make_an_incident() -> None:
    later = END - timedelta(hours=1)
    rows = frame("incidents", row("open"), row("note", at=later), row("close", at=END, over_at="2026-05-04T18:00:00Z"))
    (made,) = incidents(rows)
    assert (made.id, made.title, made.by, made.owner, made.todo) == ("i1", "text of open", "ann", "bob", "look")
    assert (made.opened_at, made.closed_at, made.is_open) == (NOON, END, False)
    assert made.over_at == NOON + timedelta(hours=6)
    assert made.conditions == (("soak", "hard_stop_min", "b1"),)
    assert made.notes == ("ann: text of note", "ann: text of close")


@pytest.mark.parametrize(
    ("steps", "by", "after_s"),
    [([], None, None), (["note"], "bob", 300), (["note", "close"], "bob", 300), (["close"], "bob", 300)],
)
def test_first_note_or_close_acknowledges(steps: list[str], by: str | None, after_s: float | None) -> None:
    later = [row(step, at=NOON + timedelta(minutes=5 * n)) | {"by": "bob"} for n, step in enumerate(steps, 1)]
    (made,) = incidents(frame("incidents", *reversed(later), row("open")))
    assert (made.acknowledged_by, made.acknowledged_after_s) == (by, after_s)
