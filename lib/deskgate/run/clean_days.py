"""Which days on record are clean: nothing is known to have been wrong on them, so that what they blocked was a false alarm."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.checks.incidents import Incident
from deskgate.config.errors import InputError
from deskgate.gates.backtest import RecordedDay
from deskgate.reports.pages.later import Later

__all__ = ["CleanDays", "acknowledged", "covers"]

_ACKNOWLEDGED = ("explained", "accepted")


class CleanDays:
    """Says of a published day why it is not clean, by its own records and by what operators have recorded since."""

    def __init__(self, out: Path, left_out: Collection[date]) -> None:
        """Read what is known by now of the days in `out`; `left_out` are those of which somebody knows that they were not clean.

        Raises
        ------
        InputError
            What operators recorded cannot be read.
        """
        self._out, self._left_out = out, left_out
        later = Later.read(out)
        if later.incidents is None or later.break_actions is None:
            raise InputError(
                f"{out}: incidents and breaks on record cannot be read, so that no day is known to be clean; `deskgate verify"
                " --audit` says why"
            )
        self._incidents: Sequence[Incident] = later.incidents
        self._acted_on = set(later.break_actions.get_column("break_id"))

    def why_not(self, day: RecordedDay, metrics: pl.DataFrame) -> str:
        """Return why a day is not clean; empty where it is."""
        if day.date in self._left_out:
            return "left out as asked"
        if day.decision == "STOP":
            return "a STOP"
        if day.provisional:
            return "looked at before the day was over"
        if day.failures:
            return "a step of its run failed"
        if why := self._incident(day.date, metrics):
            return why
        breaks = DayArtifacts.open(self._out / day.date.isoformat()).breaks()
        return "a fault that an operator acknowledged" if acknowledged(breaks, day.date, self._acted_on) else ""

    def _incident(self, day: date, metrics: pl.DataFrame) -> str:
        known = metrics.filter(metric="open_incidents", subject=PORTFOLIO).get_column("value")
        if known.is_empty() or known[0] is None:
            return "whether an incident was open was not known"
        if known[0] > 0 or any(covers(each, day) for each in self._incidents):
            return "an incident was open"
        return ""


def acknowledged(breaks: pl.DataFrame, day: date, acted_on: Collection[str]) -> bool:
    """Return whether an operator acted on a break of a day, by its list of open breaks or by what is on record since.

    Older breaks that were still open are listed too; they are of the day that first saw them.
    """
    about = pl.col("status").is_in(_ACKNOWLEDGED) | pl.col("break_id").is_in(list(acted_on))
    return not breaks.filter(about & (pl.col("first_seen") == day.isoformat())).is_empty()


def covers(incident: Incident, day: date) -> bool:
    """Return whether an incident is of a day: the day's own, or open at some instant of it."""
    if incident.day is not None and incident.day == day.isoformat():
        return True
    ended: datetime | None = incident.over_at or incident.closed_at
    # The instant at which a day ends is the next one's.
    begun = (
        incident.opened_at.date() if incident.day is None else (incident.opened_at - timedelta(microseconds=1)).date()
    )
    return begun <= day and (ended is None or ended.date() >= day)
