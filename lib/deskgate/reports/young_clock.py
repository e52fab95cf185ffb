"""Verdicts that ask for hours which have not passed yet since the clock started: nothing is to be mended, it takes time.

The clock starts with the frozen baseline or the last anchor. What broke since is none of these.
"""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.checks.soak.controllers import WINDOW
from deskgate.checks.soak.minutes import MINUTES, covered_minutes
from deskgate.checks.stream_gaps import clock_start
from deskgate.gates.bounds import Bounds, within
from deskgate.gates.evaluation import Verdict

__all__ = ["clock_is_young", "waits_for_the_clock"]

_HOURS = ("coverage_h", "soak_clean_h")
_MINUTE = timedelta(minutes=1)


def clock_is_young(case: Case) -> datetime | None:
    """Return when the clock of the 24 h started, where that is less than 24 h ago; else None."""
    started = clock_start(case)
    return started[0] if started and case.as_of - WINDOW < started[0] <= case.as_of else None


def waits_for_the_clock(case: Case, verdict: Verdict, bounds: Bounds, started: datetime) -> bool:
    """Return whether a verdict with a value would pass if what it asks of 24 h were asked since the clock started alone.

    Hours that count since then have to be all there are, and the minutes since then nearly all on record.
    """
    if verdict.observed is None:
        return False
    passed = case.as_of - started
    if bounds.metric in _HOURS:
        return verdict.observed >= (passed - _MINUTE) / timedelta(hours=1)
    if bounds.metric == "snapshot_coverage":
        # Of several controllers the one with the least records has to have them all.
        mine = pl.col("bot") == verdict.subject
        since = covered_minutes(case).filter(mine, pl.col("minute") >= started).height
        least = round(verdict.observed * MINUTES)
        return passed >= _MINUTE and bool(within(bounds, min(since, least) / (passed / _MINUTE)))
    return False
