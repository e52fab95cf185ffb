"""The rung of a bot: how much is at stake in what it does, from simulated money to full size."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from deskgate.config.instants import EARLIEST, LATEST
from deskgate.config.strict import Strict

__all__ = ["BotRung", "Rung"]


class Rung(StrEnum):
    """The rungs of the ladder, the lowest first: micro is a live bot with little money, size one with all it is meant to have."""

    PAPER = "paper"
    TESTNET = "testnet"
    MICRO = "micro"
    SIZE = "size"


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


def _named(by: str) -> str:
    if not by.strip():
        raise PydanticCustomError("by", "expected who put the bot on this rung")
    return by.strip()


class BotRung(Strict):
    """The rung of a bot, the instant (UTC) since which it is on it, and who put it there."""

    name: Rung
    since: Annotated[datetime, BeforeValidator(_instant)]
    by: Annotated[str, Field(max_length=200), AfterValidator(_named)]

    @property
    def first_day(self) -> date:
        """The first UTC day that is wholly on the rung."""
        return (self.since + timedelta(days=1) - timedelta(microseconds=1)).date()
