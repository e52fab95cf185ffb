"""Instants and days: how they are read, written, and chosen for a run. All of it in UTC.

The clock is read in `now` and nowhere else; who asks it is the command line, or a notebook that somebody opened.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from deskgate.config.errors import InputError

__all__ = [
    "ALWAYS",
    "EARLIEST",
    "LATEST",
    "Clock",
    "day_is_over",
    "instant_of",
    "milliseconds",
    "now",
    "parse_as_of",
    "parse_day",
    "parse_instant",
    "parse_zoned_instant",
    "resolve_instant",
    "spans",
    "stamp",
]


# Who reads the time: `now`, or what a test says that it is.
Clock = Callable[[], datetime]
# No desk is older, and instants before the calendar's first cannot be told.
EARLIEST, LATEST = 2000, 9999
# Later than every instant that is accepted: as of it, all that is on record counts.
ALWAYS = datetime(LATEST, 12, 31, tzinfo=UTC)
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def parse_instant(text: str) -> datetime:
    """Return an ISO 8601 instant as an aware datetime; without an offset it is read as UTC.

    Raises
    ------
    InputError
        The text is no ISO 8601 instant.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"'{text}' is no instant, expected ISO 8601 such as 2026-03-19T00:00:00Z") from error
    if not EARLIEST <= instant.year < LATEST:
        raise InputError(f"'{text}' is of the year {instant.year}, expected one from {EARLIEST} on; correct it")
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def parse_zoned_instant(text: str, option: str) -> datetime:
    """Return an instant that an option gives with its zone: what people agree on must not depend on where it is read.

    Raises
    ------
    InputError
        The text is no ISO 8601 instant, or names no zone.
    """
    instant = parse_instant(text)
    if datetime.fromisoformat(text).tzinfo is None:
        raise InputError(f"{option} '{text}' has no time zone, expected one such as {text[:10]}T00:00:00Z; add it")
    return instant


def parse_as_of(text: str | None, now: datetime) -> datetime:
    """Return the instant that `--as-of` gives, `now` where it is not given.

    Raises
    ------
    InputError
        The text is no ISO 8601 instant, or one in the future.
    """
    instant = parse_instant(text) if text else now
    if instant > now:
        raise InputError(
            f"--as-of {instant.isoformat()} is in the future, expected an instant up to {now.isoformat()}; give an earlier"
            " one, or leave it out for now"
        )
    return instant


def day_is_over(day: date, as_of: datetime) -> bool:
    """Return whether `as_of` is at or after the end of the UTC `day`."""
    return as_of >= datetime.combine(day, time(), UTC) + timedelta(days=1)


def spans(days: Iterable[date]) -> str:
    """Return days, in their order, as text: those in a row as a span."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def parse_day(text: str, option: str, example: date) -> date:
    """Return the day that an option gives; `example` is one that could have been meant.

    Raises
    ------
    InputError
        The text is no ISO 8601 date, or of a year before any desk.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} '{text}' is no date, expected YYYY-MM-DD such as {example}") from error
    if day.year < EARLIEST:
        raise InputError(f"{option} {day} is of the year {day.year}, expected a day from {EARLIEST} on; correct it")
    return day


def stamp(instant: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with a Z."""
    return instant.isoformat().replace("+00:00", "Z")


def milliseconds(instant: datetime) -> int:
    """Return an instant in whole milliseconds since 1970."""
    return (instant - _EPOCH) // _MS


def instant_of(at: int) -> datetime:
    """Return the instant of milliseconds since 1970, in UTC."""
    return _EPOCH + at * _MS


def resolve_instant(day: str | None, as_of: str | None, now: datetime) -> tuple[date, datetime]:
    """Return the day and the instant to speak for.

    Without a day: the one before `now` (or of `as_of`). Without an instant: the day's end, or `now` if it is not over.

    Raises
    ------
    InputError
        A date or instant that cannot be read, that has not come yet, or an instant before its day.
    """
    instant, yesterday = parse_as_of(as_of, now) if as_of else None, (now - timedelta(days=1)).date()
    if day is None:
        wanted = (instant - timedelta(microseconds=1)).date() if instant else yesterday
    else:
        wanted = parse_day(day, "--date", yesterday)
    begin = datetime.combine(wanted, time(), UTC)
    if begin > now:
        raise InputError(
            f"--date {wanted} is in the future, expected a day up to {now:%Y-%m-%d} (UTC); give an earlier one"
        )
    instant = instant or min(begin + timedelta(days=1), now)
    if instant <= begin:
        raise InputError(
            f"--as-of {instant.isoformat()} is before the day {wanted} has begun; give a later instant or an earlier day"
        )
    return wanted, instant
