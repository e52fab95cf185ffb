"""The rung of a bot: how much is at stake in what it does, from simulated money to full size."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from deskgate.config.days import DayOrInstant
from deskgate.config.strict import Strict

__all__ = ["BotRung", "Rung"]


class Rung(StrEnum):
    """The rungs of the ladder, the lowest first: micro is a live bot with little money, size one with all it is meant to have."""

    PAPER = "paper"
    TESTNET = "testnet"
    MICRO = "micro"
    SIZE = "size"


def _named(by: str) -> str:
    if not by.strip():
        raise PydanticCustomError("by", "expected who put the bot on this rung")
    return by.strip()


class BotRung(Strict):
    """The rung of a bot, the instant (UTC) since which it is on it, and who put it there."""

    name: Rung
    since: DayOrInstant
    by: Annotated[str, Field(max_length=200), AfterValidator(_named)]

    @property
    def first_day(self) -> date:
        """The first UTC day that is wholly on the rung."""
        return (self.since + timedelta(days=1) - timedelta(microseconds=1)).date()
