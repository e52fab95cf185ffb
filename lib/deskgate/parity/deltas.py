"""How far live is from its reference, and how sure that is: every measure of every compared bot, the day and the soak."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from deskgate.case.baselines import soak_start
from deskgate.case.case import Case, per_case
from deskgate.case.values import not_linear
from deskgate.config.bot import Bot
from deskgate.intervals.compare import Comparison, compare
from deskgate.intervals.interval import Interval
from deskgate.intervals.sums import Sums
from deskgate.measures.measure import Measure
from deskgate.measures.registry import GATED, MEASURES
from deskgate.parity.constants import constant_of
from deskgate.parity.matched import Matched, matched
from deskgate.parity.references import Kind, compared
from deskgate.parity.sums import ComparedMinutes, Rows, Side, by_bot, side
from deskgate.reconciliation.agreed import unagreed, unconfirmed

__all__ = ["Delta", "Span", "deltas", "deltas_of", "gated_deltas", "metric_name"]


class Span(StrEnum):
    """Over what a difference is taken."""

    DAY = "day"
    SOAK = "soak"


def metric_name(measure: Measure, span: Span) -> str:
    """Return what the gate calls the difference of a measure over a span."""
    return f"{measure.name}{'_soak' if span is Span.SOAK else ''}_delta"


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
    def metric(self) -> str:
        """The name of the metric that holds it."""
        return metric_name(self.measure, self.span)

    @property
    def rows(self) -> int:
        """How many rows were measured, of the side that has fewer."""
        return min((each.rows for each in (self.live, self.reference) if each), default=0)

    @property
    def known(self) -> float:
        """Share of what should be measured that was, of the side that has less of it."""
        return min((each.known for each in (self.live, self.reference) if each), default=0.0)

    @property
    def measured(self) -> float:
        """Share of the rows that were measured, or of what they count for where that is less; of the side with less of it."""
        sides = [each for each in (self.live, self.reference) if each]
        return min((min(each.known, each.known_rows) for each in sides), default=0.0)

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
    judged: dict[str, list[Delta]] = {}
    for delta in gated_deltas(case):
        judged.setdefault(delta.bot, []).append(delta)
    others = _of_bots(case, compared(case), [measure for measure in MEASURES if measure not in GATED])
    return [delta for bot, found in others.items() for delta in (*judged.get(bot, ()), *found)]


@per_case
def gated_deltas(case: Case) -> list[Delta]:
    """Return the differences that the gate judges, as `deltas` has them: the others cost time only where they are shown."""
    return [delta for found in _of_bots(case, compared(case), GATED).values() for delta in found]


def deltas_of(case: Case, bot: Bot, measure: Measure) -> list[Delta]:
    """Return the differences of one measure of one compared bot, the day and then the soak; its rows may be a part of all."""
    return _of_bots(case, [bot], (measure,))[bot.name]


@dataclass(frozen=True)
class _Compared:
    """What a bot is compared with, and over which minutes of each span, its own and its reference's; or why it is not."""

    kind: Kind | None
    why: str = ""
    reference: str | None = None
    live: Mapping[Span, ComparedMinutes] = field(default_factory=dict)
    theirs: Mapping[Span, ComparedMinutes] = field(default_factory=dict)


def _of_bots(case: Case, bots: Sequence[Bot], measures: Sequence[Measure]) -> dict[str, list[Delta]]:
    """Return the differences of measures by bot, measure by measure: of many bots the rows of a measure are divided once."""
    ready = {bot.name: _compared(case, bot) for bot in bots}
    found: dict[str, list[Delta]] = {bot.name: [] for bot in bots}
    for measure in measures:
        rows = by_bot(measure.rows(case)) if any(not each.why for each in ready.values()) else {}
        for bot in bots:
            found[bot.name] += _compare(case, bot, measure, ready[bot.name], rows)
    return found


