"""The operator's checklist: a list of items in TOML, each DONE or BLOCKED by what a judged day has on record.

An item is DONE where everything that it names is there and passes. What nobody judged, what was too little to judge and
what is too old blocks it; nothing else ticks it. A manual item names no evidence: a person marks it.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from deskgate.config.errors import InputError, complaint, did_you_mean
from deskgate.config.plural import count_of
from deskgate.config.strict import Strict
from deskgate.gates.checklist_marks import Mark, mark_problem, newest_mark
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.promotion import GateResult, Step
from deskgate.gates.suites import Suite

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["Done", "Item", "ItemResult", "entry_of", "judge_items", "load_items", "read_items"]

Condition = Literal["live", "alerts", "monitoring", "funded", "stop"]
StepName = Literal["audit", "decision", "incidents", "incident_owners", "go"]
# Why an item that needs something is skipped where a day has it not.
_SKIPPED: Mapping[Condition, str] = {
    "live": "no bot was live on that day",
    "alerts": "desk.toml has no [alerts]",
    "monitoring": "desk.toml has no [monitoring]",
    "funded": "no bot of desk.toml has `funded`",
    "stop": "the day's decision is no STOP",
}


class Done(StrEnum):
    """How an item stands."""

    DONE = "DONE"
    BLOCKED = "BLOCKED"
    SKIPPED = "SKIPPED"


class Item(Strict):
    """One item of the list; `config/checklist.toml` says what each key means."""

    id: Annotated[str, Field(min_length=1)]
    section: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    owner: Literal["strategy", "risk", "ops"]
    entries: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    steps: tuple[StepName, ...] = ()
    all_of: tuple[str, ...] = ()
    manual: Literal["day", "lasting"] | None = None
    critical: bool = True
    applies_if: Condition | None = None
    stale_after_h: Annotated[float, Field(gt=0)] = 48
    runbook: str = ""

    @model_validator(mode="after")
    def _names_evidence(self) -> "Item":
        names_evidence = bool(self.entries or self.gates or self.steps or self.all_of)
        if self.manual and names_evidence:
            raise ValueError("is manual and names evidence, expected one of the two: what evidence shows nobody marks")
        if not (self.manual or names_evidence):
            raise ValueError(
                "names no entries, gates, steps or all_of and is not manual, so that nothing could block it"
            )
        return self


class _Items(Strict):
    item: Annotated[tuple[Item, ...], Field(min_length=1)]


@dataclass(frozen=True)
class ItemResult:
    """How one item stands, why, and where the evidence is."""

    item: Item
    status: Done
    reason: str
    evidence: tuple[str, ...]

    @property
    def blocks(self) -> bool:
        """Whether it is a critical item that is not done."""
        return self.status is Done.BLOCKED and self.item.critical


def read_items(file: Path) -> tuple[Item, ...]:
    """Return the items of a checklist as they stand there, whatever they name.

    Raises
    ------
    InputError
        The file cannot be read, or an item is not understood.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        return _Items.model_validate(raw).item
    except OSError as error:
        raise InputError(f"{file}: not readable, {error.strerror}; give a checklist with --list") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not readable as TOML, {error}; correct that place") from error
    except ValidationError as error:
        raise InputError(f"{file}: {_complaint(raw, error.errors()[0])}; correct that item") from error


def load_items(file: Path, suites: Mapping[str, Suite], gates: Iterable[str]) -> tuple[Item, ...]:
    """Return the items of a checklist, each name in it looked up.

    Parameters
    ----------
    suites
        By name: an item names entries of these.
    gates
        The names of the promotion gates.

    Raises
    ------
    InputError
        The file cannot be read, or an item is not understood or names something that is not there.
    """
    items = read_items(file)
    known = {
        "entries": {f"{name}#{entry.meta.entry}" for name, suite in suites.items() for entry in suite.expectations},
        "gates": set(gates),
    }
    before: set[str] = set()
    for item in items:
        if item.id in before:
            raise InputError(f"{file}: item {item.id} is there twice, expected once; rename one of them")
        for key, names in (("entries", item.entries), ("gates", item.gates), ("all_of", item.all_of)):
            there = before if key == "all_of" else known[key]
            for name in names:
                if name not in there:
                    what = "no item before it" if key == "all_of" else f"not among the {key} of this desk's suites"
                    raise InputError(
                        f"{file}: item {item.id} names '{name}' in {key}, {what}{did_you_mean(name, there)}; correct the name"
                    )
        before.add(item.id)
    return items


def _complaint(raw: Mapping[str, Any], found: "ErrorDetails") -> str:
    """Say what is wrong with a list in one sentence that names the item."""
    place, rest = found["loc"], (found["type"], found["msg"], found["input"])
    match place:
        case ("item", int(index), *inner):
            item = raw["item"][index]
            name = item.get("id") if isinstance(item, dict) else None
            about = complaint(inner, *rest, Item.model_fields) if inner else complaint(("item",), *rest, ())
            return f"item {name or f'number {index + 1}'}: {about}"
        case _:
            return complaint(place, *rest, _Items.model_fields)


def entry_of(verdict: Verdict) -> str:
    """Return the entry that a verdict is of, as an item names it."""
    return f"{verdict.gate}#{verdict.check}"


