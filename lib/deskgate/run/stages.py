"""The stages of a run in their order, and how long each one took: for the reader who wonders where the time went."""

from collections.abc import Callable, Sequence
from time import monotonic

__all__ = ["LOOK", "STAGES", "Progress", "StageClock"]

STAGES = ("ingest", "checks", "notebooks", "decision")
# Those of a look at the gates.
LOOK = STAGES[:2]
# Called with a step's name and `waiting`, `running`, `done` or `failed`.
Progress = Callable[[str, str], None]


class StageClock:
    """The stage a run is in, and the seconds that each earlier one took, in `laps`."""

    def __init__(self, progress: Progress, stages: Sequence[str] = STAGES) -> None:
        self.laps: dict[str, float] = {}
        self.step = ""
        self.progress = progress
        self._last = monotonic()
        for stage in stages:
            progress(stage, "waiting")

    def begin(self, step: str) -> None:
        """End the stage before, and begin this one."""
        self.end()
        self.step = step
        self.progress(step, "running")

    def end(self) -> None:
        """End the stage that the run is in."""
        self._lap("done")

    def fail(self) -> None:
        """End the stage that the run is in, for it failed."""
        self._lap("failed")

    def _lap(self, state: str) -> None:
        now = monotonic()
        if self.step:
            self.laps[self.step] = now - self._last
            self.progress(self.step, state)
        self._last, self.step = now, ""
