"""One measure of one bot beside its reference, over the day or the soak, in whole or in part: computed when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from deskgate.case.baselines import soak_start
from deskgate.case.case import Case
from deskgate.measures.measure import Measure
from deskgate.measures.measure import value as value_of
from deskgate.measures.registry import measure_of
from deskgate.parity.deltas import Span, deltas_of
from deskgate.parity.matched import Matched, matched
from deskgate.parity.sums import ComparedMinutes, inside
from deskgate.reports.delta_rows import SEQUENCE, delta_numbers, sequence_rows
from deskgate.reports.selection import DIMENSIONS, Selection, one_of

__all__ = ["Compared", "compare_part", "no_comparison"]

HEAVIEST = 40
_BUCKETS = {
    **dict.fromkeys(("dimension", "bucket"), pl.String()),
    **dict.fromkeys(("live", "reference", "delta"), pl.Float64()),
    **dict.fromkeys(("live_rows", "reference_rows"), pl.Int64()),
}
_HEAVIEST = {
    "role": pl.String(),
    "ts": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("moves", "value", "weight"), pl.Float64()),
    **dict.fromkeys(("pair", "side", "liquidity", "id"), pl.String()),
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
        The rows that move the value most: role, ts, moves (by how much the value is above what it would be without the
        row), value, weight (`den`), pair, side, liquidity, id.
    """

    title: str
    deltas: pl.DataFrame
    sequence: pl.DataFrame
    buckets: pl.DataFrame
    rows: pl.DataFrame


def no_comparison(title: str) -> Compared:
    """Return what there is to show of a day on which nothing is compared."""
    empty = (pl.DataFrame(schema=schema) for schema in ({}, SEQUENCE, _BUCKETS, _HEAVIEST))
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
        pl.DataFrame([row | delta_numbers(both[over]) | {"hours_needed": None}], schema=known.schema),
        sequence_rows(both[Span.SOAK], (row["margin_low"], row["margin_high"])),
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
    live = inside(known.filter(pl.col("bot") == bot), ComparedMinutes(part.live)).with_columns(role=pl.lit("live"))
    other = inside(known.filter(pl.col("bot") == (found.reference.bot or "")), ComparedMinutes(part.theirs))
    return pl.concat([live, other.with_columns(role=pl.lit("reference"))])


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
    return pl.DataFrame(found, schema=_BUCKETS, orient="row")


def _heaviest(measure: Measure, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that move their side's value most; without one it is (sum num - num) / (sum den - den)."""
    num, den = (pl.col(name).sum().over("role") for name in ("num", "den"))
    others = pl.when(den > pl.col("den")).then(den - pl.col("den"))
    moves = measure.scale * (pl.col("num") - num / pl.when(den > 0).then(den) * pl.col("den")) / others
    return (
        rows.select(
            "role",
            "ts",
            moves.alias("moves"),
            (measure.scale * pl.col("num") / pl.when(pl.col("den") > 0).then("den")).alias("value"),
            pl.col("den").alias("weight"),
            *("pair", "side", "liquidity", "id"),
        )
        .sort(pl.col("moves").abs(), "ts", "id", descending=[True, False, False], nulls_last=True)
        .head(HEAVIEST)
    )
