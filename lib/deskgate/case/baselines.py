"""The frozen baseline in force, and since when the soak counts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import Case, per_case

__all__ = ["Baseline", "in_force", "measured_since", "read_since", "soak_start"]

# What happens so long before a cut can still decide what is after it.
_BEFORE_CUT = timedelta(minutes=30)


@dataclass(frozen=True)
class Baseline:
    """A freeze an operator recorded; `settings` is file -> key -> value, empty where an earlier version recorded none."""

    effective_at: datetime
    recorded_at: datetime
    by: str
    why: str
    digests: Mapping[str, str]
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def in_force(baselines: pl.DataFrame) -> Baseline | None:
    """Return the baseline in force: the newest by the instant it speaks for, then by when it was entered."""
    if baselines.is_empty():
        return None
    row = baselines.sort("effective_at", "recorded_at", "row_id").row(-1, named=True)
    return Baseline(
        row["effective_at"],
        row["recorded_at"],
        row["by"],
        row["why"],
        json.loads(row["digests"]),
        json.loads(row["settings"] or "{}"),
    )


@per_case
def soak_start(case: Case) -> datetime:
    """Return since when the soak counts: the instant of the baseline in force, the day's start where there is none, or a later one."""
    frozen = in_force(case.frames["baselines"])
    return case.start if frozen is None else min(frozen.effective_at, case.start)


def measured_since(case: Case) -> datetime:
    """Return since when trading is measured: the soak, and the windows of the past that bots are compared with."""
    windows = [bot.baseline_window.since for bot in case.desk.judged if bot.baseline_window]
    return min([soak_start(case), *windows])


def read_since(case: Case) -> datetime:
    """Return since when quotes and minute records are read on any day: about the cut of what is carried, else since trading is measured."""
    history, since = case.fill_history, measured_since(case)
    return since if history is None else max(since, min(history.cut - _BEFORE_CUT, case.start))
