"""How much longer a comparison takes until its interval decides, from the sample there is and the suite's margins."""

import math
from collections.abc import Mapping

import polars as pl

from deskgate.case.case import Case
from deskgate.gates.suites import Suite
from deskgate.parity.deltas import Delta, Span, gated_deltas

__all__ = ["hours_needed", "with_hours_needed"]


def hours_needed(delta: Delta, low: float | None, high: float | None) -> float | None:
    """Return in about how many more hours the soak's interval lies on one side of the margins, were nothing to change.

    None for a day, which does not grow, and where that cannot be said.
    """
    if delta.comparison is None or delta.span is not Span.SOAK or (low is None and high is None):
        return None
    return delta.comparison.hours_needed(-math.inf if low is None else low, math.inf if high is None else high)


def with_hours_needed(metrics: pl.DataFrame, case: Case, suites: Mapping[str, Suite]) -> pl.DataFrame:
    """Add to the note of each difference since the baseline that is not decided in about how many more hours it would be.

    Parameters
    ----------
    metrics
        `Metrics` of all gates.
    """
    margins = {
        entry.kwargs.metric: entry.kwargs for entry in suites["parity"].expectations if entry.kwargs.whole_interval
    }
    notes = []
    for delta in gated_deltas(case):
        margin = margins.get(delta.metric)
        hours = hours_needed(delta, margin.min_value, margin.max_value) if margin else None
        if hours:
            notes.append((delta.bot, delta.metric, f"about {math.ceil(hours):,} more hours like these would decide"))
    added = pl.DataFrame(notes, schema=dict.fromkeys(("subject", "metric", "more"), pl.String()), orient="row")
    noted = pl.concat_str("note", "more", separator="; ", ignore_nulls=True)
    return (
        metrics.join(added, on=["subject", "metric"], how="left", maintain_order="left")
        .with_columns(note=pl.when(pl.col("more").is_not_null()).then(noted).otherwise("note"))
        .drop("more")
    )
