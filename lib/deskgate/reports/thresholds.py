"""What other margins would have said of the days on record, and what each costs at the sample there is."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from deskgate.config.plural import count_of
from deskgate.intervals.power import chances, standard_error
from deskgate.intervals.sequences import multiplier
from deskgate.intervals.settings import IntervalSettings
from deskgate.reports.selection import Selection

__all__ = ["Thresholds", "no_thresholds", "thresholds"]

# Points of a curve, and how far it is drawn: in margins as they are, and in margins that would pass.
POINTS = 61
FARTHEST = 3.0
# The two ways to be wrong, as a chart names them.
FALSE_ALARM = "equal bots do not pass"
UNDECIDED = "of those: undecided"
MISS = "bots a margin of today apart pass"

_DAYS = {
    "date": pl.Date(),
    **dict.fromkeys(("title", "unit"), pl.String()),
    **dict.fromkeys(("delta", "low", "high", "margin", "passes_from", "fails_below"), pl.Float64()),
}
_POWER = {
    "span": pl.String(),
    "margin": pl.Float64(),
    "outcome": pl.String(),
    "chance": pl.Float64(),
    "today": pl.Float64(),
    "unit": pl.String(),
}
_WHY = {"span": pl.String(), "summary": pl.String()}


@dataclass(frozen=True)
class Thresholds:
    """One bot's measure under other margins.

    Parameters
    ----------
    title
        What it is about, in one line.
    days
        One row a day: date, span "day", delta, low, high, margin (as it was), passes_from (the smallest margin on either
        side of 0 that passes), fails_below (margins below it fail); the last two are null without an interval.
    power
        One row per span, margin and outcome: span, margin, outcome, chance, today (the margin in force), unit.
    why
        One row per span of which there is no power curve: span, summary.
    """

    title: str
    days: pl.DataFrame
    power: pl.DataFrame
    why: pl.DataFrame


def no_thresholds(title: str) -> Thresholds:
    """Return what there is to show of a day on which nothing is judged."""
    return Thresholds(title, pl.DataFrame(schema=_DAYS), pl.DataFrame(schema=_POWER), pl.DataFrame(schema=_WHY))


def thresholds(today: pl.DataFrame, history: pl.DataFrame, settings: IntervalSettings, wanted: Selection) -> Thresholds:
    """Return one measure of one bot under other margins.

    Parameters
    ----------
    today
        The view `parity_deltas` of the day, both spans.
    history
        `History.rows` of that view.
    settings
        How the intervals were made.
    wanted
        Whose and which.
    """
    mine = (pl.col("bot") == wanted.bot) & (pl.col("measure") == wanted.measure)
    farther = pl.max_horizontal(pl.col("low").abs(), pl.col("high").abs())
    nearer = pl.max_horizontal(pl.col("low"), -pl.col("high"), 0.0)
    known = pl.col("low").is_not_null() & pl.col("high").is_not_null()
    days = history.filter(mine).select(
        "date",
        "title",
        "unit",
        "delta",
        "low",
        "high",
        margin=_margin(),
        passes_from=pl.when(known).then(farther),
        fails_below=pl.when(known).then(nearer),
    )
    rows = today.filter(mine).with_columns(margin=_margin()).to_dicts()
    curves = [_power(row, settings) for row in rows]
    why = [(row["span"], curve) for row, curve in zip(rows, curves, strict=True) if isinstance(curve, str)]
    empty = pl.DataFrame(schema=_POWER)
    return Thresholds(
        f"{wanted.bot}, {wanted.measure}: {days.height} of the last {count_of(wanted.days, 'day')} on record",
        days,
        pl.concat([empty, *(curve for curve in curves if isinstance(curve, pl.DataFrame))]),
        pl.DataFrame(why, schema=_WHY, orient="row"),
    )


def _margin() -> pl.Expr:
    """Return the wider of both margins: what stands here is of margins alike on both sides."""
    return pl.max_horizontal(pl.col("margin_low").abs(), pl.col("margin_high").abs())


def _power(row: dict[str, object], settings: IntervalSettings) -> pl.DataFrame | str:
    """Return the curves of one span, or why there are none."""
    low, high, today, blocks = (row[name] for name in ("low", "high", "margin", "blocks"))
    if not isinstance(low, float) or not isinstance(high, float) or not isinstance(today, float):
        return str(row["why"] or "no interval or no margin")
    half_width = (high - low) / 2
    if half_width <= 0:
        return "the interval has no width"
    error = _error(half_width, str(row["span"]), float(str(blocks)), settings)
    margins = np.linspace(0, max(FARTHEST * today, 1.5 * half_width), POINTS)
    equal, apart = (chances(margins, half_width=half_width, error=error, truth=truth) for truth in (0.0, today))
    lines = {FALSE_ALARM: 1 - equal.passed, UNDECIDED: equal.undecided, MISS: apart.passed}
    return pl.concat(
        [
            pl.DataFrame({"margin": margins, "chance": np.clip(chance, 0, 1)}).select(
                pl.lit(str(row["span"])).alias("span"),
                "margin",
                pl.lit(outcome).alias("outcome"),
                "chance",
                pl.lit(today).alias("today"),
                pl.lit(str(row["unit"])).alias("unit"),
            )
            for outcome, chance in lines.items()
        ]
    )


def _error(half_width: float, span: str, blocks: float, settings: IntervalSettings) -> float:
    """Return the standard error behind an interval: the soak's is wider, as it holds at every look."""
    if span == "day":
        return standard_error(half_width, settings.confidence)
    return half_width / float(multiplier(np.array([blocks]), settings)[0])
