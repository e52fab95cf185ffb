"""Section 7: the next day's top three tasks, from what blocks; on a day that nothing blocks from what is nearest to its bound.

Stop conditions come first, then what is worth most, then what blocks most bots. The owner and the runbook are those of the first item
of the checklist that names the entry; nobody else is guessed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from deskgate.checks.drills import AGES
from deskgate.checks.operations import ALERTING_METRICS
from deskgate.config.errors import InputError
from deskgate.config.paths import CHECKLIST
from deskgate.gates.bounds import Bounds
from deskgate.gates.checklist import Item, entry_of, read_items
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.suites import Suite
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.numbers import open_breaks
from deskgate.reports.daily_report.section import Part, Section, rows_of

__all__ = ["Task", "tasks_of", "tasks_section"]

TOP = 3
# A cap of which less is used is no task.
NEAR = 0.5
# Entries whose value is an age of evidence: it grows by itself until it is too old.
_EXPIRING = (*AGES, *(spec.name for spec in ALERTING_METRICS if spec.unit == "h"))
_CAPS = "portfolio_risk"
_RUNBOOK = "docs/runbook.md"
_COLUMNS = {
    **dict.fromkeys(("what_to_do", "why"), pl.String),
    "at_stake": pl.Float64,
    **dict.fromkeys(("owner", "evidence", "runbook"), pl.String),
}


@dataclass(frozen=True)
class Task:
    """One thing to do: what, why, what is at stake (quote; None: not known), whose role it is, where to look."""

    what: str
    why: str
    stake: float | None
    owner: str
    evidence: str
    runbook: str


def tasks_section(days: ReportDays, suites: Mapping[str, Suite]) -> Section:
    """Return section 7.

    Parameters
    ----------
    suites
        Those that judged the day, by name.
    """
    items: Sequence[Item] = ()
    says: tuple[str, ...] = ()
    try:
        items = read_items(CHECKLIST)
    except InputError as error:
        says = (f"No owner can be named: {error}.",)
    found = tasks_of(days, suites, items)
    blocked = any(verdict.blocks for verdict in days.today.verdicts)
    if not found:
        nothing = "Nothing blocks, no cap is half used, and no drill or alert is near its end: no task."
        return Section("tasks", "The next day's top three tasks", (Part("", (*says, nothing)),))
    order = "Stop conditions first, then what is worth most, then what blocks most." if blocked else _NOT_BLOCKED
    if any(each.stake is not None for each in found):
        order += f" At stake is the value of the open breaks that it counts, in {days.today.quote}."
    rows = rows_of(
        _COLUMNS, [(each.what, each.why, each.stake, each.owner, each.evidence, each.runbook) for each in found]
    )
    return Section("tasks", "The next day's top three tasks", (Part("", (*says, order), rows, limit=TOP, listed=True),))


_NOT_BLOCKED = "No verdict blocks. What did not pass and only warns stands first, then what is nearest to its bound."


def tasks_of(days: ReportDays, suites: Mapping[str, Suite], items: Sequence[Item]) -> list[Task]:
    """Return the first tasks, the most urgent first; fewer than three where there are fewer."""
    day = days.today
    groups = _grouped([verdict for verdict in day.verdicts if verdict.blocks])
    if groups:
        ranked = sorted(groups, key=lambda group: _urgency(group, day))
    else:
        ranked = [*_warned(day), *([verdict] for verdict in _nearest(day, suites))]
    failed = [*_failed_steps(days), *_sign_offs(days)]
    # What stops the desk cannot wait for a run to be repeated.
    stops = sum(group[0].stops for group in ranked)
    made = [_task(group, day, suites, items) for group in ranked]
    return [*made[:stops], *failed, *made[stops:]][:TOP]


def _grouped(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """Return the verdicts by their entry: one thing is done about all subjects of it."""
    groups: dict[tuple[str, bool], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((entry_of(verdict), verdict.stops), []).append(verdict)
    return list(groups.values())


def _urgency(group: Sequence[Verdict], day: DayFiles) -> tuple[object, ...]:
    first = group[0]
    return (
        not first.stops,
        -(_stake(group, day) or 0.0),
        -len(group),
        first.status is not Status.FAIL,
        entry_of(first),
    )


def _stake(group: Sequence[Verdict], day: DayFiles) -> float | None:
    """Return the value of the open breaks that an entry counts; None of an entry that counts none, or of values that are unknown."""
    kinds = [
        kind for kind in day.breaks["kind"].unique() if group[0].check == kind or group[0].check.startswith(f"{kind}_")
    ]
    if not kinds:
        return None
    mine = open_breaks(day).filter(
        pl.col("kind").is_in(kinds), pl.col("bot").is_in([verdict.subject for verdict in group])
    )
    values = mine["value_quote"].drop_nulls().sort()
    return float(values.sum()) if values.len() else None


def _warned(day: DayFiles) -> list[list[Verdict]]:
    """Return what does not block and did not pass: expiring evidence first, then failures, in the order of the gates."""
    rows = [v for v in day.verdicts if v.severity == "warning" and not v.status.is_settled]
    return sorted(
        _grouped(rows), key=lambda group: (group[0].check not in _EXPIRING, group[0].status is not Status.FAIL)
    )


def _nearest(day: DayFiles, suites: Mapping[str, Suite]) -> list[Verdict]:
    """Return what passes and has used half of a cap or of its time, the nearest to its bound first."""
    bounds = {
        f"{name}#{entry.meta.entry}": entry.kwargs for name, suite in suites.items() for entry in suite.expectations
    }
    wanted = [v for v in day.verdicts if v.status is Status.PASS and (v.gate == _CAPS or v.check in _EXPIRING)]
    used = [(_used(verdict, bounds.get(entry_of(verdict))), verdict) for verdict in wanted]
    near = [(share, verdict) for share, verdict in used if share >= NEAR]
    return [verdict for _, verdict in sorted(near, key=lambda each: (-each[0], entry_of(each[1]), each[1].subject))]


def _used(verdict: Verdict, bounds: Bounds | None) -> float:
    """Return the value over its upper bound; 0 where there is none or it is 0."""
    if bounds is None or verdict.observed is None or not bounds.max_value:
        return 0.0
    return verdict.observed / bounds.max_value


def _failed_steps(days: ReportDays) -> Iterator[Task]:
    failures = (days.facts.decision or {}).get("failures") or []
    if failures:
        names = ", ".join(str(each.get("notebook")) for each in failures)
        why = f"Failed in the run: {names}. {' '.join(str(failures[0].get('error')).split())[:200]}"
        yield Task("Run the day again.", why, None, "ops", "decision.json", f"{_RUNBOOK}#the-run-itself")


def _sign_offs(days: ReportDays) -> Iterator[Task]:
    awaits = (days.facts.decision or {}).get("awaits") or {}
    if roles := awaits.get("roles"):
        why = "Nothing blocks. The decision is on HOLD until each of these roles has signed it."
        what = f"Look at the decision and sign it: `deskgate sign --role ROLE --by YOU` for {', '.join(roles)}."
        yield Task(what, why, None, ", ".join(roles), "decision.json", "docs/audit.md")


def _task(group: Sequence[Verdict], day: DayFiles, suites: Mapping[str, Suite], items: Sequence[Item]) -> Task:
    first = group[0]
    subjects = ", ".join(verdict.subject for verdict in group)
    stops = " Stops the desk." if first.stops else ""
    suite = suites.get(first.gate)
    pages = f", {suite.meta.notebook}.html" if suite else ""
    item = _item_of(first, items)
    runbook = (
        item.runbook if item and item.runbook else f"{_RUNBOOK}#{_anchor(suite.meta.title)}" if suite else _RUNBOOK
    )
    return Task(
        what=first.what_to_do or first.title,
        why=f"{subjects}: {first.title}: {first.status.lower()}, {first.reason}.{stops}",
        stake=_stake(group, day),
        owner=f"{item.owner} (item {item.id} of the checklist)"
        if item
        else "nobody: no item of the checklist names it",
        evidence=f"{first.evidence}{pages}, {first.expectation}",
        runbook=runbook,
    )


def _item_of(verdict: Verdict, items: Sequence[Item]) -> Item | None:
    naming = [item for item in items if entry_of(verdict) in item.entries]
    return next(iter(naming or [item for item in items if verdict.gate in item.gates]), None)


def _anchor(title: str) -> str:
    """Return the anchor of a heading as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
