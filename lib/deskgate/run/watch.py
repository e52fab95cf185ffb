"""The watch: looks at the caps again and again between daily runs, over what the store holds, and acts as `deskgate act` does.

It ingests nothing: `deskgate ingest --follow` does. A cycle that fails is told and alerted, and the next one comes all the same.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic

from deskgate.audit.trail import Trail
from deskgate.collector.signals import until_signal
from deskgate.config.desk import Desk
from deskgate.config.instants import Clock
from deskgate.controls.alerts import open_channels
from deskgate.controls.looks import Looks
from deskgate.run.act import Outcome, act_on, preview
from deskgate.run.breach_source import breaches_now
from deskgate.schema import OPERATED
from deskgate.store.tables import Store

__all__ = ["Watch", "watch"]

# How often the store is asked whether there is something new, and the least time between two cycles.
LOOK_S = 2.0
_LOG = logging.getLogger("deskgate")


@dataclass
class Watch:
    """One watch of a desk; `run_once` is one cycle. `by` is who armed it, empty: a dry run.

    Raises
    ------
    InputError
        As `Trail.open`: the trail's key is read once, so that nothing about it can stop the watch later.
    """

    desk: Desk
    out: Path
    store: Store
    by: str
    now: Clock
    suites: Path | None = None
    looks: Looks | None = None
    _trail: Trail = field(init=False)
    # The keys of the channels that have taken the alert of the failure that is going on.
    _notified: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Read the trail's key."""
        self._trail = Trail.open(self.desk, self.out)

    def run_once(self) -> Outcome | str:
        """Judge the caps now and act on their breaches.

        Where that fails each channel is alerted until it has taken it, once, and the reason is returned.
        """
        try:
            outcome = self._act()
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody watches the caps until the next cycle
            _LOG.error("watch: %s", error, exc_info=error)
            self._alert("the watch cannot judge the caps", str(error))
            return f"{type(error).__name__}: {error}"
        if outcome.problems:
            self._alert("the watch acted, and could not finish", "; ".join(outcome.problems))
        else:
            self._notified.clear()
        return outcome

    def news(self) -> dict[str, int] | None:
        """Return the state of the tables that the market fills; None where the store cannot be asked."""
        try:
            return {name: at for name, at in self.store.pin().items() if name not in OPERATED}
        except Exception as error:  # noqa: BLE001 - the next cycle alerts what is wrong with the store
            _LOG.error("watch: %s", error, exc_info=error)
            return None

    def _alert(self, what: str, text: str) -> None:
        try:
            for channel in open_channels(self.desk):
                if channel.key not in self._notified and channel.notify(
                    f"{self.desk.name}: {what}", text, self._trail.checkpoint_if_readable()
                ):
                    self._notified.add(channel.key)
        except Exception as error:  # noqa: BLE001 - the next cycle tries again; ending here would end the watch
            _LOG.error("watch: no alert was sent: %s", error, exc_info=error)

    def _act(self) -> Outcome:
        found = breaches_now(self.desk, self.store, self.now(), suites=self.suites)
        if not self.by:
            return preview(self.desk, self.out, found, self.now(), trail=self._trail)
        return act_on(
            self.desk,
            self.out,
            self.store,
            found,
            by=self.by,
            now=self.now,
            sleep=lambda _: None,
            looks=self.looks,
            within=timedelta(0),
            trail=self._trail,
        )


def watch(run: Watch, *, every: timedelta, say: Callable[[Outcome | str], None], stopped: Event | None = None) -> None:
    """Run cycles until Ctrl-C or SIGTERM: one at each interval, and one within seconds of what is new in the store.

    Parameters
    ----------
    say
        Called after each cycle.
    """
    stop, seen, due = stopped or Event(), dict[str, int](), float("-inf")
    with until_signal(stop):
        while not stop.is_set():
            there = run.news()
            if there not in (None, seen) or monotonic() >= due:
                seen, due = seen if there is None else there, monotonic() + every.total_seconds()
                say(run.run_once())
            stop.wait(LOOK_S)
