"""How far live is from its reference, and how sure that is: every measure of every compared bot, the day and the soak."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import polars as pl

from deskgate.case.baselines import soak_start
from deskgate.case.case import Case, per_case
from deskgate.case.values import not_linear
from deskgate.config.bot import Bot
from deskgate.intervals.compare import Comparison, compare
from deskgate.intervals.interval import Interval
from deskgate.intervals.sums import Sums
from deskgate.measures.measure import Measure
from deskgate.measures.registry import MEASURES
from deskgate.parity.constants import constant_of
from deskgate.parity.matched import Matched, matched
from deskgate.parity.references import Kind, compared
from deskgate.parity.sums import Side, side
from deskgate.reconciliation.agreed import unconfirmed

__all__ = ["Delta", "Span", "deltas"]


class Span(StrEnum):
    """Over what a difference is taken."""

    DAY = "day"
    SOAK = "soak"


@dataclass(frozen=True)
class Delta:
    """One measure of one bot over one span, live minus its reference, in the measure's unit.

    `interval` is what the difference may be: of the day for one look, of the soak however often one looks. Where there is
    no value or no interval, `why` says what is missing. `live` and `reference` are the two sides by minute; a constant has
    none. `comparison` holds the soak's sequence, and says how much longer it takes.
    """

    bot: str
    measure: Measure
    span: Span
    kind: Kind | None
    why: str
    live: Side | None = None
    reference: Side | None = None
    live_value: float | None = None
    reference_value: float | None = None
    interval: Interval | None = None
    blocks: int = 0
    comparison: Comparison | None = None

    @property
    def value(self) -> float | None:
        """Live minus reference; None where one of them has no value."""
        if self.live_value is None or self.reference_value is None:
            return None
        return self.live_value - self.reference_value

    @property
    def rows(self) -> int:
        """How many rows were measured, of the side that has fewer."""
        return min((each.rows for each in (self.live, self.reference) if each), default=0)

    @property
    def known(self) -> float:
        """Share of what should be measured that was, of the side that has less of it."""
        return min((each.known for each in (self.live, self.reference) if each), default=0.0)

    def by(self, comparison: Comparison, *, wider: float = 0.0) -> "Delta":
        """Return the difference as a comparison has it, its interval wider on both sides by what the reference may be off."""
        found = comparison.day if self.span is Span.DAY else comparison.soak
        interval = found.interval and Interval(found.interval.low - wider, found.interval.high + wider)
        return replace(
            self,
            why=found.why,
            live_value=found.live,
            reference_value=found.reference,
            interval=interval,
            blocks=found.blocks,
            comparison=comparison,
        )


@per_case
def deltas(case: Case) -> list[Delta]:
    """Return the differences of all compared bots: bot by bot, measure by measure, the day and then the soak."""
    return [delta for bot in compared(case) for delta in _of_bot(case, bot)]


def _of_bot(case: Case, bot: Bot) -> Iterator[Delta]:
    found = matched(case, bot)
    if isinstance(found, str):
        yield from (Delta(bot.name, measure, span, None, found) for measure in MEASURES for span in Span)
    elif why := _unmeasurable(case, bot, found):
        kind = found.reference.kind
        yield from (Delta(bot.name, measure, span, kind, why) for measure in MEASURES for span in Span)
    else:
        yield from (delta for measure in MEASURES for delta in _compare(case, bot, measure, found))


def _unmeasurable(case: Case, bot: Bot, found: Matched) -> str | None:
    """Return why the two sides cannot be compared at all, or None."""
    sides = [other for other in case.desk.judged if other.name in {bot.name, found.reference.bot}]
    reasons = [unconfirmed(case, other.name) or not_linear(case, other.name) for other in sides]
    if why := next(filter(None, reasons), None):
        return why
    if found.live.is_empty():
        beside = f" beside {found.reference}" if found.reference.kind is Kind.SHADOW else ""
        return f"no record shows a minute since the baseline in which {bot.name} ran{beside}"
    if found.reference.kind is Kind.WINDOW and found.theirs.is_empty():
        return f"no record shows a minute of its baseline window in which {bot.name} ran"
    return None


def _compare(case: Case, bot: Bot, measure: Measure, found: Matched) -> Iterator[Delta]:
    """Yield one measure's difference of the day and of the soak."""
    rows, end = measure.rows(case), case.start + timedelta(days=1)
    mine = rows.filter(pl.col("bot") == bot.name)
    others = rows.filter(pl.col("bot") == (found.reference.bot or ""))
    parts = {Span.DAY: found.within(case.start, end), Span.SOAK: found.within(soak_start(case), end)}
    live = {span: side(mine, part.live, measure.scale) for span, part in parts.items()}
    hours = {span: _hours(case, span) for span in parts}

    def against(reference: Sums | float) -> Comparison:
        day_from = int(case.start.timestamp()) // 60
        soak = live[Span.SOAK].sums
        return compare(soak, reference, case.intervals, is_share=measure.is_share, day_from=day_from)

    shadow: Comparison | None = None
    for span, part in parts.items():
        delta = Delta(bot.name, measure, span, found.reference.kind, "", live[span])
        if found.reference.kind is Kind.CONSTANTS:
            constant = constant_of(bot, measure, float(live[span].sums.den.sum()), hours[span])
            yield replace(delta, why=constant) if isinstance(constant, str) else delta.by(against(constant))
            continue
        theirs = side(others, part.theirs, measure.scale)
        delta = replace(delta, reference=theirs)
        if found.reference.kind is Kind.SHADOW:
            whole = side(others, parts[Span.SOAK].theirs, measure.scale)
            shadow = shadow or against(whole.sums)
            yield delta.by(shadow)
            continue
        off = _off(theirs.sums, case, measure)
        yield replace(delta, why=off) if isinstance(off, str) else delta.by(against(off[0]), wider=off[1])


def _hours(case: Case, span: Span) -> float:
    since = case.start if span is Span.DAY else soak_start(case)
    return (case.end - since).total_seconds() / 3600


def _off(window: Sums, case: Case, measure: Measure) -> tuple[float, float] | str:
    """Return the ratio of a window of the past and by how much it may be off, or why that is not known."""
    day_from = int(window.minute[0])
    past = compare(window, 0.0, case.intervals, is_share=measure.is_share, day_from=day_from).soak
    if past.interval is None or past.live is None:
        return f"the baseline window: {past.why}"
    return past.live, past.interval.half_width
