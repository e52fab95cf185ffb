"""Verdicts: one gate check on one subject, and how they are evaluated.

Great Expectations compares values with bounds; everything around it is guarded here, because it passes on empty
frames, on nulls and on rows that are not there. A subject without a row, a value or enough of a sample is INSUFFICIENT,
which blocks like a failure.
"""

import json
import logging
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, RunError
from deskgate.gates.scope import PORTFOLIO, subjects
from deskgate.gates.suites import Entry, Suite

__all__ = ["Status", "Verdict", "evaluate", "read_verdicts", "verdicts_frame", "warm", "write_verdicts"]


class Status(StrEnum):
    """How a gate check ended."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INSUFFICIENT = "INSUFFICIENT"
    WAIVED = "WAIVED"


@dataclass(frozen=True)
class Verdict:
    """One gate check on one subject. `observed` is in `unit`; `evidence` is a path inside the day's folder."""

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

    @property
    def blocks(self) -> bool:
        """Whether this verdict keeps the decision from GO."""
        return self.severity == "critical" and self.status not in {Status.PASS, Status.WAIVED}

    @property
    def stops(self) -> bool:
        """Whether this verdict is a stop condition that holds."""
        return self.stop and self.status is Status.FAIL


NOTHING_TO_JUDGE = "Bring what is missing, then run the day again: what is not there cannot be judged."
COUNTED = ("breaks", "files", "records", "events")
# From here on decimals say nothing to a reader.
WHOLE = 1000

SCHEMA = {
    name: {"observed": pl.Float64(), "sample": pl.Int64(), "stop": pl.Boolean()}.get(name, pl.String())
    for name in Verdict.__dataclass_fields__
}


def evaluate(suites: Mapping[str, Suite], metrics: pl.DataFrame, desk: Desk) -> list[Verdict]:
    """Judge the metrics of all gates.

    Parameters
    ----------
    suites
        By gate, from `load_suites`.
    metrics
        `Metrics`: one row per gate, subject and metric.
    desk
        Says who must have a verdict.

    Returns
    -------
    list of Verdict
        One per entry and subject it applies to, sorted by gate order, entry and subject.
    """
    rows = {(row["gate"], row["subject"], row["metric"]): row for row in metrics.iter_rows(named=True)}
    if strangers := set(metrics.get_column("subject")) - {*desk.bots, PORTFOLIO}:
        raise RunError(
            f"the metrics speak of {min(strangers)}, which the desk {desk.name} does not have; run the day again"
        )
    if len(rows) != metrics.height:
        raise RunError("the metrics hold a gate, subject and metric twice, expected each once; a check is wrong")
    verdicts = []
    for gate, suite in suites.items():
        failed = _beyond_bounds(suite, gate, rows, desk)
        for entry in suite.expectations:
            for subject in subjects(desk, gate, entry.kwargs.column):
                row = rows.get((gate, subject, entry.kwargs.column))
                verdicts.append(_verdict(gate, entry, subject, row, beyond=(entry.meta.entry, subject) in failed))
    return verdicts


