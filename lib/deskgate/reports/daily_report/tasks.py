"""Section 7: the next day's top three tasks, from what blocks; on a day that nothing blocks from what is nearest to its bound.

What blocks is grouped by its cause, in the order of the day's page. The owner and the runbook are those of the first item
of the checklist that names the entry; nobody else is guessed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import polars as pl

from deskgate.checks.drills import AGES
from deskgate.checks.operations import ALERTING_METRICS
from deskgate.config.errors import InputError
from deskgate.config.paths import CHECKLIST
from deskgate.gates.bounds import Bounds
from deskgate.gates.checklist import Item, entry_of, read_items
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.suites import Suite
from deskgate.reports.blocking_cause import CAPS, MONEY, OF_BREAKS, BlockingCause, parse_causes
from deskgate.reports.break_values import known_value, value, value_note
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.numbers import open_breaks
from deskgate.reports.daily_report.section import Part, Section, rows_of

__all__ = ["Task", "tasks_of", "tasks_section"]

TOP = 3
# A cap of which less is used is no task.
NEAR = 0.5
# Entries whose value is an age of evidence: it grows by itself until it is too old.
_EXPIRING = (*AGES, *(spec.name for spec in ALERTING_METRICS if spec.unit == "h"))
_RUNBOOK = "docs/runbook.md"
# What its money is -> the column that has it.
_MONEY = {name: name.replace(" ", "_") for name in MONEY}
_COLUMNS = dict.fromkeys(("what_to_do", "why", *_MONEY.values(), "owner", "evidence", "runbook"), pl.String)


@dataclass(frozen=True)
class Task:
    """One thing to do: what, why, whose role it is, where to look.

    `worth` is what money it is about, in words, or why nobody can say it, and empty where no money is measured; `money` is what that money is,
    one of `MONEY`.
    """

    what: str
    why: str
    owner: str
    evidence: str
    runbook: str
    worth: str = ""
    money: str = OF_BREAKS


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
    order = (
        "In the order of the day's page: stop conditions first, then what is worth most, then by kind."
        if blocked
        else _NOT_BLOCKED
    )
    rows = rows_of(_COLUMNS, [_row(each) for each in found])
    return Section("tasks", "The next day's top three tasks", (Part("", (*says, order), rows, limit=TOP, listed=True),))


def _row(task: Task) -> list[str | None]:
    money = [task.worth if task.worth and task.money == name else None for name in _MONEY]
    return [task.what, task.why, *money, task.owner, task.evidence, task.runbook]


_NOT_BLOCKED = "No verdict blocks. What did not pass and only warns stands first, then what is nearest to its bound."


def tasks_of(days: ReportDays, suites: Mapping[str, Suite], items: Sequence[Item]) -> list[Task]:
    """Return the first tasks, the most urgent first; fewer than three where there are fewer."""
    day = days.today
    ranked = _blocking(day) or [*_warned(day), *(_Group([verdict]) for verdict in _nearest(day, suites))]
    failed = [*_failed_steps(days), *_sign_offs(days)]
    # What stops the desk cannot wait for a run to be repeated.
    stops = sum(group.first.stops for group in ranked)
    made = [_task(group, day, suites, items) for group in ranked]
    return [*made[:stops], *failed, *made[stops:]][:TOP]


@dataclass(frozen=True)
class _Group:
    """Verdicts about which one thing is done, and their cause where they block."""

    verdicts: Sequence[Verdict]
    cause: BlockingCause | None = None

    @property
    def first(self) -> Verdict:
        return self.verdicts[0]


def _blocking(day: DayFiles) -> list[_Group]:
    """Return what blocks by its cause, worst first; of a day whose version kept no causes, or others, by entry."""
    blocking = {(each.gate, each.check, each.subject): each for each in day.verdicts if each.blocks}
    view = day.view("blocking_causes", *(each.name for each in fields(BlockingCause)))
    if view is None:
        return sorted(_by_entry(list(blocking.values())), key=lambda group: _urgency(group, day))
    # The causes are in the order of the day's page.
    return [_Group([blocking[each] for each in cause.checks], cause) for cause in parse_causes(view) if cause.checks]


def _by_entry(verdicts: Sequence[Verdict]) -> list[_Group]:
    """Return the verdicts by their entry: one thing is done about all subjects of it."""
    groups: dict[tuple[str, bool], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((entry_of(verdict), verdict.stops), []).append(verdict)
    return [_Group(group) for group in groups.values()]


def _urgency(group: _Group, day: DayFiles) -> tuple[object, ...]:
    known = _stake(group, day)
    return (
        not group.first.stops,
        not known.note,
        -(known.at_least or 0.0),
        -len(group.verdicts),
        group.first.status is not Status.FAIL,
        entry_of(group.first),
    )


@dataclass(frozen=True)
class _Stake:
    """What open breaks are worth (quote; None: not known), what they are worth at least, and the words for that."""

    value: float | None = None
    at_least: float | None = None
    note: str | None = None


def _stake(group: _Group, day: DayFiles) -> _Stake:
    """Return what money its cause is about; of a group without a cause the value of the open breaks that its entries count."""
    if group.cause:
        return _Stake(group.cause.value_quote, group.cause.value_quote, group.cause.value_note or None)
    checks = {each.check for each in group.verdicts}
    kinds = [
        kind
        for kind in day.breaks["kind"].unique()
        if any(check == kind or check.startswith(f"{kind}_") for check in checks)
    ]
    if not kinds:
        return _Stake()
    mine = open_breaks(day).filter(
        pl.col("kind").is_in(kinds), pl.col("bot").is_in([verdict.subject for verdict in group.verdicts])
    )
    return (
        _Stake(*mine.select(value(), known_value().alias("at_least"), value_note().alias("note")).row(0))
        if mine.height
        else _Stake()
    )


def _warned(day: DayFiles) -> list[_Group]:
    """Return what does not block and did not pass: expiring evidence first, then failures, in the order of the gates."""
    rows = [v for v in day.verdicts if v.severity == "warning" and not v.status.is_settled]
    return sorted(
        _by_entry(rows),
        key=lambda group: (group.first.check not in _EXPIRING, group.first.status is not Status.FAIL),
    )


def _nearest(day: DayFiles, suites: Mapping[str, Suite]) -> list[Verdict]:
    """Return what passes and has used half of a cap or of its time, the nearest to its bound first."""
    bounds = {
        f"{name}#{entry.meta.entry}": entry.kwargs for name, suite in suites.items() for entry in suite.expectations
    }
    wanted = [v for v in day.verdicts if v.status is Status.PASS and (v.gate == CAPS or v.check in _EXPIRING)]
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
        yield Task("Run the day again.", why, "ops", "decision.json", f"{_RUNBOOK}#the-run-itself")


def _sign_offs(days: ReportDays) -> Iterator[Task]:
    awaits = (days.facts.decision or {}).get("awaits") or {}
    if roles := awaits.get("roles"):
        why = "Nothing blocks. The decision is on HOLD until each of these roles has signed it."
        what = f"Look at the decision and sign it: `deskgate sign --role ROLE --by YOU` for {', '.join(roles)}."
        yield Task(what, why, ", ".join(roles), "decision.json", "docs/audit.md")


def _task(group: _Group, day: DayFiles, suites: Mapping[str, Suite], items: Sequence[Item]) -> Task:
    first = group.first
    stops = " Stops the desk." if first.stops else ""
    stake = _stake(group, day)
    known = "" if stake.value is None else f"{stake.value:,.2f} {day.quote}"
    suite = suites.get(first.gate)
    pages = f", {suite.meta.notebook}.html" if suite else ""
    item = _item_of(first, items)
    runbook = (
        item.runbook if item and item.runbook else f"{_RUNBOOK}#{_anchor(suite.meta.title)}" if suite else _RUNBOOK
    )
    return Task(
        what=(group.cause.remedy if group.cause else first.what_to_do) or first.title,
        why=f"{_why(group)}.{stops}",
        owner=f"{item.owner} (item {item.id} of the checklist)"
        if item
        else "nobody: no item of the checklist names it",
        evidence=f"{first.evidence}{pages}, {first.expectation}",
        runbook=runbook,
        worth=stake.note or known,
        money=group.cause.money if group.cause else OF_BREAKS,
    )


def _why(group: _Group) -> str:
    """Return why a task is one; of a single entry with its value."""
    first = group.first
    if group.cause and len({each.check for each in group.verdicts}) > 1:
        return f"{group.cause.cause} ({group.cause.counted})"
    subjects = ", ".join(verdict.subject for verdict in group.verdicts)
    return f"{subjects}: {first.title}: {first.status.lower()}, {first.reason}"


def _item_of(verdict: Verdict, items: Sequence[Item]) -> Item | None:
    naming = [item for item in items if entry_of(verdict) in item.entries]
    return next(iter(naming or [item for item in items if verdict.gate in item.gates]), None)


def _anchor(title: str) -> str:
    """Return the anchor of a heading as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
