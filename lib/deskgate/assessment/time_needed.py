"""How much longer a comparison takes until its interval decides, from the sample there is and the suite's margins."""

import math
from collections.abc import Iterable

import polars as pl

from deskgate.gates.bounds import Bounds
from deskgate.parity.deltas import Delta, Span

__all__ = ["hours_needed", "with_hours_needed"]


def hours_needed(delta: Delta, low: float | None, high: float | None) -> float | None:
    """Return in about how many more hours the soak's interval lies on one side of the margins, were nothing to change.

    None for a day, which does not grow, and where that cannot be said.
    """
    if delta.comparison is None or delta.span is not Span.SOAK or (low is None and high is None):
        return None
    return delta.comparison.hours_needed(-math.inf if low is None else low, math.inf if high is None else high)


def with_hours_needed(
    metrics: pl.DataFrame, deltas: Iterable[tuple[str, Delta]], bounds: Iterable[Bounds]
) -> pl.DataFrame:
    """Add to the note of each difference since the baseline that is not decided how many more hours it takes.

    Parameters
    ----------
    metrics
        `Metrics`.
    deltas
        The metric's name and the difference it holds.
    bounds
        Of the suite that judges them.
    """
    margins = {each.metric: each for each in bounds if each.whole_interval}
    notes = []
    for name, delta in deltas:
        if (margin := margins.get(name)) is None:
            continue
        hours = hours_needed(delta, margin.min_value, margin.max_value)
        if hours:
            notes.append((delta.bot, name, f"about {math.ceil(hours)} more hours like these would decide"))
    added = pl.DataFrame(notes, schema=dict.fromkeys(("subject", "metric", "more"), pl.String()), orient="row")
    return (
        metrics.join(added, on=["subject", "metric"], how="left", maintain_order="left")
        .with_columns(note=pl.concat_str("note", "more", separator="; ", ignore_nulls=True).replace("", None))
        .drop("more")
    )
