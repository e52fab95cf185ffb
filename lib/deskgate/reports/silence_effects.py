"""Which blocking verdicts a silence of a bot explains: those that would pass without what the records lack in that time.

Each rule holds the facts against the entry's own bound: the minutes, gaps, fills and breaks inside of the silence are left out, and the rest
has to be within it. What cannot be shown so is not explained, whatever happened in the same hour.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

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

__all__ = ["MEASURES_SILENCE", "Effect", "is_explained"]

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Effect:
    """A blocking verdict beside a silence of its bot: its bounds, and the open breaks that it counts."""

    case: Case
    verdict: Verdict
    bounds: Bounds
    breaks: pl.DataFrame
    silence: Silence

    @property
    def observed(self) -> float:
        """The verdict's value; only verdicts with one are looked at."""
        return self.verdict.observed or 0.0

    @property
    def metric(self) -> str:
        """The metric that the verdict judges."""
        return self.bounds.metric


def is_explained(effect: Effect) -> bool:
    """Return whether a verdict that has a value would pass without the silence."""
    rule = _RULES.get(effect.metric, _breaks if effect.breaks.height else None)
    return effect.verdict.observed is not None and rule is not None and rule(effect)


def _record_age(effect: Effect) -> bool:
    silence = effect.silence
    return silence.is_whole and not silence.is_over and bool(within(effect.bounds, effect.observed - silence.minutes))


def _leg_age(effect: Effect) -> bool:
    silence, leg = effect.silence, effect.metric.removesuffix("_age_s")
    lasts = leg in silence.legs and not silence.is_over
    return lasts and bool(within(effect.bounds, effect.observed - silence.minutes * 60))


def _gap(effect: Effect) -> bool:
    """Return whether what is left of the longest gap is one that the suite allows."""
    if "events" not in effect.silence.legs:
        return False
    found = longest_gap(effect.case, effect.verdict.subject, snapshots=effect.metric == "snapshot_gap_x")
    if found is None:
        return False
    since, until, typical_s = found
    inside = min(until, effect.silence.end) - max(since, effect.silence.start)
    left_s = (until - since - max(inside, timedelta())).total_seconds()
    return bool(within(effect.bounds, left_s / typical_s))


def _coverage(effect: Effect) -> bool:
    return bool(within(effect.bounds, effect.observed + _uncovered(effect) / MINUTES))


def _longest_minutes(effect: Effect) -> bool:
    return bool(within(effect.bounds, effect.observed - _uncovered(effect)))


def _uncovered(effect: Effect) -> float:
    """Return how many minutes of the silence, of those in the last 24 h, have no record of life."""
    begin, end = effect.silence.within_24h(effect.case.as_of)
    covered = covered_minutes(effect.case).filter(
        pl.col("bot") == effect.verdict.subject, pl.col("minute").is_between(begin, end)
    )
    return max(0.0, (end - begin) / _MINUTE - covered.height)


def _clean_hours(effect: Effect) -> bool:
    """Return whether the breach after which the clock began anew is the silence itself.

    A state such as a hard stop that lasted into the silence ends with it, and would have begun the clock anew without it too.
    """
    found = breaches(effect.case).filter(pl.col("bot") == effect.verdict.subject).sort("end")
    if found.is_empty() or "local" not in effect.silence.legs:
        return False
    last, silence = found.row(-1, named=True), effect.silence
    if not found.filter(pl.col("end") > silence.start, pl.col("what") != NO_RECORD).is_empty():
        return False
    return bool(last["start"] >= silence.start - _MINUTE and last["end"] <= silence.end + _MINUTE)


def _fills_checked(effect: Effect) -> bool:
    weight = pl.col("notional") if effect.metric == "notional_checked_share" else pl.lit(1.0)
    fills = checked_fills(effect.case, effect.verdict.subject).with_columns(weight=weight.cast(pl.Float64))
    left = fills.filter(~pl.col("is_checked"), ~effect.silence.covers())["weight"].sum()
    whole = float(fills["weight"].sum())
    return whole > 0 and bool(within(effect.bounds, 1 - float(left) / whole))


def _measured(effect: Effect) -> bool:
    """Return whether all rows that could not be measured, the reference's too, are of the silence."""
    case, bot = effect.case, effect.verdict.subject
    measures = (SLIPPAGE,) if effect.metric == "mid_coverage" else GATED
    since = case.start if effect.metric == "mid_coverage" else soak_start(case)
    wanted = pl.col("bot").is_in([bot, case.desk.bots[bot].shadow or bot])
    rows = [each.rows(case).filter(wanted, pl.col("num").is_null(), pl.col("ts") >= since) for each in measures]
    unknown = pl.concat([each.select("bot", "ts") for each in rows])
    return unknown.height > 0 and unknown.filter((pl.col("bot") != bot) | ~effect.silence.covers()).is_empty()


def _breaks(effect: Effect) -> bool:
    """Return whether all fills that a silent leg lacks are of the silence."""
    kinds = {f"fill_missing_{leg}" for leg in effect.silence.legs}
    return effect.breaks.filter(~pl.col("kind").is_in(sorted(kinds)) | ~effect.silence.covers()).is_empty()


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
