"""Which hours, sides, sizes and volatility regimes make live differ from its reference.

With R = N / D of the whole day and n, d of one bucket, a bucket contributes

    (n_live - R_ref d_live) / D_live - (n_ref - R_ref d_ref) / D_ref

as in the attribution of Brinson and Fachler (Measuring Non-US Equity Portfolio Performance, Journal of Portfolio Management
11, 1985): its own difference of the ratios, weighted as live is, and what live's other weight of it is worth where the
reference is better or worse there than as a whole. The second terms add up to 0 and the first to R_live - R_ref, so that the
buckets of one dimension add up to the delta; equal ratios with other weights contribute nothing.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case
from deskgate.measures.measure import Measure
from deskgate.measures.priced import HORIZON_AGE
from deskgate.measures.registry import GATED
from deskgate.parity.day_rows import LIVE, REFERENCE, ComparedDay, compared_days
from deskgate.prices.mids import mids_between

__all__ = ["contributions"]

# Over how long the move of the mid before a row says how volatile the market is.
MOVE_OVER = timedelta(minutes=5)
SIZES = ("smallest third", "middle third", "largest third")
VOLATILITIES = ("calm", "usual", "wild")
UNKNOWN, ALIKE = "unknown", "all alike"
DIMENSIONS = ("hour", "side", "size", "volatility")
_SCHEMA = {
    **dict.fromkeys(("of", "measure", "dimension", "bucket"), pl.String()),
    **dict.fromkeys(("live", "reference", "contribution"), pl.Float64()),
    **dict.fromkeys(("rows_live", "rows_reference"), pl.Int64()),
}


def contributions(case: Case) -> pl.DataFrame:
    """Return what each bucket of each dimension contributes to the day's difference, of each compared bot and gated measure.

    Returns
    -------
    polars.DataFrame
        of (the compared bot), measure, dimension (hour, side, size, volatility), bucket, live and reference (the bucket's
        own values; null where there is nothing to divide by), contribution (in the measure's unit), rows_live,
        rows_reference; the buckets of a dimension in their order. size: thirds of the rows' `den`. volatility: thirds of
        the absolute move of the mid over the 5 minutes before. Both of the rows of live and reference together.
    """
    known = {measure.name: measure.rows(case).filter(pl.col("num").is_not_null()) for measure in GATED}
    rows = [
        row
        for day in compared_days(case)
        for measure in GATED
        for row in _of_measure(case, day, measure, known[measure.name])
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _of_measure(case: Case, day: ComparedDay, measure: Measure, known: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    delta = day.delta(measure)
    if delta.value is None or delta.reference_value is None:
        return
    sides = day.rows(known)
    rows = pl.concat([side.with_columns(role=pl.lit(role)) for role, side in sides.items()])
    placed = _placed(rows.with_columns(num=pl.col("num") * measure.scale, move=_move(case, rows)))
    constant = delta.reference_value if delta.reference is None else None
    (whole,) = _sums(placed, pl.lit("")).values()
    for dimension in DIMENSIONS:
        inside = _sums(placed, pl.col(dimension))
        for bucket in sorted(inside, key=lambda name: _place(dimension, name)):
            found = _bucket(whole, inside[bucket], delta.reference_value, constant)
            yield day.bot, measure.name, dimension, bucket, *found


class _Sum(NamedTuple):
    """The sums of one side's rows, and how many they are."""

    num: float
    den: float
    rows: int


_Sums = tuple[_Sum, _Sum]


def _bucket(whole: _Sums, inside: _Sums, level: float, constant: float | None) -> tuple[Any, ...]:
    """Return live, reference, contribution and the two numbers of rows of one bucket.

    `level` is the reference's value of the day; `constant` is that value where the reference has no rows.
    """
    live, theirs = inside
    all_live, all_theirs = whole
    contribution = (live.num - level * live.den) / all_live.den
    if all_theirs.den:
        # By its own ratio and not by `level`: of a baseline window that is the ratio of its whole blocks.
        contribution -= (theirs.num - all_theirs.num / all_theirs.den * theirs.den) / all_theirs.den
    values = [side.num / side.den if side.den else None for side in inside]
    return values[0], values[1] if constant is None else constant, contribution, live.rows, theirs.rows


def _sums(rows: pl.DataFrame, bucket: pl.Expr) -> dict[str, _Sums]:
    """Return by bucket the sums of live and of the reference; exact, so that the order of the rows changes no digit."""
    found: dict[str, dict[str, _Sum]] = {}
    for name, role, num, den in rows.group_by(bucket.alias("bucket"), "role").agg("num", "den").iter_rows():
        found.setdefault(name, {})[role] = _Sum(math.fsum(num), math.fsum(den), len(num))
    nothing = _Sum(0.0, 0.0, 0)
    return {name: (sums.get(LIVE, nothing), sums.get(REFERENCE, nothing)) for name, sums in found.items()}


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the bucket of each row in each dimension."""
    return rows.with_columns(
        hour=pl.col("ts").dt.strftime("%H:00"),
        side=pl.col("side").fill_null(UNKNOWN),
        # What has no size, such as a funding payment, is in no third.
        size=_thirds(pl.when(pl.col("den") > 0).then("den"), SIZES),
        volatility=_thirds(pl.col("move"), VOLATILITIES),
    )


def _thirds(value: pl.Expr, names: tuple[str, str, str]) -> pl.Expr:
    low, high = (value.quantile(share, "lower") for share in (1 / 3, 2 / 3))
    third = (
        pl.when(value <= low)
        .then(pl.lit(names[0]))
        .when(value <= high)
        .then(pl.lit(names[1]))
        .otherwise(pl.lit(names[2]))
    )
    alike = value.min() == value.max()
    return pl.when(value.is_null()).then(pl.lit(UNKNOWN)).when(alike).then(pl.lit(ALIKE)).otherwise(third)


def _place(dimension: str, bucket: str) -> tuple[int, str]:
    order = {"size": SIZES, "volatility": VOLATILITIES}.get(dimension, ())
    if bucket == UNKNOWN:
        return len(order) + 1, ""
    return (order.index(bucket), "") if bucket in order else (len(order), bucket)


def _move(case: Case, rows: pl.DataFrame) -> pl.Series:
    """Return the absolute change of the bot's own mid over the 5 minutes before each row, as a share; null without both mids.

    Neither may be older than half of that, so that they are not one and the same.
    """
    at, age = pl.col("ts"), MOVE_OVER * HORIZON_AGE
    since = max(measured_since(case), (rows.select(pl.col("ts").min()).item() or case.start) - MOVE_OVER)
    known = mids_between(case, since, case.end)
    now, before = (known.as_of(rows, end, end - age)["mid"].cast(pl.Float64) for end in (at, at - MOVE_OVER))
    return (now / before - 1).abs().alias("move")
