"""Which blocking verdicts the silences of a bot explain: those that would pass without what the records lack in those times.

Each rule holds the facts against the entry's own bound: the minutes, gaps, fills and breaks inside of the silences are left out, and the rest
has to be within it. A verdict belongs to those silences that it would not pass with: one, or several together. What cannot be shown so is not explained, whatever happened in the same hour.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.baselines import soak_start
from deskgate.case.case import Case
from deskgate.checks.soak.clock import NO_RECORD, breaches
from deskgate.checks.soak.minutes import MINUTES, covered_minutes
from deskgate.checks.stream_gaps import longest_gap
from deskgate.gates.bounds import Bounds, within
from deskgate.gates.evaluation import Verdict
from deskgate.measures.registry import GATED
from deskgate.measures.slippage import SLIPPAGE
from deskgate.reconciliation.fills.check import checked_fills
from deskgate.reports.silences import Silence

__all__ = ["MEASURES_SILENCE", "Effect", "silences_of"]

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Effect:
    """A blocking verdict beside silences of its bot: its bounds, and the open breaks that it counts.

    One of a single leg may contain one of all legs: a time is counted once. `others` are those that stay as they are.
    """

    case: Case
    verdict: Verdict
    bounds: Bounds
    breaks: pl.DataFrame
    silences: Sequence[Silence]
    others: Sequence[Silence] = ()

    @property
    def observed(self) -> float:
        """The verdict's value; only verdicts with one are looked at."""
        return self.verdict.observed or 0.0

    @property
    def metric(self) -> str:
        """The metric that the verdict judges."""
        return self.bounds.metric

    @property
    def lasting(self) -> Iterator[Silence]:
        """The silence that is not over, where there is one."""
        return (each for each in self.silences if not each.is_over)

    def covers(self) -> pl.Expr:
        """Return whether an instant is in one of the silences."""
        return pl.any_horizontal(pl.lit(value=False), *(each.covers() for each in self.silences))


def silences_of(effect: Effect) -> Sequence[Silence]:
    """Return the silences to which a verdict with a value belongs; none where it would not pass without all of them.

    They are those each of which it takes. Where these are not enough, as of several small ones, they are all.
    """
    if not _is_explained(effect):
        return ()
    every = effect.silences
    if len(every) == 1:
        return every
    needed = [each for each in every if not _is_explained(_without(effect, [each]))]
    rest = [each for each in every if each not in needed]
    return needed if needed and _is_explained(_without(effect, rest)) else every


def _without(effect: Effect, kept: Sequence[Silence]) -> Effect:
    """Return the same of the other silences alone; those that are kept stay as they are."""
    return replace(effect, silences=[each for each in effect.silences if each not in kept], others=kept)


def _is_explained(effect: Effect) -> bool:
    """Return whether a verdict that has a value would pass without the silences."""
    rule = _RULES.get(effect.metric, _breaks if effect.breaks.height else None)
    return effect.verdict.observed is not None and rule is not None and rule(effect)


def _record_age(effect: Effect) -> bool:
    whole = (each for each in effect.lasting if each.is_whole)
    return any(within(effect.bounds, effect.observed - each.minutes) for each in whole)


def _leg_age(effect: Effect) -> bool:
    leg = effect.metric.removesuffix("_age_s")
    of_leg = (each for each in effect.lasting if leg in each.legs)
    return any(within(effect.bounds, effect.observed - each.minutes * 60) for each in of_leg)


def _gap(effect: Effect) -> bool:
    """Return whether what is left of the longest gap, and each other silence, is one that the suite allows."""
    found = longest_gap(effect.case, effect.verdict.subject, snapshots=effect.metric == "snapshot_gap_x")
    if found is None:
        return False
    since, until, typical_s = found
    times = _times((each.start, each.end) for each in _of_stream(effect.silences))
    inside = (min(until, end) - max(since, start) for start, end in times)
    left = until - since - sum((max(each, timedelta()) for each in inside), timedelta())
    longest = max([left, *(each.end - each.start for each in _of_stream(effect.others))])
    return bool(within(effect.bounds, longest.total_seconds() / typical_s))


def _of_stream(found: Iterable[Silence]) -> list[Silence]:
    return [each for each in found if "events" in each.legs]