def _usable(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row["value"] is not None and math.isfinite(row["value"])


def _beyond_bounds(
    suite: Suite, gate: str, rows: Mapping[tuple[str, str, str], Mapping[str, Any]], desk: Desk
) -> set[tuple[str, str]]:
    """Return the (entry, subject) pairs whose value Great Expectations finds beyond its bounds.

    Entries are grouped by the subjects that do have a value, one table and one validation each, so that no table has a
    hole for an expectation to pass over; that every value was really looked at is checked afterwards.
    """
    groups: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in suite.expectations:
        column = entry.kwargs.column
        there = tuple(who for who in subjects(desk, gate, column) if _usable(rows.get((gate, who, column))))
        groups[there].append(entry)
    failed: set[tuple[str, str]] = set()
    for there, entries in groups.items():
        if there:
            table = {
                entry.kwargs.column: [rows[gate, who, entry.kwargs.column]["value"] for who in there]
                for entry in entries
            }
            failed |= _validate(suite.name, entries, {"subject": list(there), **table})
    return failed


def _validate(name: str, entries: list[Entry], table: Mapping[str, list[Any]]) -> set[tuple[str, str]]:
    """Run one table through Great Expectations and return its (entry, subject) failures."""
    source = warm()
    import great_expectations as gx
    import pandas as pd

    config = [entry.model_dump(exclude_none=True) for entry in entries]
    suite = gx.ExpectationSuite(name=name, expectations=config)
    kept = [item.to_json_dict() for item in (made.configuration for made in suite.expectations)]
    if [(item["type"], item["severity"], item["meta"]["entry"]) for item in kept] != [
        (entry.type, entry.severity, entry.meta.entry) for entry in entries
    ]:
        raise InputError(f"{name}: Great Expectations dropped or changed an entry of the suite; correct it")
    asset = source.add_dataframe_asset(name)
    try:
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": pd.DataFrame(dict(table))})
        outcome = batch.validate(
            suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["subject"]}
        )
    finally:
        source.delete_asset(name)
    found: set[tuple[str, str]] = set()
    if len(outcome.results) != len(entries):
        raise RunError(f"{name}: {len(outcome.results)} of {len(entries)} expectations were evaluated, expected all")
    for item in outcome.results:
        entry = item.expectation_config.meta["entry"]
        if item.exception_info.get("raised_exception") or item.result.get("missing_count") != 0:
            raise RunError(f"{name}: the entry {entry} could not be evaluated, {item.exception_info}")
        if item.result["element_count"] != len(table["subject"]):
            raise RunError(f"{name}: the entry {entry} looked at {item.result['element_count']} rows, expected all")
        found |= {(entry, row["subject"]) for row in item.result["unexpected_index_list"]}
        if item.success != (not item.result["unexpected_index_list"]):
            raise RunError(f"{name}: the entry {entry} contradicts itself, {item.result}")
    return found


@cache
def warm() -> Any:  # noqa: ANN401 - Great Expectations ships no types
    """Import Great Expectations and return a data source of it.

    Made once a process: the import takes seconds, and each ephemeral context leaves a temporary folder until the end.
    """
    # It would send usage statistics over the network on import; a desk's gate talks to nobody.
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context.data_sources.add_pandas("metrics")


def _verdict(gate: str, entry: Entry, subject: str, row: Mapping[str, Any] | None, *, beyond: bool) -> Verdict:
    observed = row["value"] if row is not None and _usable(row) else None
    sample = row["sample"] if row is not None else 0
    note = row["note"] if row is not None else None
    if observed is None:
        status, reason = Status.INSUFFICIENT, note or f"{entry.kwargs.column} was not measured for {subject}"
    elif sample < entry.meta.min_sample:
        status = Status.INSUFFICIENT
        reason = f"a sample of {sample}, expected at least {entry.meta.min_sample}" + (f"; {note}" if note else "")
    else:
        # What was not compared was not found wrong either.
        short = Status.INSUFFICIENT if entry.meta.coverage else Status.FAIL
        status = short if beyond else Status.PASS
        reason = f"{_figure(observed)}{_unit(observed, entry.meta.unit)}, bound {entry.kwargs}" + (
            f"; {note}" if note else ""
        )
    return Verdict(
        gate=gate,
        check=entry.meta.entry,
        title=entry.meta.title,
        subject=subject,
        severity=entry.severity,
        status=status,
        observed=observed,
        bound=str(entry.kwargs),
        unit=entry.meta.unit,
        sample=sample,
        reason=reason,
        what_to_do=NOTHING_TO_JUDGE
        if status is Status.INSUFFICIENT and not entry.meta.coverage
        else entry.meta.what_to_do,
        stop=entry.meta.stop,
        evidence=f"metrics/{gate}.parquet",
        expectation=f"expectations/{gate}.json#{entry.meta.entry}",
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= WHOLE else f"{value:.4g}"


def _unit(value: float, unit: str) -> str:
    one = unit.removesuffix("s") if value == 1 and unit in COUNTED else unit
    return f" {one}" if one else ""


def verdicts_frame(verdicts: Iterable[Verdict]) -> pl.DataFrame:
    """Return the verdicts as a frame, one row each, columns as the fields of `Verdict`."""
    return pl.DataFrame([asdict(verdict) for verdict in verdicts], schema=SCHEMA)


def write_verdicts(verdicts: Iterable[Verdict], file: Path) -> None:
    """Write the verdicts as a JSON list."""
    file.write_text(json.dumps([asdict(verdict) for verdict in verdicts], indent=1) + "\n", encoding="utf-8")


def read_verdicts(file: Path) -> list[Verdict]:
    """Return the verdicts that `write_verdicts` wrote."""
    return [
        Verdict(**{**item, "status": Status(item["status"])}) for item in json.loads(file.read_text(encoding="utf-8"))
    ]
