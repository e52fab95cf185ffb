"""A log of actions in memory, a breach, and bots, for the tests of actions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from deskgate.config.actions import Actions, Control
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.controls.breaches import Breach
from deskgate.controls.intents import Command, Intent, commands
from deskgate.controls.sinks.sink import Answer, Outcome
from desks import bot

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Record:
    """One record of a trail."""

    kind: str
    at: datetime
    body: Mapping[str, Any]
    hash: str


@dataclass
class MemoryLog:
    """Keeps what is appended; `dies_at` makes the n-th append the last thing that a run does."""

    kept: list[Record] = field(default_factory=list)
    dies_at: int | None = None

    def append(self, kind: str, body: Mapping[str, Any], at: datetime) -> Record:
        """Keep a record."""
        if self.dies_at is not None and len(self.kept) >= self.dies_at:
            raise KilledError
        self.kept.append(Record(kind, at, body, f"{len(self.kept):064x}"))
        return self.kept[-1]

    def records(self) -> Iterator[Record]:
        """Return the records."""
        return iter(self.kept)

    def kinds(self) -> list[str]:
        """Return the kinds of all records."""
        return [record.kind for record in self.kept]


class KilledError(BaseException):
    """The run was killed; nothing catches it."""


@dataclass
class MemorySink:
    """Takes commands and gives the answers it is told to, the last one from then on."""

    name: str = "memory"
    idempotent: bool = False
    answers: list[Outcome] = field(default_factory=lambda: [Outcome.ACKNOWLEDGED])
    taken: list[Command] = field(default_factory=list)

    def send(self, command: Command) -> Answer:
        """Take a command."""
        self.taken.append(command)
        return Answer(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0], "in memory")

    def close(self) -> None:
        """Do nothing."""


def breach(action: str = "soft_pause", *bots: str, entry: str = "daily_loss", **more: Any) -> Breach:
    """Return a breach of the portfolio for these bots, `b1` by default."""
    values = {"subject": "portfolio", "verdict_id": f"2026-05-04:portfolio_risk:{entry}:portfolio", "is_known": True}
    return Breach(
        **{
            "entry": entry,
            "title": "Daily loss",
            "action": action,
            "bots": bots or ("b1",),
            "reason": "0.05 of equity, bound <= 0.03",
            **values,
            **more,
        }
    )


def intent(action: str = "kill_switch", *bots: str, **more: Any) -> Intent:
    """Return an intent issued at noon, valid for 5 minutes."""
    values = {"correlation_id": "verdict", "entry": "daily_loss", "subject": "portfolio", "reason": "a loss"}
    times = {"issued_at": AT, "expires_at": AT + timedelta(minutes=5), "authorised_by": "ann"}
    return Intent(**{"event_id": "e1", "action": action, "bots": bots or ("b1",), **values, **times, **more})


def command(action: str = "kill_switch", **more: Any) -> Command:
    """Return the command of `intent` for b1."""
    return commands(intent(action, **more))[0]


def acting_desk(control: Mapping[str, Any] | None = None, **actions: Any) -> Desk:
    """Return a desk of two live bots, and one of each mode that is never acted on."""
    bots = [
        bot("b1", control=Control.model_validate(control or {})),
        bot("b2"),
        *(bot(mode.value, mode) for mode in (Mode.PAPER, Mode.TESTNET, Mode.DISABLED)),
    ]
    return Desk(name="desk", bots={each.name: each for each in bots}, actions=Actions.model_validate(actions))