def _compared(case: Case, bot: Bot) -> _Compared:
    found = matched(case, bot)
    if isinstance(found, str):
        return _Compared(None, found)
    if why := _unmeasurable(case, bot, found):
        return _Compared(found.reference.kind, why)
    end = case.start + timedelta(days=1)
    parts = {Span.DAY: found.within(case.start, end), Span.SOAK: found.within(soak_start(case), end)}
    live, theirs = (
        {span: ComparedMinutes(getattr(part, name)) for span, part in parts.items()} for name in ("live", "theirs")
    )
    return _Compared(found.reference.kind, "", found.reference.bot, live, theirs)


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


def _compare(case: Case, bot: Bot, measure: Measure, ready: _Compared, rows: Mapping[str, Rows]) -> Iterator[Delta]:
    """Yield one measure's difference of the day and of the soak; `rows` are the measure's, by bot."""
    kind, other = ready.kind, ready.reference
    if ready.why or kind is None:
        yield from (Delta(bot.name, measure, span, kind, ready.why) for span in Span)
        return
    none: Rows = {}
    mine, others = (rows.get(name, none) for name in (bot.name, other or ""))
    live = {span: side(mine, minutes, measure.scale) for span, minutes in ready.live.items()}
    theirs = {
        span: None if other is None else side(others, minutes, measure.scale) for span, minutes in ready.theirs.items()
    }
    for span, made in _comparisons(case, bot, measure, kind, live, theirs[Span.SOAK]).items():
        delta = Delta(bot.name, measure, span, kind, "", live[span], theirs[span])
        if isinstance(made, str):
            yield replace(delta, why=made)
            continue
        comparison, wider = made
        measured = delta.by(comparison, wider=wider)
        yield replace(measured, why=_nothing(case, measured, other) or measured.why)


def _comparisons(
    case: Case, bot: Bot, measure: Measure, kind: Kind, live: Mapping[Span, Side], theirs: Side | None
) -> dict[Span, tuple[Comparison, float] | str]:
    """Return by span the comparison and by how much its reference may be off, or why there is none.

    `theirs` is the reference since the soak began, or in its whole window; None of constants.
    """

    def against(reference: Sums | float) -> Comparison:
        soak, day_from = live[Span.SOAK].sums, int(case.start.timestamp()) // 60
        return compare(soak, reference, case.intervals, is_share=measure.is_share, day_from=day_from)

    if theirs is None:
        stated = {
            span: constant_of(case, bot, measure, float(live[span].sums.den.sum()), _hours(case, span)) for span in Span
        }
        return {span: each if isinstance(each, str) else (against(each), 0.0) for span, each in stated.items()}
    if kind is Kind.SHADOW:
        return dict.fromkeys(Span, (against(theirs.sums), 0.0))
    past = _past(theirs.sums, case, measure)
    return dict.fromkeys(Span, past if isinstance(past, str) else (against(past[0]), past[1]))


def _nothing(case: Case, delta: Delta, reference: str | None) -> str:
    """Return why a side has no value, of each side that has none; empty where both have."""
    sides = ((delta.bot, delta.live_value), (reference, delta.reference_value))
    lacking = [name for name, value in sides if value is None and name]
    title = delta.measure.title_by(case.desk.accounting)
    title = f"{title[:1].lower()}{title[1:]}"
    return "; ".join(
        delta.measure.missing(case, name)
        or unagreed(case, name)
        or f"{name} has no order or fill in the compared minutes that gives a value: {title}"
        for name in lacking
    )


def _hours(case: Case, span: Span) -> float:
    since = case.start if span is Span.DAY else soak_start(case)
    return (case.end - since).total_seconds() / 3600


def _past(window: Sums, case: Case, measure: Measure) -> tuple[float, float] | str:
    """Return the ratio of a window of the past and by how much it may be off, or why that is not known."""
    day_from = int(window.minute[0])
    past = compare(window, 0.0, case.intervals, is_share=measure.is_share, day_from=day_from).soak
    if past.interval is None or past.live is None:
        return f"the baseline window: {past.why}"
    return past.live, past.interval.half_width
