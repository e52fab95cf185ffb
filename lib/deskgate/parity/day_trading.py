"""How live and its reference traded beside each other on the day: fills, mids, markouts, and the spread of single values."""

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from deskgate.case.case import Case
from deskgate.intervals.compare import compare
from deskgate.intervals.interval import Interval
from deskgate.measures.horizons import HORIZONS
from deskgate.measures.latency import FILL_LATENCY
from deskgate.measures.markouts import MARKOUTS
from deskgate.measures.measure import Measure, value
from deskgate.measures.priced import priced
from deskgate.measures.slippage import SLIPPAGE
from deskgate.parity.day_rows import LIVE, REFERENCE, ComparedDay, compared_days
from deskgate.parity.references import Kind, compared
from deskgate.parity.sums import rows_of, side
from deskgate.prices.mids import mids_of_day

__all__ = ["day_fills", "day_mids", "distributions", "markouts", "spreads"]

# Of which single values the distribution is shown, and how many of a side, or mids of a market, at most.
SINGLE_VALUES: tuple[Measure, ...] = (SLIPPAGE, FILL_LATENCY)
MOST_VALUES = 5000
LIQUIDITIES = ("all", "maker", "taker")
_TEXT = dict.fromkeys(("of", "role", "liquidity"), pl.String())
_MARKOUTS = {**_TEXT, "horizon_s": pl.Float64(), "value": pl.Float64(), "rows": pl.Int64(), "known": pl.Float64()}
_VALUES = {**dict.fromkeys(("of", "measure", "role"), pl.String()), "value": pl.Float64(), "weight": pl.Float64()}
_DAY_MIDS = {"of": pl.String(), "pair": pl.String(), "ts": pl.Datetime("us", "UTC"), "mid": pl.Float64()}
_SPREAD = {
    **dict.fromkeys(("of", "measure"), pl.String()),
    **dict.fromkeys(("live_sd", "reference_sd", "ratio", "low", "high"), pl.Float64()),
}


def day_fills(case: Case) -> pl.DataFrame:
    """Return the day's agreed fills of each compared bot and its shadow, whether their minutes are compared or not.

    Returns
    -------
    polars.DataFrame
        bot, role (live or reference), of (the compared bot), pair, ts, side, price, quantity; sorted by (of, role, ts).
    """
    roles = [(bot.name, LIVE, bot.name) for bot in compared(case)]
    roles += [(bot.shadow, REFERENCE, bot.name) for bot in compared(case) if bot.shadow]
    who = pl.DataFrame(roles, schema=dict.fromkeys(("bot", "role", "of"), pl.String()), orient="row")
    fills = case.of_day(priced(case)).select("bot", "pair", "ts", "side", *_floats("price", "quantity"))
    both = fills.join(who, on="bot", maintain_order="left")
    return both.select("bot", "role", "of", pl.exclude("bot", "role", "of")).sort(
        "of", "role", "ts", maintain_order=True
    )


def day_mids(case: Case) -> pl.DataFrame:
    """Return the day's mids as each compared bot observed them: of, pair, ts, mid (quote); sorted by (of, pair, ts).

    Of more than `MOST_VALUES` of a market so many are taken, evenly in time.
    """
    names = {bot.name for bot in compared(case)}
    found = [
        _evenly(case.of_day(rows)).select(
            of=pl.lit(bot), pair=pl.lit(pair), ts="ts", mid=pl.col("mid").cast(pl.Float64)
        )
        for (bot, pair), rows in mids_of_day(case).by_market.items()
        if bot in names
    ]
    return pl.concat([pl.DataFrame(schema=_DAY_MIDS), *found])


def markouts(case: Case) -> pl.DataFrame:
    """Return the markouts of the compared minutes by horizon; that of 0 s is against the mid before the fill.

    Returns
    -------
    polars.DataFrame
        of, role, liquidity (all, maker, taker), horizon_s, value (bps of notional; null where no fill has that mid), rows
        (measured), known (their share of the fills).
    """
    at = {0.0: (SLIPPAGE, -1.0)}
    at |= {after.total_seconds(): (measure, 1.0) for after, measure in zip(HORIZONS.values(), MARKOUTS, strict=True)}
    rows = [
        (day.bot, role, liquidity, horizon, *_marked(measure, sign, side_rows, liquidity))
        for day in compared_days(case)
        for horizon, (measure, sign) in sorted(at.items())
        for role, side_rows in day.rows(measure.rows(case)).items()
        for liquidity in LIQUIDITIES
    ]
    return pl.DataFrame(rows, schema=_MARKOUTS, orient="row").sort(
        "of", "role", "liquidity", "horizon_s", maintain_order=True
    )