def _times(found: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return times in order, with those that overlap as one."""
    times: list[tuple[datetime, datetime]] = []
    for start, end in sorted(found):
        if times and start <= times[-1][1]:
            times[-1] = (times[-1][0], max(end, times[-1][1]))
        else:
            times.append((start, end))
    return times


def _coverage(effect: Effect) -> bool:
    return bool(within(effect.bounds, effect.observed + sum(_uncovered(effect, effect.silences)) / MINUTES))


def _longest_minutes(effect: Effect) -> bool:
    """Return whether what is left of the longest run of minutes, and each other silence, is one that the suite allows."""
    left = effect.observed - max(_uncovered(effect, effect.silences), default=0.0)
    return bool(within(effect.bounds, max([left, *_uncovered(effect, effect.others)])))


def _uncovered(effect: Effect, silences: Sequence[Silence]) -> list[float]:
    """Return how many minutes of the silences, each time of the last 24 h by itself, have no record of life."""
    covered = covered_minutes(effect.case).filter(pl.col("bot") == effect.verdict.subject)["minute"]
    times = _times(each.within_24h(effect.case.as_of) for each in silences)
    return [max(0.0, (end - begin) / _MINUTE - float(covered.is_between(begin, end).sum())) for begin, end in times]


def _clean_hours(effect: Effect) -> bool:
    """Return whether the breach after which the clock began anew is one of the silences itself.

    A state such as a hard stop that lasted into the silence ends with it, and would have begun the clock anew without it too.
    """
    found = breaches(effect.case).filter(pl.col("bot") == effect.verdict.subject).sort("end")
    return not found.is_empty() and any(_began_anew(found, each) for each in effect.silences if "local" in each.legs)


def _began_anew(found: pl.DataFrame, silence: Silence) -> bool:
    last = found.row(-1, named=True)
    if not found.filter(pl.col("end") > silence.start, pl.col("what") != NO_RECORD).is_empty():
        return False
    return bool(last["start"] >= silence.start - _MINUTE and last["end"] <= silence.end + _MINUTE)


def _fills_checked(effect: Effect) -> bool:
    weight = pl.col("notional") if effect.metric == "notional_checked_share" else pl.lit(1.0)
    fills = checked_fills(effect.case, effect.verdict.subject).with_columns(weight=weight.cast(pl.Float64))
    left = fills.filter(~pl.col("is_checked"), ~effect.covers())["weight"].sum()
    whole = float(fills["weight"].sum())
    return whole > 0 and bool(within(effect.bounds, 1 - float(left) / whole))


def _measured(effect: Effect) -> bool:
    """Return whether all rows that could not be measured, the reference's too, are of the silences."""
    case, bot = effect.case, effect.verdict.subject
    measures = (SLIPPAGE,) if effect.metric == "mid_coverage" else GATED
    since = case.start if effect.metric == "mid_coverage" else soak_start(case)
    wanted = pl.col("bot").is_in([bot, case.desk.bots[bot].shadow or bot])
    rows = [each.rows(case).filter(wanted, pl.col("num").is_null(), pl.col("ts") >= since) for each in measures]
    unknown = pl.concat([each.select("bot", "ts") for each in rows])
    return unknown.height > 0 and unknown.filter((pl.col("bot") != bot) | ~effect.covers()).is_empty()


def _breaks(effect: Effect) -> bool:
    """Return whether all fills that a silent leg lacks are of the silences."""
    explained = [
        each.covers() & pl.col("kind").is_in([f"fill_missing_{leg}" for leg in each.legs]) for each in effect.silences
    ]
    return effect.breaks.filter(~pl.any_horizontal(pl.lit(value=False), *explained)).is_empty()


_RULES: Mapping[str, Callable[[Effect], bool]] = {
    "record_age_min": _record_age,
    **dict.fromkeys(("local_age_s", "events_age_s"), _leg_age),
    **dict.fromkeys(("gap_x", "snapshot_gap_x"), _gap),
    "snapshot_coverage": _coverage,
    "snapshot_gap_min": _longest_minutes,
    "soak_clean_h": _clean_hours,
    **dict.fromkeys(("fills_checked_share", "notional_checked_share"), _fills_checked),
    **dict.fromkeys(("mid_coverage", "measured_share"), _measured),
}
# A silence is an event where the suites object to it by one of these; any bot is silent at times.
MEASURES_SILENCE = frozenset(
    {
        *("record_age_min", "local_age_s", "events_age_s", "gap_x", "snapshot_gap_x"),
        *("snapshot_coverage", "snapshot_gap_min", "soak_clean_h"),
    }
)
