"""Verdicts: one gate check on one subject, and how they are evaluated.

Every subject in a metric's scope has a verdict. One without a row, a value or enough of a sample is INSUFFICIENT, which
blocks like a failure.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.case.metric_spec import PORTFOLIO, MetricSpec
from deskgate.case.units import SHARE, for_readers
from deskgate.checks.registry import SPECS, Specs
from deskgate.config.desk import Desk
from deskgate.config.errors import RunError
from deskgate.config.plural import plural
from deskgate.gates.bounds import NOTHING, Bounds, Outcome, judge_all, side, usable
from deskgate.gates.suites import Entry, Suite

__all__ = [
    "Evaluator",
    "Judged",
    "Status",
    "Verdict",
    "compare",
    "evaluate",
    "evaluate_subjects",
    "parse_verdicts",
    "read_verdicts",
    "verdicts_frame",
    "write_verdicts",
]

Evaluator = Callable[[Suite, pl.DataFrame, Mapping[str, Sequence[str]]], Mapping[tuple[str, str], Outcome]]
# Of a gate's metric, and of what was measured of that gate by (metric, subject): who must have a verdict.
Judged = Callable[[str, MetricSpec, Mapping[tuple[str, str], float | None]], Sequence[str]]


class Status(StrEnum):
    """How a gate check ended."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INSUFFICIENT = "INSUFFICIENT"
    WAIVED = "WAIVED"

    @property
    def is_settled(self) -> bool:
        """Whether it keeps nothing back: it passed, or was waived."""
        return self in (Status.PASS, Status.WAIVED)


@dataclass(frozen=True)
class Verdict:
    """One gate check on one subject. `observed` is in `unit`; `evidence` is a path inside the day's folder.

    `waiver` is the id of the waiver that turned it, empty where none did.
    """

    gate: str
    check: str
    title: str
    subject: str
    severity: str
    status: Status
    observed: float | None
    bound: str
    unit: str
    sample: int
    reason: str
    what_to_do: str
    stop: bool
    evidence: str
    expectation: str
    waiver: str = ""

    @property
    def blocks(self) -> bool:
        """Whether this verdict keeps the decision from GO."""
        return self.severity == "critical" and not self.status.is_settled

    @property
    def stops(self) -> bool:
        """Whether this verdict is a stop condition that holds."""
        return self.stop and self.status is Status.FAIL


NOTHING_TO_JUDGE = "Provide what is missing and run the day again."
UNDECIDED = "Let it run on: the sample does not yet tell whether the whole interval is within the bounds."
COUNTED = (
    *("breaks", "files", "records", "events", "actions", "bots", "checks", "fills", "patterns"),
    *("incidents", "venues", "connectors"),
)
# From here on decimals say nothing to a reader.
WHOLE = 1000

SCHEMA = {
    name: {"observed": pl.Float64(), "sample": pl.Int64(), "stop": pl.Boolean()}.get(name, pl.String())
    for name in Verdict.__dataclass_fields__
}


def compare(
    suite: Suite, metrics: pl.DataFrame, subjects: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], Outcome]:
    """Evaluate one suite without Great Expectations.

    Parameters
    ----------
    suite
        The suite of one gate.
    metrics
        `Metrics` of that gate.
    subjects
        Who must have a verdict, by entry.

    Returns
    -------
    dict
        (entry, subject) -> outcome, of every entry and each of its subjects.
    """
    rows = metrics.to_dicts()
    return {
        (entry.meta.entry, subject): outcome
        for entry in suite.expectations
        for subject, outcome in judge_all(entry.kwargs, rows, subjects[entry.meta.entry]).items()
    }


def evaluate(
    suites: Mapping[str, Suite],
    metrics: pl.DataFrame,
    desk: Desk,
    *,
    specs: Specs = SPECS,
    evaluator: Evaluator = compare,
) -> list[Verdict]:
    """Judge the metrics of all gates.

    Parameters
    ----------
    suites
        By gate, from `load_suites`.
    metrics
        `Metrics`: one row per gate, subject and metric.
    desk
        The desk that is judged.
    specs
        What the checks declare: who must have a verdict, and in which unit.
    evaluator
        What evaluates one suite: `compare`, or `deskgate.gates.expectation.validate` in a daily run.

    Returns
    -------
    list of Verdict
        One per entry and subject it applies to (`MetricSpec.judged`), sorted by gate order, entry and subject.

    Raises
    ------
    RunError
        A metric is there twice, is of a subject the desk does not have, or the evaluator did not evaluate all entries.
    """
    if unknown := set(metrics.get_column("subject")) - {*desk.bots, PORTFOLIO}:
        raise RunError(f"the metrics name {min(unknown)}, which the desk {desk.name} does not have; run the day again")
    return evaluate_subjects(
        suites, metrics, lambda _, spec, measured: spec.judged(desk, measured), specs=specs, evaluator=evaluator
    )


def evaluate_subjects(
    suites: Mapping[str, Suite],
    metrics: pl.DataFrame,
    judged: Judged,
    *,
    specs: Specs = SPECS,
    evaluator: Evaluator = compare,
) -> list[Verdict]:
    """Judge the metrics of all gates; as `evaluate`, with `judged` saying who must have a verdict.

    Raises
    ------
    RunError
        A metric is there twice, or the evaluator did not evaluate all entries.
    """
    rows = {(row["gate"], row["subject"], row["metric"]): row for row in metrics.iter_rows(named=True)}
    if len(rows) != metrics.height:
        raise RunError("the metrics hold a gate, subject and metric twice, expected each once; a check is wrong")
    verdicts = []
    for gate, suite in suites.items():
        entries = {entry.meta.entry: entry for entry in suite.expectations}
        measured = {(name, subject): row["value"] for (of, subject, name), row in rows.items() if of == gate}
        subjects = {name: judged(gate, specs[gate][entry.kwargs.metric], measured) for name, entry in entries.items()}
        outcomes = evaluator(suite, metrics.filter(pl.col("gate") == gate), subjects)
        wanted = {(name, subject) for name, found in subjects.items() for subject in found}
        if set(outcomes) != wanted:
            name, subject = min(set(outcomes) ^ wanted)
            raise RunError(f"{gate}: the entry {name} of {subject} was not evaluated as expected; report it")
        verdicts += [
            _verdict(gate, entry, specs[gate][entry.kwargs.metric].unit, subject, rows, outcomes[name, subject])
            for name, entry in entries.items()
            for subject in subjects[name]
        ]
    return verdicts


