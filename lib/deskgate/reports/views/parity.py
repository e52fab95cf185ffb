"""Views of notebook 04: live against its reference."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.assessment.time_needed import hours_needed
from deskgate.config.bot import Bot
from deskgate.gates.suites import Suite
from deskgate.measures.measure import Measure, value
from deskgate.measures.registry import GATED, MEASURES
from deskgate.parity.deltas import Delta, Span, deltas
from deskgate.parity.references import Reference, compared, reference_of

__all__ = ["parity", "parity_deltas", "parity_pairs", "parity_sequence", "trading"]

_SUFFIX = {Span.DAY: "_delta", Span.SOAK: "_soak_delta"}
_DELTAS = {
    **dict.fromkeys(("bot", "measure", "title", "unit", "span", "kind", "reference"), pl.String()),
    **dict.fromkeys(("live", "reference_value", "delta", "low", "high"), pl.Float64()),
    **dict.fromkeys(("margin_low", "margin_high", "hard_low", "hard_high"), pl.Float64()),
    **dict.fromkeys(("live_rows", "reference_rows", "blocks", "block_minutes"), pl.Int64()),
    "hours_needed": pl.Float64(),
    "gated": pl.Boolean(),
    "why": pl.String(),
}
_SEQUENCE = {
    **dict.fromkeys(("bot", "measure"), pl.String()),
    "at": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("delta", "low", "high", "margin_low", "margin_high"), pl.Float64()),
}
_TRADING = {
    **dict.fromkeys(("bot", "pair", "side", "liquidity", "measure", "unit"), pl.String()),
    "value": pl.Float64(),
    "rows": pl.Int64(),
    "known": pl.Float64(),
}
Margins = tuple[float | None, float | None]
_NO_MARGINS: Margins = (None, None)


def parity(assessment: Assessment) -> pl.DataFrame:
    """Return live against reference, the day: bot, metric, live, reference, bound (the upper margin)."""
    return (
        parity_deltas(assessment)
        .filter("gated", pl.col("span") == Span.DAY)
        .select("bot", "live", metric="measure", reference="reference_value", bound="margin_high")
        .select("bot", "metric", "live", "reference", "bound")
        .sort("bot", "metric")
    )


def parity_deltas(assessment: Assessment) -> pl.DataFrame:
    """Return every difference of every compared bot, live minus reference, with its interval and margins.

    Returns
    -------
    polars.DataFrame
        bot, measure, title, unit, span (day or soak), kind and reference (what the bot is compared with), live,
        reference_value, delta, low, high (null without an interval), margin_low, margin_high, hard_low, hard_high (null
        where the suite judges nothing), live_rows, reference_rows, blocks, block_minutes, hours_needed (until the
        interval is on one side of the margins, were nothing to change), gated, why (what is missing; else null).
    """
    suite, bots = assessment.suites["parity"], assessment.case.desk.bots
    rows = [_row(suite, delta, reference_of(assessment.case, bots[delta.bot])) for delta in deltas(assessment.case)]
    return pl.DataFrame(rows, schema=_DELTAS, orient="row")


def parity_sequence(assessment: Assessment) -> pl.DataFrame:
    """Return the interval of each gated measure over the soak, after each block in which anything happened.

    Returns
    -------
    polars.DataFrame
        bot, measure, at (the block's end), delta, low, high (null while there is no interval), margin_low, margin_high.
    """
    rows = [row for delta in deltas(assessment.case) for row in _path(assessment.suites["parity"], delta)]
    frame = pl.DataFrame(rows, schema=_SEQUENCE, orient="row")
    return frame.with_columns(
        pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in ("delta", "low", "high")
    )


def parity_pairs(assessment: Assessment) -> pl.DataFrame:
    """Return who is compared with whom: bot, kind, reference (a bot; null: none or constants), why (there is none)."""
    case = assessment.case
    rows = [(bot.name, *_named(reference_of(case, bot))) for bot in compared(case)]
    return pl.DataFrame(rows, schema=dict.fromkeys(("bot", "kind", "reference", "why"), pl.String()), orient="row")


def trading(assessment: Assessment) -> pl.DataFrame:
    """Return every measure of every judged bot over the day: in all, by pair, by side and by liquidity.

    Returns
    -------
    polars.DataFrame
        bot, pair, side, liquidity (null: all), measure, unit, value, rows (measured), known (their share of what should be).
    """
    case = assessment.case
    frames = [
        _sliced(bot, measure, case.of_day(measure.rows(case))) for bot in case.desk.judged for measure in MEASURES
    ]
    return pl.DataFrame([row for rows in frames for row in rows], schema=_TRADING, orient="row")


def _row(suite: Suite, delta: Delta, reference: Reference | str) -> tuple[Any, ...]:
    margins, hard = _margins(suite, delta, stop=False), _margins(suite, delta, stop=True)
    return (
        *(delta.bot, delta.measure.name, delta.measure.title, delta.measure.unit, str(delta.span)),
        *(None if delta.kind is None else str(delta.kind), None if isinstance(reference, str) else str(reference)),
        *(delta.live_value, delta.reference_value, delta.value),
        *((delta.interval.low, delta.interval.high) if delta.interval else (None, None)),
        *margins,
        *(hard if delta.span is Span.DAY else _NO_MARGINS),
        *(each.rows if each else 0 for each in (delta.live, delta.reference)),
        *(delta.blocks, delta.comparison.block_minutes if delta.comparison else None, hours_needed(delta, *margins)),
        *(delta.measure in GATED, delta.why or None),
    )


def _margins(suite: Suite, delta: Delta, *, stop: bool) -> Margins:
    """Return the bounds of the suite on a difference, lower and upper: the margins, or the hard ones."""
    name = f"{delta.measure.name}{_SUFFIX[delta.span]}"
    mine = [entry.kwargs for entry in suite.expectations if entry.kwargs.metric == name and entry.meta.stop is stop]
    return (mine[0].min_value, mine[0].max_value) if mine else _NO_MARGINS


def _path(suite: Suite, delta: Delta) -> Iterator[tuple[Any, ...]]:
    if (
        delta.span is not Span.SOAK
        or delta.measure not in GATED
        or not delta.comparison
        or not delta.comparison.sequence
    ):
        return
    found, margins = delta.comparison.sequence, _margins(suite, delta, stop=False)
    for end, *ends in zip(found.end, found.delta, found.low, found.high, strict=True):
        at = datetime.fromtimestamp(int(end) * 60, UTC)
        yield (delta.bot, delta.measure.name, at, *map(float, ends), *margins)


def _named(reference: Reference | str) -> tuple[str | None, str | None, str | None]:
    if isinstance(reference, str):
        return None, None, reference
    return str(reference.kind), reference.bot, None


def _sliced(bot: Bot, measure: Measure, rows: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    mine = rows.filter(pl.col("bot") == bot.name)
    for names in ((), ("pair",), ("side",), ("liquidity",)):
        parts = mine.partition_by(names, as_dict=True, maintain_order=True) if names else {(): mine}
        for key, part in sorted(parts.items(), key=lambda item: str(item[0])):
            place = dict(zip(names, key, strict=True))
            if names and None in key:
                continue
            known = part.filter(pl.col("num").is_not_null())
            share = known.height / part.height if part.height else 0.0
            where = (place.get("pair"), place.get("side"), place.get("liquidity"))
            yield (bot.name, *where, measure.name, measure.unit, value(measure, part), known.height, share)
