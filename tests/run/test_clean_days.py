"""Whether a day is clean, by incidents and breaks on record."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deskgate.checks.incidents import Incident
from deskgate.run.clean_days import covers

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
