"""What the tests of acting run in processes of their own: an armed run at a barrier, or one that is killed."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from deskgate.config.desk_file import load_desk
from deskgate.controls.breaches import Breach
from deskgate.controls.intents import Command
from deskgate.controls.looks import Look
from deskgate.controls.sinks.mqtt_commands import MqttSink
from deskgate.controls.sinks.sink import Answer
from deskgate.run.act import Outcome, act_on
from deskgate.store.desk_store import store_location
from deskgate.store.tables import Store

BREACH = Breach(
    entry="daily_loss",
    title="Daily loss",
    subject="portfolio",
    action="kill_switch",
    bots=("bot1",),
    reason="0.05 of equity, bound <= 0.03",
    verdict_id="2026-05-04:portfolio_risk:daily_loss:portfolio",
    is_known=True,
)


class Clock:
    """The present, moved on by what a run thinks that it slept."""

    def __init__(self, slept: float = 0.0) -> None:
        self.slept = slept

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.slept, UTC)

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept += seconds


class Venue:
    """A venue that shows the same open orders whenever it is asked."""

    def __init__(self, clock: Clock, *orders: str) -> None:
        self._clock, self._orders = clock, orders

    def look(self, _bot: str, _since: datetime) -> Look:
        """Look at the account."""
        return Look(self._clock.now(), "test", self._orders, {"BTC-USDT": Decimal(0)})

    def can_wait(self, _bot: str) -> bool:
        """Return that it can be asked again."""
        return True


def run_armed(root: Path, out: Path, *orders: str, breach: Breach | None = BREACH, later_s: float = 0.0) -> Outcome:
    """Act on one breach of the desk at `root`, at a venue with these open orders."""
    desk, clock = load_desk(root), Clock(later_s)
    store = Store.open(store_location(desk, out), desk.name)
    return act_on(
        desk,
        out,
        store,
        [breach] if breach else [],
        by="ann",
        now=clock.now,
        sleep=clock.sleep,
        looks=Venue(clock, *orders),
    )


def run_at_barrier(root: Path, out: Path, together: Any) -> None:
    """Act as soon as the other run is ready too."""
    together.wait()
    run_armed(root, out)


def run_killed(root: Path, out: Path) -> None:
    """Act, and die when the command has been sent and nothing of that is on record."""
    send = MqttSink.send

    def dying(self: MqttSink, command: Command) -> Answer:
        send(self, command)
        os._exit(9)

    with patch.object(MqttSink, "send", dying):
        run_armed(root, out)
