"""The watch: looks at the caps again and again between daily runs, over what the store holds, and acts as `deskgate act` does.

It ingests nothing: `deskgate ingest --follow` does. A cycle that fails is told and alerted, and the next one comes all the same.
"""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, current_thread, main_thread
from time import monotonic
from types import FrameType

from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.controls.alerts import send
from deskgate.controls.looks import Looks
from deskgate.run.act import Outcome, act_on, preview
from deskgate.run.breach_source import breaches_now
from deskgate.schema import OPERATED
from deskgate.store.tables import Store

__all__ = ["Watch", "watch"]

# How often the store is asked whether there is something new, and the least time between two cycles.
LOOK_S = 2.0
_LOG = logging.getLogger("deskgate")
Clock = Callable[[], datetime]


@dataclass
class Watch:
    """One watch of a desk; `run_once` is one cycle. `by` is who armed it, empty: a dry run."""

    desk: Desk
    out: Path
    store: Store
    by: str
    now: Clock
    suites: Path | None = None
    looks: Looks | None = None
    _has_failed: bool = field(default=False, init=False)

    def run_once(self) -> Outcome | str:
        """Judge the caps now and act on their breaches; where that fails it is alerted once, and the reason is returned."""
        try:
            outcome = self._act()
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody watches the caps until the next cycle
            _LOG.error("watch: %s", error, exc_info=error)
            if not self._has_failed:
                self._has_failed = True
                title = f"{self.desk.name}: the watch cannot judge the caps"
                send(self.desk, title, str(error), Trail.open(self.desk, self.out).checkpoint_if_readable())
            return f"{type(error).__name__}: {error}"
        self._has_failed = False
        return outcome

    def _act(self) -> Outcome:
        found = breaches_now(self.desk, self.store, self.now(), suites=self.suites)
        if not self.by:
            return preview(self.desk, self.out, found, self.now())
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
        )


def watch(run: Watch, *, every: timedelta, say: Callable[[Outcome | str], None], stopped: Event | None = None) -> None:
    """Run cycles until Ctrl-C or SIGTERM: one at each interval, and one within seconds of what is new in the store.

    Parameters
    ----------
    say
        Called after each cycle.
    """
    stop, seen, due = stopped or Event(), dict[str, int](), float("-inf")
    with _until_signal(stop):
        while not stop.is_set():
            there = {name: at for name, at in run.store.pin().items() if name not in OPERATED}
            if there != seen or monotonic() >= due:
                seen, due = there, monotonic() + every.total_seconds()
                say(run.run_once())
            stop.wait(LOOK_S)


@contextmanager
def _until_signal(stopped: Event) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end the loop after the cycle that is going on, so that nothing is half sent."""
    if current_thread() is not main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
