"""Incidents: what stopped the desk, or an operator opened, and has not been closed with evidence yet.

Rows are only ever added: an incident is what its rows up to an instant make it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric, listed
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec
from deskgate.config.instants import parse_instant, stamp

__all__ = ["METRICS", "NO_OWNER", "Condition", "Incident", "check", "incidents"]

METRICS = (MetricSpec("open_incidents", "incidents", THE_PORTFOLIO, "Incidents that have not been closed."),)
# Whose an incident is that nobody has taken.
NO_OWNER = "no owner yet"
# Gate, check, subject of a stop condition.
Condition = tuple[str, str, str]


@dataclass(frozen=True)
class Incident:
    """One incident: what it is about, whose it is, what is to be done, and the stop conditions that opened it, if any.

    `owner` is `NO_OWNER` until somebody takes one that a STOP opened. `day` is the day whose decision opened it; None of one that an operator opened. `over_at` is the instant for which a decision
    showed that it is over; None where it is open, or a file of an operator closed it. `shown` counts the files it was closed with;
    `entered_at` is the clock's time at which the later of opening and close was entered. `acknowledged_by` is who entered the first
    note, owner or close, and `acknowledged_after_s` how long after the opening was entered: no channel says who read an alert.
    """

    id: str
    title: str
    by: str
    owner: str
    todo: str
    opened_at: datetime
    day: str | None
    conditions: tuple[Condition, ...]
    notes: tuple[str, ...] = ()
    closed_at: datetime | None = None
    over_at: datetime | None = None
    closed_by: str | None = None
    shown: int = 0
    entered_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_after_s: float | None = None

    def __str__(self) -> str:
        """Return it as a sentence, while it is open."""
        return f"incident {self.id} is open since {self.opened_at:%Y-%m-%d %H:%M} UTC: {self.title}"

    @property
    def about(self) -> str:
        """What is left open: an operator's title, or what a STOP found, which may have passed since."""
        return f"what the STOP of {self.day} found ({self._found}) is not closed" if self.day else self.title

    @property
    def cause(self) -> str:
        """The sentence that says that it blocks, while it is open."""
        return f"Open incident {self.id} of {self.opened_at:%Y-%m-%d}, {self.owner}: {self.about}"

    @property
    def _found(self) -> str:
        return self.title.removeprefix(f"STOP on {self.day}: ")

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.closed_at is None


def incidents(rows: pl.DataFrame) -> list[Incident]:
    """Return the incidents that rows of the table make, the oldest first."""
    return sorted(_incidents(rows.sort("recorded_at", "row_id")), key=lambda each: (each.opened_at, each.id))


def check(case: Case) -> Findings:
    """Count the incidents that are open at `as_of`: `open_incidents` of the portfolio, no value in an empty store."""
    name, rows = METRICS[0].name, case.frames["incidents"]
    if rows.is_empty() and case.frames["sources"].is_empty():
        lacks = "the store holds no source, so it may not be the one in which incidents are recorded"
        return Findings([Metric(PORTFOLIO, name, None, 0, lacks)])
    known = incidents(rows)
    left = [f"{each.id} of {stamp(each.opened_at)} ({each.owner}): {each.about}" for each in known if each.is_open]
    return Findings([Metric(PORTFOLIO, name, float(len(left)), len(known), listed(left))])


def _incidents(rows: pl.DataFrame) -> Iterator[Incident]:
    for _, mine in rows.group_by("incident_id", maintain_order=True):
        all_rows = mine.to_dicts()
        opening = next((row for row in all_rows if row["step"] == "open"), None)
        if opening is None:
            continue  # it is opened later than what is looked at
        content = json.loads(opening["content"])
        for row in all_rows:
            if row["step"] == "own":
                content |= json.loads(row["content"])
        closing = next((row for row in all_rows if row["step"] == "close"), None)
        closed = json.loads(closing["content"]) if closing else {}
        first = next((row for row in all_rows if row["step"] != "open"), None)
        waited = first["recorded_at"] - opening["recorded_at"] if first else None
        over_at = closed.get("over_at")
        yield Incident(
            id=opening["incident_id"],
            title=opening["text"],
            by=opening["by"],
            owner=content["owner"],
            todo=content["todo"],
            opened_at=opening["effective_at"],
            day=content["day"],
            conditions=tuple((gate, entry, subject) for gate, entry, subject in content["conditions"]),
            notes=tuple(f"{row['by']}: {row['text']}" for row in all_rows if row["step"] != "open"),
            closed_at=closing["effective_at"] if closing else None,
            over_at=parse_instant(over_at) if over_at else None,
            closed_by=closing["by"] if closing else None,
            shown=len(closed.get("evidence", ())),
            entered_at=max(row["recorded_at"] for row in (opening, closing) if row),
            acknowledged_by=first["by"] if first else None,
            acknowledged_after_s=waited.total_seconds() if waited is not None else None,
        )
