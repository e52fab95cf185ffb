"""What a sink is: where a command goes, and what its answer shows.

A command that may have arrived is never said not to have: what is not known is `unknown`, and is not sent again to a sink
that would do it twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from deskgate.controls.intents import Command

__all__ = ["TAKEN", "Answer", "Outcome", "Sink", "as_stated"]


class Outcome(StrEnum):
    """What became of a command at one sink."""

    SENDING = "sending"  # about to be sent; the last record of a run that was killed
    DELIVERED = "delivered"  # the sink has it
    ACKNOWLEDGED = "acknowledged"  # and whoever obeys it answered that it will
    REFUSED = "refused"  # there is no such command there, or the answer is no
    FAILED = "failed"  # it has certainly not arrived
    UNKNOWN = "unknown"  # it may have arrived


# What a sink took.
TAKEN = (Outcome.DELIVERED, Outcome.ACKNOWLEDGED)


@dataclass(frozen=True)
class Answer:
    """A sink's answer, in words too; they never hold a secret."""

    outcome: Outcome
    detail: str


class Sink(Protocol):
    """Where commands go. `idempotent`: a command sent twice, by its id, is done once."""

    name: str
    idempotent: bool

    def send(self, command: Command) -> Answer:
        """Send a command and return what is known of it; an outage is an answer, not an error."""

    def close(self) -> None:
        """Leave."""


def as_stated(error: BaseException) -> str:
    """Return an error's own words in one line, or its name where it has none."""
    return " ".join(str(error).split()) or type(error).__name__
