"""A day or an instant as a person writes it in desk.toml."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from deskgate.config.instants import EARLIEST, LATEST

__all__ = ["DayOrInstant"]


def _instant(given: object) -> datetime:
    """Return a date as the start of its UTC day, and an instant with a zone as it is."""
    try:
        read = datetime.fromisoformat(given) if isinstance(given, str) else given
        if isinstance(given, str) and len(given) == len("2026-03-01"):
            read = date.fromisoformat(given)
    except ValueError:
        read = None
    if isinstance(read, date) and EARLIEST <= read.year < LATEST:
        if not isinstance(read, datetime):
            return datetime.combine(read, time(), UTC)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    raise PydanticCustomError("since", "expected a date such as 2026-03-01, or an instant with a zone")


# The instant (UTC) of a date, which is its start, or of an instant with a zone.
DayOrInstant = Annotated[datetime, BeforeValidator(_instant)]
