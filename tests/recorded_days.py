"""Published days whose metrics a test chooses: every entry passes but for what the test says."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.assessment.breaks_file import BREAK_COLUMNS
from deskgate.case.findings import Breaks
from deskgate.config.desk import Desk
from deskgate.config.digests import digest_configuration
from deskgate.config.paths import SUITES, code_digest
from deskgate.gates.bounds import Outcome, judge
from deskgate.gates.suites import Suite
from desks import case
from entries import SUITES_BY_GATE, Value, edges, metrics
from report_inputs import day_inputs
from whole_desks import publish_day

__all__ = ["passing_metrics", "record_day"]

ENOUGH = 10**6


def passing_metrics(changes: Mapping[tuple[str, str], Value] | None = None) -> pl.DataFrame:
    """Return metrics under which every entry of the shipped suites passes, but for `changes` of (gate, metric)."""
    bounds: dict[tuple[str, str], list[Any]] = {}
    for gate, suite in SUITES_BY_GATE.items():
        for entry in suite.expectations:
            bounds.setdefault((gate, entry.kwargs.metric), []).append(entry.kwargs)
    values: dict[tuple[str, str], Value] = {key: (_within(mine), ENOUGH) for key, mine in bounds.items()}
    return metrics(values | dict(changes or {}))


def _within(bounds: list[Any]) -> float:
    candidates = [value for each in bounds for value, _ in edges(each)]
    return next(
        value
        for value in candidates
        if all(judge(each, value, ENOUGH, (value, value)) is Outcome.WITHIN for each in bounds)
    )


def record_day(
    desk: Desk,
    out: Path,
    day: date,
    changes: Mapping[tuple[str, str], Value] | None = None,
    *,
    suites: Mapping[str, Suite] = SUITES_BY_GATE,
    absent: Collection[tuple[str, str, str]] = (),
    inputs: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """Publish a day of a desk with `passing_metrics`, without rows of `absent` (gate, metric, subject).

    `options` are those of `publish_day`.
    """
    of_desk = {"desk": desk.name, "config": digest_configuration(desk, SUITES), "code": code_digest()}
    made = day_inputs(day, **of_desk | dict(inputs or {}))
    of_day = replace(case(desk), day=day, as_of=made.as_of)
    rows = passing_metrics(changes).filter(pl.col("subject").is_in([*desk.bots, "portfolio"]))
    for gate, metric, subject in absent:
        rows = rows.filter(~((pl.col("gate") == gate) & (pl.col("metric") == metric) & (pl.col("subject") == subject)))
    breaks = Breaks.create_empty().with_columns(severity=pl.lit(""), status=pl.lit("")).select(BREAK_COLUMNS)
    assessment = Assessment(of_day, rows, breaks, suites, made)
    publish_day(assessment, out, **options)
