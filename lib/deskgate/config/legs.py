"""Which legs of a bot are judged: all three, or without the event stream, because two people said so until a date."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from deskgate.config.days import DayOrInstant
from deskgate.config.people import folded
from deskgate.config.strict import Strict

__all__ = ["ALL_LEGS", "LONGEST", "Leg", "LegsWaiver"]

Leg = Literal["local", "events", "exchange"]
ALL_LEGS: tuple[Leg, ...] = ("local", "events", "exchange")
# A stream is set up in days; what is needed for longer is said anew.
LONGEST = timedelta(days=92)


def _said(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("said", "expected a text")
    return text.strip()


_Text = Annotated[str, Field(max_length=500), AfterValidator(_said)]


class LegsWaiver(Strict):
    """Why a bot is judged without its event stream: [since, until), asked for by one person and approved by another.

    Bot and venue are then compared alone: what the bot lost on its way to the database, and orders that its venue refused, are in
    no other record.
    """

    by: _Text
    approver: _Text
    why: _Text
    since: DayOrInstant
    until: DayOrInstant

    @model_validator(mode="after")
    def _is_bounded(self) -> "LegsWaiver":
        if not self.since < self.until <= self.since + LONGEST:
            raise ValueError(
                f"counts from {self.since:%Y-%m-%d} until {self.until:%Y-%m-%d}, expected an end after its beginning, at most"
                f" {LONGEST.days} days later"
            )
        if folded(self.by) == folded(self.approver):
            raise ValueError(f"by and approver are both '{self.by}', expected two people")
        return self
