"""The last days as their own decisions have them: the history that a day's page shows beside its cards.

Of each day decision.json is read, its verdicts for which gates judged, and one view for the bots' equity; each is held to the audit
trail or to the digest that the decision names. A day that cannot be relied on is a gap with its reason.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import VERDICTS
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.config.errors import InputError
from deskgate.gates.decision import stop_holds
from deskgate.reports.history import DAYS
from deskgate.reports.pages.banner import objects
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.unreliable import unreliable
from deskgate.reports.palette import STATUSES
from deskgate.reports.published_days import NOT_RUN, LeftOutError, evidence_bytes, evidence_frame

__all__ = ["RecentDay", "consecutive", "recent_days", "since"]

# What a gate comes to on a day.
_WORST_FIRST = ("STOP", *STATUSES)
_VIEW = "views/risk_bots.parquet"
# A verdict by gate, check and subject.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class RecentDay:
    """One day: what it stands as, which gates judged it, what blocked, and the bots' equity at its end where it is known.

    `word` is None of a day that cannot be relied on; `gap` then says why. `blocked` has each blocking verdict with
    whether it stops the desk, `gates` the status of the worst one of each gate that judged: where none blocks "WAIVED" if a waiver
    holds for it, else "PASS". A gate that judged nobody is not among them; where the verdicts cannot be read, only those are that block.
    """

    date: date
    word: str | None = None
    gap: str = ""
    gates: Mapping[str, str] = field(default_factory=dict)
    blocked: Mapping[Key, bool] = field(default_factory=dict)
    equity: Mapping[str, float] = field(default_factory=dict)


def recent_days(folder: Path, decision: Mapping[str, Any], out: Path, days: int = DAYS) -> list[RecentDay]:
    """Return a day and those before it, `days` in all, oldest first.

    Parameters
    ----------
    folder
        The folder of the last day, which in a run is not yet in its place.
    decision
        Its decision, as it is being made.
    out
        Where the other days and the audit trail lie.
    """
    try:
        last = date.fromisoformat(str(decision.get("date")))
    except ValueError:
        return []
    later = Later.read(out)
    before = [
        _published(out, last - timedelta(days=n), str(decision.get("desk")), later) for n in range(days - 1, 0, -1)
    ]
    return [*before, _day(last, folder, decision, str(decision.get("decision")))]


def since(days: Sequence[RecentDay], holds: Callable[[RecentDay], bool]) -> str:
    """Return the first day of the unbroken row of days that ends with the last one; nothing where the last one does not hold.

    "or before" where no day that is known stands before the row: it may be older.
    """
    row = consecutive(days, holds)
    if not row:
        return ""
    is_known = len(row) < len(days) and days[-len(row) - 1].word is not None
    return f"{row[0].date}" if is_known else f"{row[0].date} or before"


def consecutive(days: Sequence[RecentDay], holds: Callable[[RecentDay], bool]) -> list[RecentDay]:
    """Return the days of that row; a day that was not run breaks it, for nobody knows what it was."""
    row: list[RecentDay] = []
    for day in reversed(days):
        if day.word is None or not holds(day):
            break
        row.insert(0, day)
    return row


def _published(out: Path, day: date, desk: str, later: Later) -> RecentDay:
    folder = out / day.isoformat()
    decision = None
    with suppress(InputError):
        decision = load_decision(folder / DECISION)
    gap = next(unreliable(folder, decision, desk, later), "")
    if decision is None or gap:
        return RecentDay(day, gap=gap or NOT_RUN)
    return _day(day, folder, decision, later.stands_as(decision))


def _day(day: date, folder: Path, decision: Mapping[str, Any], word: str) -> RecentDay:
    blockers = objects(decision.get("blockers"))
    blocked = {
        (str(each.get("gate")), str(each.get("check")), str(each.get("subject"))): stop_holds(each) for each in blockers
    }
    gates = dict.fromkeys(_judging(folder, decision), "PASS")
    gates |= {str(each.get("gate")): "WAIVED" for each in objects(decision.get("waivers")) if each.get("gate") in gates}
    for each in sorted(blockers, key=lambda each: _WORST_FIRST.index(_status(each)), reverse=True):
        gates[str(each.get("gate"))] = _status(each)
    return RecentDay(day, word, "", gates, blocked, _equity(folder, decision))


def _status(blocker: Mapping[str, Any]) -> str:
    if stop_holds(blocker):
        return "STOP"
    # What is unknown is no better than what failed.
    return "INSUFFICIENT" if blocker.get("status") == "INSUFFICIENT" else "FAIL"


def _judging(folder: Path, decision: Mapping[str, Any]) -> set[str]:
    """Return the gates that have a verdict; none where the verdicts are not there or not what the decision names."""
    with suppress(LeftOutError, ValueError, TypeError, KeyError):
        return {str(each["gate"]) for each in json.loads(evidence_bytes(folder, decision, VERDICTS))}
    return set()


def _equity(folder: Path, decision: Mapping[str, Any]) -> dict[str, float]:
    """Return the agreed equity of each bot that has one at the day's end; of none where the view is not what the decision names."""
    with suppress(LeftOutError):
        rows = evidence_frame(folder, decision, _VIEW)
        if {"bot", "equity"} <= set(rows.columns):
            return dict(rows.select("bot", pl.col("equity").cast(pl.Float64)).drop_nulls().iter_rows())
    return {}
