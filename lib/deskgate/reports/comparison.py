"""One measure of one bot beside its reference, over the day or the soak, in whole or in part: computed when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from deskgate.case.baselines import soak_start
from deskgate.case.case import Case
from deskgate.measures.measure import Measure
from deskgate.measures.measure import value as value_of
from deskgate.measures.registry import measure_of
from deskgate.parity.deltas import Delta, Span, deltas_of
from deskgate.parity.matched import Matched, matched
from deskgate.parity.sums import inside
from deskgate.reports.selection import DIMENSIONS, Selection, one_of

__all__ = ["Compared", "compare_part", "no_comparison"]

HEAVIEST = 40
_SEQUENCE = {
    **dict.fromkeys(("bot", "measure"), pl.String()),
    "at": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("delta", "low", "high", "margin_low", "margin_high"), pl.Float64()),
}
_BUCKETS = {
    **dict.fromkeys(("dimension", "bucket"), pl.String()),
    **dict.fromkeys(("live", "reference", "delta"), pl.Float64()),
    **dict.fromkeys(("live_rows", "reference_rows"), pl.Int64()),
}
_HEAVIEST = {
    **dict.fromkeys(("role", "bot", "pair"), pl.String()),
    "ts": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("side", "liquidity", "id"), pl.String()),
    **dict.fromkeys(("value", "weight", "moves"), pl.Float64()),
}


@dataclass(frozen=True)
class Compared:
    """One measure of one bot beside its reference.

    Parameters
    ----------
    title
        What it is about, in one line.
    deltas
        One row, with the columns of the view `parity_deltas`.
    sequence
        The columns of the view `parity_sequence`; of the soak, whatever the span.
    buckets
        One row per pair, side, liquidity and hour: dimension, bucket, live, reference (values), delta, live_rows,
        reference_rows.
    rows
        The rows that move the value most: role, bot, pair, ts, side, liquidity, id, value, weight (`den`), moves (what the
        value would be without the row, less what it is).
    """

    title: str
    deltas: pl.DataFrame
    sequence: pl.DataFrame
    buckets: pl.DataFrame
    rows: pl.DataFrame


def no_comparison(title: str) -> Compared:
    """Return what there is to show of a day on which nothing is compared."""
    empty = (pl.DataFrame(schema=schema) for schema in ({}, _SEQUENCE, _BUCKETS, _HEAVIEST))
    return Compared(title, *empty)


def compare_part(case: Case, known: pl.DataFrame, wanted: Selection) -> Compared:
    """Compare one measure of one bot with its reference.

    Parameters
    ----------
    known
        The view `parity_deltas` of the day, for titles and margins.
    wanted
        Whose, which, over what, and which part of the rows.

    Raises
    ------
    InputError
        No row of the bot is of the wanted part.
    """
    bot, over, whole = case.desk.bots[wanted.bot], Span(wanted.span), measure_of(wanted.measure)
    of_it = (pl.col("bot") == bot.name) & (pl.col("measure") == whole.name) & (pl.col("span") == str(over))
    row = known.filter(of_it).row(0, named=True)
    _refuse_unknown(whole.rows(case).filter(pl.col("bot") == bot.name), wanted.part)
    conditions = [DIMENSIONS[name] == value for name, value in wanted.part.items()] or [pl.lit(value=True)]
    some = replace(whole, rows=lambda each: whole.rows(each).filter(*conditions))
    both = {each.span: each for each in deltas_of(case, bot, some)}
    rows = _rows(case, some, matched(case, bot), bot.name, over)
    return Compared(
        f"{wanted}: {row['reference'] or row['why']}",
        pl.DataFrame([row | _numbers(both[over])], schema=known.schema),
        _sequence(both[Span.SOAK], row),
        _buckets(some, rows),
        _heaviest(some, rows),
    )


def _refuse_unknown(rows: pl.DataFrame, part: Mapping[str, str]) -> None:
    """Refuse a value that no row has: the comparison of nothing would look like a quiet part of the day."""
    for name, value in part.items():
        one_of(value, rows.select(DIMENSIONS[name]).to_series().drop_nulls().unique().sort().to_list(), name)


def _rows(case: Case, measure: Measure, found: Matched | str, bot: str, span: Span) -> pl.DataFrame:
    """Return the measured rows of both sides in the compared minutes of the span: `ROWS`, minute and role."""
    known = measure.rows(case).filter(pl.col("num").is_not_null())
    if isinstance(found, str):
        return known.clear().with_columns(role=pl.lit("live"))
    part = found.within(case.start if span is Span.DAY else soak_start(case), case.end)
    live = inside(known.filter(pl.col("bot") == bot), part.live).with_columns(role=pl.lit("live"))
    other = inside(known.filter(pl.col("bot") == (found.reference.bot or "")), part.theirs)
    return pl.concat([live, other.with_columns(role=pl.lit("reference"))])


def _numbers(delta: Delta) -> dict[str, Any]:
    """Return what a part of the rows changes of a row of `parity_deltas`."""
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
        "hours_needed": None,
        "why": delta.why or None,
    }


def _sequence(soak: Delta, row: dict[str, Any]) -> pl.DataFrame:
    """Return the soak's sequence with the margins of the row; without one no rows."""
    found = soak.comparison.sequence if soak.comparison else None
    if found is None:
        return pl.DataFrame(schema=_SEQUENCE)
    numbers = pl.DataFrame({"at": found.end, "delta": found.delta, "low": found.low, "high": found.high})
    return numbers.select(
        pl.lit(row["bot"]).alias("bot"),
        pl.lit(row["measure"]).alias("measure"),
        (pl.col("at") * 60_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        *(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in ("delta", "low", "high")),
        *(pl.lit(row[name], pl.Float64).alias(name) for name in ("margin_low", "margin_high")),
    )


def _buckets(measure: Measure, rows: pl.DataFrame) -> pl.DataFrame:
    """Return both sides' values by pair, side, liquidity and hour."""
    found = []
    for name, by in DIMENSIONS.items():
        named = rows.with_columns(bucket=by)
        for bucket in named["bucket"].drop_nulls().unique().sort():
            sides = [
                named.filter((pl.col("bucket") == bucket) & (pl.col("role") == role)) for role in ("live", "reference")
            ]
            live, reference = (value_of(measure, side) for side in sides)
            delta = None if live is None or reference is None else live - reference
            found.append((name, bucket, live, reference, delta, *(side.height for side in sides)))
    return pl.DataFrame(
        found,
        schema=_BUCKETS,
        orient="row",
    )


def _heaviest(measure: Measure, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that move their side's value most, and by how much: (num - ratio den) / (sum of den - den)."""
    num, den = (pl.col(name).sum().over("role") for name in ("num", "den"))
    others = pl.when(den > pl.col("den")).then(den - pl.col("den"))
    moves = measure.scale * (pl.col("num") - num / pl.when(den > 0).then(den) * pl.col("den")) / others
    return (
        rows.select(
            *("role", "bot", "pair", "ts", "side", "liquidity", "id"),
            value=measure.scale * pl.col("num") / pl.when(pl.col("den") > 0).then("den"),
            weight="den",
            moves=moves,
        )
        .sort(pl.col("moves").abs(), "ts", "id", descending=[True, False, False], nulls_last=True)
        .head(HEAVIEST)
    )
