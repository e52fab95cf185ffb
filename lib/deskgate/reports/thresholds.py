"""What other margins would have said of the days on record, and what each costs at the sample there is."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from deskgate.config.errors import InputError, did_you_mean
from deskgate.intervals.power import chances, standard_error
from deskgate.intervals.sequences import multiplier
from deskgate.intervals.settings import IntervalSettings

__all__ = ["Thresholds", "choose", "thresholds"]

# Points of a curve, and how far it is drawn: in margins as they are, and in margins that would pass.
POINTS = 61
FARTHEST = 3.0
# The two ways to be wrong, as a chart names them.
FALSE_ALARM = "equal bots do not pass"
UNDECIDED = "of those: undecided"
MISS = "bots a margin of today apart pass"


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


def choose(deltas: pl.DataFrame, bot: str, measure: str) -> tuple[str, str]:
    """Return the bot and the judged measure of those names; an empty name takes the first one.

    Raises
    ------
    InputError
        There is no such bot or measure, or nothing that is judged.
    """
    judged = deltas.filter("gated") if deltas.columns else deltas
    if judged.is_empty():
        raise InputError(
            "parity: no difference of the day is judged, expected a live bot, or one with a shadow; see notebook 04"
        )
    return _named(judged["bot"], bot, "bot"), _named(judged["measure"], measure, "measure")


def _named(names: pl.Series, wanted: str, what: str) -> str:
    known = names.unique(maintain_order=True).to_list()
    if wanted and wanted not in known:
        raise InputError(
            f"`{what}` is '{wanted}'{did_you_mean(wanted, known)}, expected one of {', '.join(known)}; correct the parameter"
        )
    return wanted or str(known[0])


def thresholds(
    today: pl.DataFrame, history: pl.DataFrame, settings: IntervalSettings, *, bot: str = "", measure: str = ""
) -> Thresholds:
    """Return one measure of one bot under other margins.

    Parameters
    ----------
    today
        The view `parity_deltas` of the day, both spans.
    history
        `History.rows` of that view.
    settings
        How the intervals were made.
    bot, measure
        Whose and which; empty: the first one that is judged.

    Raises
    ------
    InputError
        There is no such bot or measure.
    """
    bot, measure = choose(today, bot, measure)
    mine = (pl.col("bot") == bot) & (pl.col("measure") == measure)
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
    empty = pl.DataFrame(
        schema={
            **dict.fromkeys(("span", "outcome", "unit"), pl.String()),
            **dict.fromkeys(("margin", "chance", "today"), pl.Float64()),
        }
    ).select("span", "margin", "outcome", "chance", "today", "unit")
    return Thresholds(
        f"{bot}, {measure}: {days.height} days on record",
        days,
        pl.concat([empty, *(curve for curve in curves if isinstance(curve, pl.DataFrame))]),
        pl.DataFrame(why, schema={"span": pl.String, "summary": pl.String}, orient="row"),
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
