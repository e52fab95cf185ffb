"""Instants and days: read in UTC, and chosen for a run whatever is left out."""

from datetime import UTC, date, datetime

import pytest

from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, resolve_instant, spans

NOW = datetime(2026, 5, 5, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "as_of", "expected"),
    [
        (None, None, ("2026-05-04", "2026-05-05T00:00:00+00:00")),
        ("2026-05-01", None, ("2026-05-01", "2026-05-02T00:00:00+00:00")),
        ("2026-05-05", None, ("2026-05-05", "2026-05-05T09:30:00+00:00")),
        (None, "2026-05-04T12:00:00+02:00", ("2026-05-04", "2026-05-04T10:00:00+00:00")),
        (None, "2026-05-04T00:00:00Z", ("2026-05-03", "2026-05-04T00:00:00+00:00")),
        ("2026-05-03", "2026-05-04T06:00:00Z", ("2026-05-03", "2026-05-04T06:00:00+00:00")),
    ],
)
def test_day_and_instant_are_in_utc_whatever_is_left_out(
    day: str | None, as_of: str | None, expected: tuple[str, str]
) -> None:
    on, instant = resolve_instant(day, as_of, NOW)
    assert (on.isoformat(), instant.isoformat()) == expected


@pytest.mark.parametrize("text", ["noon", "2026-13-01", ""])
def test_invalid_instant_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected ISO 8601"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("days", "expected"), [([], ""), ([4], "2026-05-04"), ([1, 2, 3, 5], "2026-05-01 to 2026-05-03, 2026-05-05")]
)
def test_days_in_a_row_are_a_span(days: list[int], expected: str) -> None:
    assert spans(date(2026, 5, day) for day in days) == expected