def judge_items(
    items: Sequence[Item],
    verdicts: Sequence[Verdict],
    gates: Iterable[GateResult],
    steps: Mapping[str, Step],
    *,
    applies: Callable[[Item], bool],
    closed_at: datetime,
    now: datetime,
    marks: Sequence[Mark] | None = (),
    decided: tuple[str, str] = ("", ""),
) -> list[ItemResult]:
    """Judge the items of a checklist, in their order.

    Parameters
    ----------
    gates
        The promotion gates of the day.
    steps
        What is no metric, by name.
    applies
        Whether an item's `applies_if` is so; asked of those that have one.
    closed_at
        The instant that the day's evidence speaks for.
    now
        When the list is read.
    marks
        Those of manual items; None: nobody can tell who marked what.
    decided
        Day (YYYY-MM-DD) and `bundle_id` of the decision.
    """
    by_entry: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_entry.setdefault(entry_of(verdict), []).append(verdict)
    outcomes = {gate.gate: gate for gate in gates}
    found: dict[str, ItemResult] = {}
    age_h = (now - closed_at).total_seconds() / 3600
    for item in items:
        if item.applies_if and not applies(item):
            found[item.id] = ItemResult(item, Done.SKIPPED, _SKIPPED[item.applies_if], ())
        elif item.manual:
            found[item.id] = _marked(item, marks, decided, now, age_h)
        else:
            found[item.id] = _judge(item, by_entry, outcomes, steps, found, age_h)
    return list(found.values())


def _marked(
    item: Item, marks: Sequence[Mark] | None, decided: tuple[str, str], now: datetime, age_h: float
) -> ItemResult:
    if marks is None:
        return ItemResult(item, Done.BLOCKED, "the audit trail is not intact, so nobody can tell who marked what", ())
    day, bundle_id = decided if item.manual == "day" else (None, None)
    mark = newest_mark(item.id, marks, day=day, until=now)
    evidence = (str(mark),) if mark else ()
    problem = mark_problem(item.id, mark, bundle_id=bundle_id, until=now, most_h=item.stale_after_h)
    if problem is None and item.manual == "day":
        problem = _too_old(item, age_h)
    return ItemResult(item, Done.BLOCKED if problem else Done.DONE, problem or str(mark), evidence)


def _too_old(item: Item, age_h: float) -> str | None:
    if age_h <= item.stale_after_h:
        return None
    return f"the evidence is {age_h:,.0f} h old, expected at most {item.stale_after_h:g} h"


def _judge(
    item: Item,
    verdicts: Mapping[str, list[Verdict]],
    gates: Mapping[str, GateResult],
    steps: Mapping[str, Step],
    before: Mapping[str, ItemResult],
    age_h: float,
) -> ItemResult:
    parts = [name for name in item.all_of if before[name].status is not Done.SKIPPED]
    if not (parts or item.entries or item.gates or item.steps):
        return ItemResult(item, Done.SKIPPED, f"each of its items is: {', '.join(item.all_of)}", ())
    evidence = [*(f"expectations/{entry.replace('#', '.json#')}" for entry in item.entries)]
    evidence += [place for name in item.gates if name in gates for place in gates[name].evidence]
    evidence += [place for name in item.steps if name in steps for place in steps[name].evidence]
    evidence += [f"item {name}" for name in parts]
    problems = [
        *(problem for entry in item.entries for problem in _of_entry(entry, verdicts.get(entry, []))),
        *(problem for name in item.gates for problem in _of_gate(name, gates.get(name))),
        *(problem for name in item.steps for problem in _of_step(name, steps.get(name))),
        *(f"item {name} is {before[name].status}" for name in parts if before[name].status is Done.BLOCKED),
    ]
    if too_old := _too_old(item, age_h):
        problems.append(too_old)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return ItemResult(item, Done.BLOCKED, problems[0] + more, tuple(dict.fromkeys(evidence)))
    counted = sum(len(verdicts[entry]) for entry in item.entries)
    says = [f"{counted} of {count_of(counted, 'verdict passes', 'verdicts pass')}" if counted else ""]
    says += [f"gate {name} passes: {gates[name].reason}" for name in item.gates]
    says += [steps[name].reason for name in item.steps]
    says += [f"items that are done: {', '.join(parts)}" if parts else ""]
    waived = sum(each.status is Status.WAIVED for entry in item.entries for each in verdicts[entry])
    says += [f"{waived} of them waived" if waived else ""]
    return ItemResult(item, Done.DONE, "; ".join(filter(None, says)), tuple(dict.fromkeys(evidence)))


def _of_entry(entry: str, verdicts: Sequence[Verdict]) -> list[str]:
    if not verdicts:
        return [f"{entry}: nothing of this day was judged by it"]
    return [
        f"{each.subject}: {each.title}: {each.status}, {each.reason}" for each in verdicts if not each.status.is_settled
    ]


def _of_gate(name: str, gate: GateResult | None) -> list[str]:
    if gate is None:
        return [f"gate {name}: not judged on this day"]
    return [] if gate.status.is_settled else [f"gate {name} is {gate.status}: {gate.reason}"]


def _of_step(name: str, step: Step | None) -> list[str]:
    if step is None:
        return [f"{name}: nobody looked"]
    return [] if step.status.is_settled else [step.reason]
