"""Live against its reference: does the bot trade as its shadow, its own past, or its stated expectation says it should?

Deltas are live minus reference, signed: above and below are different findings. Each has the interval that the sample
allows, of the day and of the whole soak; the gate holds the whole interval against its margins.
"""

from collections.abc import Sequence

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import MetricSpec, Scope, bots_that
from deskgate.case.units import for_readers
from deskgate.config.plural import count_of
from deskgate.measures.measure import Measure
from deskgate.measures.priced import priced
from deskgate.measures.realized_pnl import REALIZED_GROSS_BPS
from deskgate.measures.registry import GATED
from deskgate.measures.slippage import SLIPPAGE
from deskgate.parity.copies import shared_share
from deskgate.parity.deltas import Delta, Span, gated_deltas, metric_name
from deskgate.parity.matched import matched_share
from deskgate.parity.references import compared, is_compared
from deskgate.parity.sums import Side
from deskgate.prices.quotes import CANDLES, MID_REF

__all__ = ["METRICS", "check"]

_STAND_INS = {MID_REF: "`mid_ref` of a fill", CANDLES: "the close of a candle"}
WITH_SHADOW = bots_that("bots with a `shadow`", lambda bot: bot.shadow is not None)
# Constants state what a bot earns net, not of what that is made.
BESIDE_TRADING = bots_that(
    "bots that parity compares with trading: all but those with `expected`",
    lambda bot: is_compared(bot) and not bot.expected,
)
COMPARED = bots_that("bots that parity compares: live, or with `shadow`, `baseline_window` or `expected`", is_compared)


def _scope(measure: Measure) -> Scope:
    return BESIDE_TRADING if measure is REALIZED_GROSS_BPS else COMPARED


METRICS = (
    MetricSpec(
        "matched_share",
        "share",
        COMPARED,
        "Share of the day's minutes in which the bot ran that are compared: its reference ran then too, on the same pair.",
    ),
    MetricSpec(
        "shared_fills_share",
        "share",
        WITH_SHADOW,
        "Share of the shadow's fills of the soak that are the live bot's as well.",
    ),
    MetricSpec(
        "mid_coverage",
        "share",
        COMPARED,
        "Share of the day's compared turnover that has a mid before the fill, of the side that has less of it.",
    ),
    MetricSpec(
        "measured_share",
        "share",
        COMPARED,
        "Share of the compared orders and fills that could be measured, of the measure, the span and the side that has least.",
    ),
    *(
        MetricSpec(name, measure.unit, _scope(measure), f"{of}: {measure.doc}", leg=leg)
        for measure in GATED
        for name, of, leg in (
            (measure.name, "Live, the day", measure.leg),
            # It is of another bot.
            (f"{measure.name}_reference", "Its reference, the day", ""),
            (metric_name(measure, Span.DAY), "Live minus reference, the day", measure.leg),
            (metric_name(measure, Span.SOAK), "Live minus reference, since the baseline", measure.leg),
        )
    ),
)


def check(case: Case) -> Findings:
    """Compare every bot that parity judges with its reference.

    Returns
    -------
    Findings
        Per bot `matched_share`, `mid_coverage`, `measured_share` and, with a shadow, `shared_fills_share`; and of each gated measure `<measure>` (live),
        `<measure>_reference` and `<measure>_delta` of the day, the delta with the day's interval, its sample the smaller
        number of rows of both sides; and `<measure>_soak_delta` with the interval that holds however often it is looked
        at, its sample the number of blocks.
    """
    found = {(delta.bot, delta.measure.name, delta.span): delta for delta in gated_deltas(case)}
    metrics = []
    for bot in compared(case):
        metrics.append(matched_share(case, bot))
        metrics += [shared_share(case, bot, bot.shadow)] if bot.shadow else []
        metrics.append(_coverage(case, found[bot.name, SLIPPAGE.name, Span.DAY]))
        known = [measure for measure in GATED if not measure.leg or measure.leg in bot.legs]
        metrics.append(_measured(case, [found[bot.name, measure.name, span] for measure in known for span in Span]))
        for measure in GATED:
            day, soak = (found[bot.name, measure.name, span] for span in Span)
            metrics += [
                _value(case, day, measure.name, day.live_value, day.live),
                _value(case, day, f"{measure.name}_reference", day.reference_value, day.reference or day.live),
                _delta(case, day, day.rows),
                _delta(case, soak, soak.blocks),
            ]
    return Findings(metrics)


def _value(case: Case, delta: Delta, name: str, value: float | None, of: Side | None) -> Metric:
    note = _by_method(case, delta, None if value is not None else delta.why)
    return Metric(delta.bot, name, value, of.rows if of else 0, note)


def _by_method(case: Case, delta: Delta, note: str | None) -> str | None:
    """Return a note that says by which method of accounting a value of realised PnL is."""
    if not delta.measure.is_realized:
        return note
    words = f"realised by {case.desk.accounting.words}"
    return f"{note}; {words}" if note else words


def _delta(case: Case, delta: Delta, sample: int) -> Metric:
    """Return a difference with its interval; without an interval the value stands, and the note says what is missing."""
    if delta.interval is None:
        return Metric(delta.bot, delta.metric, delta.value, sample, _by_method(case, delta, delta.why))
    low, high = delta.interval.low, delta.interval.high
    length = delta.comparison.block_minutes if delta.comparison else None
    half_width, unit = for_readers(delta.interval.half_width, delta.measure.unit)
    least = f"{half_width:.3g} {unit}"
    seen = f"a difference of less than {least} does not show in {delta.blocks} blocks of {length} min"
    return Metric(delta.bot, delta.metric, delta.value, sample, _by_method(case, delta, seen), (low, high))


def _coverage(case: Case, slippage: Delta) -> Metric:
    if slippage.live is None:
        return Metric(slippage.bot, "mid_coverage", None, 0, slippage.why)
    note = slippage.why if slippage.value is None else _by_stand_ins(case, slippage.bot)
    return Metric(slippage.bot, "mid_coverage", slippage.known, slippage.rows, note)


def _by_stand_ins(case: Case, bot: str) -> str | None:
    """Return how many of the day's fills have no mid but one that stands in for a quote; None without such."""
    fills = case.of_day(priced(case)).filter(pl.col("bot") == bot)
    counts = {what: fills.filter(pl.col("source") == name).height for name, what in _STAND_INS.items()}
    said = [
        f"{count} of the {count_of(fills.height, 'fill')} of {bot} have no mid but {what}"
        for what, count in counts.items()
        if count
    ]
    return "; ".join(said) or None


def _measured(case: Case, of_bot: Sequence[Delta]) -> Metric:
    """Return how much could be measured of what has least: a mean over the rest would flatter it."""
    least = min(of_bot, key=lambda delta: delta.measured)
    if least.live is None:
        return Metric(least.bot, "measured_share", None, 0, least.why)
    span = "of the day" if least.span is Span.DAY else "since the baseline"
    note = f"{least.measure.title_by(case.desk.accounting)}, {span}: {least.measured:.1%} of its rows could be measured"
    note += f"; {least.why}" if least.value is None and least.why else ""
    return Metric(least.bot, "measured_share", least.measured, least.rows, note)
