"""Whether a day is clean, by incidents and breaks on record."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from deskgate.checks.incidents import Incident
from deskgate.run.clean_days import acknowledged, covers

DAY = date(2026, 5, 4)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 5, tzinfo=UTC)


def an_incident(opened_at: datetime, closed_at: datetime | None = None, day: str | None = None) -> Incident:
    return Incident("i1", "title", "ann", "ann", "todo", opened_at, day, (), closed_at=closed_at)


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (an_incident(NOON), True),
        (an_incident(NOON - timedelta(days=3)), True),
        (an_incident(NOON - timedelta(days=3), NOON), True),
        (an_incident(NOON - timedelta(days=3), NOON - timedelta(days=1)), False),
        (an_incident(NOON + timedelta(days=1)), False),
        # What a STOP found is of its day, whenever the decision was made.
        (an_incident(MIDNIGHT, MIDNIGHT + timedelta(days=1), "2026-05-04"), True),
        (an_incident(MIDNIGHT - timedelta(days=1), NOON - timedelta(days=1), "2026-05-03"), False),
    ],
)
def test_incident_covers_a_day(incident: Incident, *, expected: bool) -> None:
    assert covers(incident, DAY) is expected


@pytest.mark.parametrize(
    ("status", "first_seen", "acted_on", "expected"),
    [
        ("open", "2026-05-04", [], False),
        ("open", "2026-05-04", ["x1"], True),
        ("open", "2026-05-04", ["x2"], False),
        ("explained", "2026-05-04", [], True),
        ("accepted", "2026-05-04", [], True),
        # Listed while it was open, but a fault of another day.
        ("accepted", "2026-05-03", ["x1"], False),
    ],
)
def test_break_that_an_operator_acted_on_is_a_fault_of_its_own_day(
    status: str, first_seen: str, acted_on: list[str], *, expected: bool
) -> None:
    breaks = pl.DataFrame({"break_id": ["x1"], "status": [status], "first_seen": [first_seen]})
    assert acknowledged(breaks, DAY, acted_on) is expected
    assert not acknowledged(breaks.clear(), DAY, acted_on)