def _verdict(
    gate: str,
    entry: Entry,
    unit: str,
    subject: str,
    rows: Mapping[tuple[str, str, str], Mapping[str, Any]],
    outcome: Outcome,
) -> Verdict:
    row = rows.get((gate, subject, entry.kwargs.metric), NOTHING)
    sample, note = row["sample"], row["note"]
    observed = row["value"] if usable(row["value"]) else None
    # What was not compared was not found wrong either.
    beyond = Status.INSUFFICIENT if entry.meta.coverage else Status.FAIL
    status = {Outcome.WITHIN: Status.PASS, Outcome.BEYOND: beyond}.get(outcome, Status.INSUFFICIENT)
    if outcome is Outcome.ABSENT:
        reason = note or f"{entry.kwargs.metric} was not measured for {subject}"
    elif outcome is Outcome.SMALL_SAMPLE:
        reason = _noted(f"a sample of {sample}, expected at least {entry.kwargs.min_sample}", note)
    else:
        reason = _noted(f"{_measured(row, entry.kwargs, unit)}, bound {_bound(entry.kwargs, unit)}", note)
    texts = entry.meta
    if outcome is Outcome.BEYOND and entry.meta.below and side(entry.kwargs, *_ends(row, entry.kwargs)) == "below":
        texts = entry.meta.model_copy(update=dict(entry.meta.below))
    what_to_do = texts.what_to_do
    if status is Status.INSUFFICIENT and not entry.meta.coverage:
        what_to_do = UNDECIDED if outcome is Outcome.UNDECIDED else NOTHING_TO_JUDGE
    return Verdict(
        gate=gate,
        check=entry.meta.entry,
        title=texts.title,
        subject=subject,
        severity=entry.severity,
        status=status,
        observed=observed,
        bound=str(entry.kwargs),
        unit=unit,
        sample=sample,
        reason=reason,
        what_to_do=what_to_do,
        stop=entry.meta.stop,
        evidence=f"metrics/{gate}.parquet",
        expectation=f"expectations/{gate}.json#{entry.meta.entry}",
    )


def _ends(row: Mapping[str, Any], bounds: Bounds) -> tuple[float, float]:
    """Return what is held against the bounds, from its lower end to its upper one."""
    return (row["low"], row["high"]) if bounds.whole_interval else (row["value"], row["value"])


def _measured(row: Mapping[str, Any], bounds: Bounds, unit: str) -> str:
    value, said = for_readers(row["value"], unit)
    low, high = (_figure(for_readers(end, unit)[0]) for end in _ends(row, bounds))
    interval = f" ({low} to {high})" if bounds.whole_interval else ""
    return f"{_figure(value)}{interval}{_unit(value, said)}"


def _bound(bounds: Bounds, unit: str) -> str:
    """Return bounds as a sentence has them: of a share in per cent."""
    limits = {name: getattr(bounds, name) for name in ("min_value", "max_value")}
    said = {name: for_readers(limit, unit) for name, limit in limits.items() if limit is not None}
    scaled = bounds.model_copy(update={name: value for name, (value, _) in said.items()})
    return f"{scaled}{' %' if unit == SHARE else ''}"


def _noted(reason: str, note: str | None) -> str:
    return f"{reason}; {note}" if note else reason


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= WHOLE else f"{Decimal(f'{value:.4g}'):f}"


def _unit(value: float, unit: str) -> str:
    said = plural(value, unit.removesuffix("s"), unit) if unit in COUNTED else unit
    return f" {said}" if said else ""


def verdicts_frame(verdicts: Iterable[Verdict]) -> pl.DataFrame:
    """Return the verdicts as a frame, one row each, columns as the fields of `Verdict`."""
    return pl.DataFrame([_fields(verdict) for verdict in verdicts], schema=SCHEMA)


def write_verdicts(verdicts: Iterable[Verdict], file: Path) -> None:
    """Write the verdicts as a JSON list, a field a line."""
    # `json` indents in Python, which takes ten times as long as writing the values: a fleet has thousands of verdicts.
    by_line = json.JSONEncoder(separators=(",\n  ", ": "))
    shown = ["{\n  " + by_line.encode(_fields(verdict))[1:-1] + "\n }" for verdict in verdicts]
    file.write_text("[\n " + ",\n ".join(shown) + "\n]\n" if shown else "[]\n", encoding="utf-8")


def _fields(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict's fields by name; `dataclasses.asdict` copies each value of them deeply, and none can change."""
    return {name: getattr(verdict, name) for name in SCHEMA}


def read_verdicts(file: Path) -> list[Verdict]:
    """Return the verdicts that `write_verdicts` wrote."""
    return parse_verdicts(file.read_bytes())


def parse_verdicts(content: bytes) -> list[Verdict]:
    """Return the verdicts that a file of `write_verdicts` holds."""
    return [Verdict(**{**item, "status": Status(item["status"])}) for item in json.loads(content)]