def distributions(case: Case) -> pl.DataFrame:
    """Return the single values behind slippage and fill latency: of, measure, role, value (its unit), weight (`den`).

    Of more than `MOST_VALUES` of a side so many are taken, evenly in time.
    """
    frames = [
        _values(measure, _evenly(rows)).select(
            pl.lit(day.bot).alias("of"),
            pl.lit(measure.name).alias("measure"),
            pl.lit(role).alias("role"),
            "value",
            weight="den",
        )
        for day in compared_days(case)
        for measure in SINGLE_VALUES
        for role, rows in day.rows(_known(measure, case)).items()
    ]
    return pl.concat([pl.DataFrame(schema=_VALUES), *frames])


def spreads(case: Case) -> pl.DataFrame:
    """Return how widely single values stray about their mean, on both sides.

    Returns
    -------
    polars.DataFrame
        of, measure, live_sd, reference_sd (in the measure's unit, weighted by `den`), ratio (live over reference), low,
        high: the interval of the ratio. That is made of the difference of the log variances, to first order by blocks of
        time; null beside anything but a shadow, and where the day does not give one.
    """
    rows = [_spread(case, day, measure) for day in compared_days(case) for measure in SINGLE_VALUES]
    return pl.DataFrame(rows, schema=_SPREAD, orient="row")


def _floats(*names: str) -> Iterator[pl.Expr]:
    return (pl.col(name).cast(pl.Float64) for name in names)


def _marked(
    measure: Measure, sign: float, rows: pl.DataFrame, liquidity: str
) -> tuple[float | None, int, float | None]:
    of = rows if liquidity == LIQUIDITIES[0] else rows.filter(pl.col("liquidity") == liquidity)
    found, known = value(measure, of), of["num"].count()
    return None if found is None else sign * found, known, known / of.height if of.height else None


def _known(measure: Measure, case: Case) -> pl.DataFrame:
    return measure.rows(case).filter(pl.col("num").is_not_null(), pl.col("den") > 0)


def _values(measure: Measure, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(value=pl.col("num") / pl.col("den") * measure.scale)


def _evenly(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `MOST_VALUES` of more rows: those at which the place's share of them steps on."""
    step = pl.int_range(1, pl.len() + 1) * MOST_VALUES // pl.len()
    return rows if rows.height <= MOST_VALUES else rows.filter(step > step.shift(1, fill_value=0))


def _squares(measure: Measure, rows: pl.DataFrame) -> tuple[pl.DataFrame, float | None]:
    """Return the rows with `den` times the squared distance from their mean as `num`, and the variance."""
    mean = value(measure, rows)
    squared = _values(measure, rows).with_columns(num=pl.col("den") * (pl.col("value") - pl.lit(mean, pl.Float64)) ** 2)
    return squared, None if mean is None else math.fsum(squared["num"]) / math.fsum(squared["den"])


def _spread(case: Case, day: ComparedDay, measure: Measure) -> tuple[Any, ...]:
    squares = {role: _squares(measure, rows) for role, rows in day.rows(_known(measure, case)).items()}
    deviations = [None if variance is None else math.sqrt(variance) for _, variance in squares.values()]
    live, theirs = deviations
    if not live or not theirs:
        return (day.bot, measure.name, *deviations, None, None, None)
    ratio, interval = live / theirs, _relative(case, day, squares)
    # Half of a difference of log variances is one of log deviations.
    ends = (ratio * math.exp(end / 2) for end in (interval.low, interval.high)) if interval else (None, None)
    return (day.bot, measure.name, *deviations, ratio, *ends)


def _relative(case: Case, day: ComparedDay, squares: dict[str, tuple[pl.DataFrame, float | None]]) -> Interval | None:
    """Return the interval of the difference of both variances, each in units of its own: of log variances less their own."""
    if day.part.reference.kind is not Kind.SHADOW or day.part.live.is_empty():
        return None
    live, theirs = (
        side(rows_of(rows.with_columns(num=pl.col("num") / variance)), day.live, 1.0).sums
        for rows, variance in squares.values()
    )
    return compare(live, theirs, case.intervals, day_from=int(live.minute[0])).day.interval
