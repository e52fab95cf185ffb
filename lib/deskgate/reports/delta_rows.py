"""A difference as the rows that pages show: its numbers, and its interval over the soak."""

from typing import Any, TypeAlias

import polars as pl

from deskgate.parity.deltas import Delta

__all__ = ["SEQUENCE", "Margins", "delta_numbers", "sequence_rows"]

# Lower and upper; None where a side has none.
Margins: TypeAlias = tuple[float | None, float | None]
SEQUENCE = {
    **dict.fromkeys(("bot", "measure"), pl.String()),
    "at": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("delta", "low", "high", "margin_low", "margin_high"), pl.Float64()),
}


def delta_numbers(delta: Delta) -> dict[str, Any]:
    """Return the numbers of a difference under the names of the view `parity_deltas`."""
    interval, comparison = delta.interval, delta.comparison
    return {
        "live": delta.live_value,
        "reference_value": delta.reference_value,
        "delta": delta.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "live_rows": delta.live.rows if delta.live else 0,
        "reference_rows": delta.reference.rows if delta.reference else 0,
        "blocks": delta.blocks,
        "block_minutes": comparison.block_minutes if comparison else None,
        "why": delta.why or None,
    }


def sequence_rows(delta: Delta, margins: Margins) -> pl.DataFrame:
    """Return the interval after each block of the soak, `SEQUENCE`; an infinite end is null, and no rows without a sequence."""
    found = delta.comparison.sequence if delta.comparison else None
    if found is None:
        return pl.DataFrame(schema=SEQUENCE)
    numbers = pl.DataFrame({"at": found.end, "delta": found.delta, "low": found.low, "high": found.high})
    return numbers.select(
        pl.lit(delta.bot).alias("bot"),
        pl.lit(delta.measure.name).alias("measure"),
        (pl.col("at") * 60_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        *(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in ("delta", "low", "high")),
        *(
            pl.lit(margin, pl.Float64).alias(name)
            for name, margin in zip(("margin_low", "margin_high"), margins, strict=True)
        ),
    )
