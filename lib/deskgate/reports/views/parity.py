"""Views of notebook 04: live against its reference."""

from typing import Any

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.assessment.time_needed import hours_needed
from deskgate.gates.suites import Suite
from deskgate.measures.measure import Measure
from deskgate.measures.registry import GATED, MEASURES
from deskgate.parity.deltas import Delta, Span, deltas, gated_deltas
from deskgate.parity.references import Reference, compared, reference_of
from deskgate.reports.delta_rows import SEQUENCE, Margins, delta_numbers, sequence_rows

__all__ = ["parity_deltas", "parity_pairs", "parity_sequence", "trading"]

_DELTAS = {
    **dict.fromkeys(("bot", "measure", "title", "unit", "span", "kind", "reference"), pl.String()),
    **dict.fromkeys(("live", "reference_value", "delta", "low", "high"), pl.Float64()),
    **dict.fromkeys(("margin_low", "margin_high", "hard_low", "hard_high"), pl.Float64()),
    **dict.fromkeys(("live_rows", "reference_rows", "blocks", "block_minutes"), pl.Int64()),
    "hours_needed": pl.Float64(),
    "gated": pl.Boolean(),
    "why": pl.String(),
}
_TRADING = {
    **dict.fromkeys(("bot", "pair", "side", "liquidity", "measure", "unit"), pl.String()),
    "value": pl.Float64(),
    "rows": pl.Int64(),
    "known": pl.Float64(),
    **dict.fromkeys(("num", "den"), pl.Float64()),
}
_NO_MARGINS: Margins = (None, None)
_SLICES = ("pair", "side", "liquidity")
_Row = tuple[Any, ...]


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
    rows = [
        _row(suite, delta, reference_of(assessment.case, bots[delta.bot]))
        | {"title": delta.measure.title_by(assessment.case.desk.accounting)}
        for delta in deltas(assessment.case)
    ]
    return pl.DataFrame(rows, schema=_DELTAS)


def parity_sequence(assessment: Assessment) -> pl.DataFrame:
    """Return the interval of each gated measure over the soak, after each block in which anything happened.

    Returns
    -------
    polars.DataFrame
        bot, measure, at (the block's end), delta, low, high (null while there is no interval), margin_low, margin_high.
    """
    suite = assessment.suites["parity"]
    soaks = [delta for delta in gated_deltas(assessment.case) if delta.span is Span.SOAK]
    return pl.concat(
        [
            pl.DataFrame(schema=SEQUENCE),
            *(sequence_rows(delta, _margins(suite, delta, stop=False)) for delta in soaks),
        ]
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
        bot, pair, side, liquidity (null: all), measure, unit, value, rows (measured), known (their share of what should be),
        num and den (the sums over the measured rows that the value is the ratio of, before the measure's scale: of several days
        both are added, and then divided).
    """
    case = assessment.case
    sliced = [_sliced(measure, case.of_day(measure.rows(case))) for measure in MEASURES]
    rows = [
        (bot.name, *row)
        for bot in case.desk.judged
        for measure, of_bots in zip(MEASURES, sliced, strict=True)
        for row in of_bots.get(bot.name, [_nothing(measure)])
    ]
    return pl.DataFrame(rows, schema=_TRADING, orient="row")


def _row(suite: Suite, delta: Delta, reference: Reference | str) -> dict[str, Any]:
    margins, hard = _margins(suite, delta, stop=False), _margins(suite, delta, stop=True)
    return {
        "bot": delta.bot,
        "measure": delta.measure.name,
        "unit": delta.measure.unit,
        "span": str(delta.span),
        "kind": delta.kind and str(delta.kind),
        "reference": None if isinstance(reference, str) else str(reference),
        **delta_numbers(delta),
        **dict(zip(("margin_low", "margin_high", "hard_low", "hard_high"), (*margins, *hard), strict=True)),
        "hours_needed": hours_needed(delta, *margins),
        "gated": delta.measure in GATED,
    }


def _margins(suite: Suite, delta: Delta, *, stop: bool) -> Margins:
    """Return the bounds of the suite on a difference, lower and upper: the margins, or the hard ones."""
    of_it = [entry for entry in suite.expectations if entry.kwargs.metric == delta.metric]
    mine = [entry.kwargs for entry in of_it if entry.meta.stop is stop]
    return (mine[0].min_value, mine[0].max_value) if mine else _NO_MARGINS


def _named(reference: Reference | str) -> tuple[str | None, str | None, str | None]:
    if isinstance(reference, str):
        return None, None, reference
    return str(reference.kind), reference.bot, None


def _sliced(measure: Measure, rows: pl.DataFrame) -> dict[str, list[_Row]]:
    """Return by bot the rows of `trading` of one measure, without the bot: in all, then by pair, by side and by liquidity."""
    known = pl.col("num").is_not_null()
    # Added one after the other: a sum of floats depends on its order.
    num, den = (pl.col(name).filter(known).cum_sum().last() for name in ("num", "den"))
    found: dict[str, list[_Row]] = {}
    for name in ("", *_SLICES):
        by = rows.group_by(["bot", name] if name else ["bot"], maintain_order=True)
        parts = by.agg(known=known.sum(), rows=pl.len(), num=num, den=den).iter_rows(named=True)
        for part in sorted(parts, key=lambda part: str((part.get(name),))):
            if name and part[name] is None:
                continue
            where = (part[name] if each == name else None for each in _SLICES)
            value = measure.of_sums(part["num"], part["den"])
            share = part["known"] / part["rows"]
            row = (*where, measure.name, measure.unit, value, part["known"], share, part["num"], part["den"])
            found.setdefault(part["bot"], []).append(row)
    return found


def _nothing(measure: Measure) -> _Row:
    """Return the row of a bot of which a measure has none."""
    return (None, None, None, measure.name, measure.unit, None, 0, 0.0, None, None)
