"""A run that acts on breaches and alerts of it: a clock that only sleeping moves, a venue, a channel."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from deskgate.audit.checkpoint import Checkpoint
from deskgate.controls.act import Acted, act
from deskgate.controls.alerts import Delivery
from deskgate.controls.breaches import Breach
from deskgate.controls.looks import Look
from deskgate.controls.overdue import alert_actions

from .logs import AT, MemoryLog, MemorySink, acting_desk

APART, WITHIN = timedelta(seconds=20), timedelta(seconds=120)
Orders = Callable[[float], tuple[str, ...]]


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    at: datetime = AT

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += timedelta(seconds=seconds)


@dataclass
class Venue:
    """A venue whose open orders are a function of the seconds since noon."""

    clock: Clock
    orders: Orders = lambda _: ()
    live: bool = True
    asked: list[str] = field(default_factory=list)

    def look(self, bot: str, _since: datetime) -> Look:
        """Look at the account."""
        self.asked.append(bot)
        seconds = (self.clock.at - AT).total_seconds()
        return Look(self.clock.at, "test", self.orders(seconds), {"BTC-USDT": Decimal(0)})

    def can_wait(self, _bot: str) -> bool:
        """Return whether a venue is asked."""
        return self.live


@dataclass
class Channel:
    """A channel that keeps what it is sent, and takes it or not."""

    with_checkpoint: ClassVar[bool] = False
    shown: str = "mail"
    takes: bool = True
    heard: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return its id."""
        return f"key of {self.shown}"

    def notify(self, title: str, body: str, checkpoint: Checkpoint | None) -> bool:
        """Take an alert, or not."""
        assert (checkpoint is not None) == self.with_checkpoint
        self.heard.append((title, body))
        return self.takes


def run(log: MemoryLog, sink: MemorySink, *breaches: Breach, at: timedelta = timedelta(0)) -> Acted:
    """Act on breaches, so long after noon."""
    clock = Clock(AT + at)
    return act(acting_desk(), breaches, log, [sink], Venue(clock), now=clock.now, by="ann")


def alert(log: MemoryLog, *channels: Channel, at: timedelta = timedelta(0)) -> Delivery | None:
    """Alert the channels of what is on record, so long after noon."""
    return alert_actions(acting_desk(), log, channels, lambda: None, now=lambda: AT + at)
