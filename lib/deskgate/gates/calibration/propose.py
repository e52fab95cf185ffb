"""Propose bounds: as far out as the asked rate of false alarms needs, and never milder than what Deskgate holds to.

The headroom is common to all entries that block, and to all that only warn (`deskgate.intervals.headroom`): the rate is that of all
their bounds together. A bound is tightened to it; it is loosened only where it blocked more clean days than is asked for.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

import numpy as np

from deskgate.gates.calibration.values import Column, History, Key
from deskgate.gates.floor import GUARD, below_floor, widened_bounds
from deskgate.gates.suites import Entry, Suite
from deskgate.intervals.headroom import headroom, least_rows, scale, scores, varies

__all__ = ["MONTH_DAYS", "Proposal", "least_days", "propose", "with_bounds"]

MONTH_DAYS = 30
# Bounds are rounded outward to so many digits of their distance from the median.
_DIGITS = 2
# Of its bound, a difference of less than this is none: a sum that should be 0 comes out as 1e-16.
_RESOLUTION = 1e-6
Sides = Mapping[str, float]


@dataclass(frozen=True)
class Proposal:
    """What is proposed for one side of an entry's bounds: the value, None where it stays as it is, and why."""

    column: Column
    value: float | None
    why: str


def least_days(per_month: float) -> int:
    """Return how many clean days besides those of any one week a proposal needs."""
    return least_rows(per_month / MONTH_DAYS)


def propose(
    history: History, suites: Mapping[str, Suite], floor: Mapping[str, Suite], *, per_month: float
) -> list[Proposal]:
    """Propose a bound for each column of a history.

    Parameters
    ----------
    suites
        Those of now, by gate.
    floor
        The suites that Deskgate ships.
    per_month
        How many days a month the proposed bounds together may block though they are clean.

    Returns
    -------
    list of Proposal
        One per column, in order.
    """
    raw = history.values
    share, least = per_month / MONTH_DAYS, least_days(per_month)
    history = _without_noise(history)
    lacking = _lacking(history, least)
    bounds = _bounds(history, lacking, share)
    outermost = _Outermost(suites, floor)
    found = []
    for place, column in enumerate(history.columns):
        known = raw[np.isfinite(raw[:, place]), place]
        if lacking[place] or place not in bounds:
            why = (
                lacking[place]
                or f"not enough days with a value of the entries together, expected {least} besides any week"
            )
            found.append(Proposal(column, None, why))
            continue
        outward = _rounded(bounds[place], float(np.median(known)))
        alarms = int(column.beyond(known, column.bound).sum())
        found.append(_decided(column, outward, alarms / len(known) * MONTH_DAYS, per_month, outermost))
    return found


def _without_noise(history: History) -> History:
    """Return a history in which values that differ by less than `_RESOLUTION` of their bound are the same."""
    steps = np.array([abs(column.bound) * _RESOLUTION or 1.0 for column in history.columns])
    return replace(history, values=np.round(history.values / steps) * steps)


def _lacking(history: History, least: int) -> list[str]:
    """Return what each column lacks for a proposal; empty where nothing."""
    weeks = np.unique(history.weeks)
    known = np.isfinite(history.values)
    # The days that are left, whichever week is taken away.
    left = np.min([known[history.weeks != week].sum(axis=0) for week in weeks], axis=0) if len(weeks) else None
    various = varies(history.values, history.weeks) if len(weeks) else None
    found = []
    for place, (who, days) in enumerate(history.fewest):
        if left is None or various is None or left[place] < least:
            there = 0 if left is None else int(known[:, place].sum())
            found.append(
                f"not enough days: {there} clean days with a value, expected {least} besides those of any one week"
            )
        elif days < least:
            found.append(f"not enough days: {days} clean days with a value of {who}, expected {least}")
        elif not various[place]:
            found.append("the values hardly vary on this side, so that nothing says how far beyond them is unusual")
        else:
            found.append("")
    return found


def _bounds(history: History, lacking: Sequence[str], share: float) -> dict[int, float]:
    """Return the outward bound of each column that lacks nothing."""
    found: dict[int, float] = {}
    for blocks in (True, False):
        places = [
            place
            for place, column in enumerate(history.columns)
            if not lacking[place] and (column.entry.severity == "critical") is blocks
        ]
        if not places:
            continue
        values = history.values[:, places]
        room = headroom(scores(values, history.weeks), share)
        if room is not None:
            of = scale(values)
            found |= dict(zip(places, (of.level + room * of.excess).tolist(), strict=True))
    return found


def _rounded(outward: float, median: float) -> float:
    """Return an outward bound rounded outward to `_DIGITS` digits of its distance from the median."""
    away = max(outward - median, math.ulp(median))
    step = Decimal(1).scaleb(math.floor(math.log10(away)) - _DIGITS + 1)
    return float((Decimal(outward) / step).to_integral_value(ROUND_CEILING) * step)


def _decided(column: Column, outward: float, before: float, asked: float, milder: "_Outermost") -> Proposal:
    value = column.sign * outward + 0.0
    if outward < column.bound:
        return Proposal(column, value, "tighter: clean days do not come near the present bound")
    if outward == column.bound:
        return Proposal(column, None, "kept: as it is")
    if before <= asked:
        return Proposal(column, None, f"kept: it blocked {before:.2g} clean days a month, no more than is asked for")
    if why := milder.refuses(column, value):
        return Proposal(column, None, f"kept: {column.side} {value:g} would be {why}")
    return Proposal(column, value, f"looser: the present one blocked {before:.2g} clean days a month")


class _Outermost:
    """How mild a bound may be: what Deskgate's floor and the stricter entries of the same metric hold it to."""

    def __init__(self, suites: Mapping[str, Suite], floor: Mapping[str, Suite]) -> None:
        self._suites, self._floor = suites, floor
        widest = {
            each.kwargs.metric: each.kwargs.max_value
            for each in suites[GUARD].expectations
            if each.severity == "critical"
        }
        self._widest = {True: widest.get("widest_quote_bound"), False: widest.get("widest_bound")}

    def refuses(self, column: Column, value: float) -> str:
        """Return why a looser bound of a column is not proposed; empty where it may be."""
        harder = [each for each in self._suites[column.gate].expectations if _is_harder(each, column.entry)]
        if any(
            bound is not None and column.sign * value > column.sign * bound
            for bound in (getattr(each.kwargs, column.side) for each in harder)
        ):
            return "beyond the bound of a stricter entry of the same metric"
        changed = with_bounds(self._suites, {column.key: {column.side: value}})
        if lost := set(below_floor(changed, self._floor)) - set(below_floor(self._suites, self._floor)):
            return f"below Deskgate's floor: {min(lost)}"
        name = f"{column.gate}.{column.entry.meta.entry}"
        for each in widened_bounds(changed, self._floor):
            limit = self._widest[each.in_quote]
            if each.entry == name and limit is not None and each.times > limit:
                return f"{each.times:.3g} times as wide as Deskgate's own, expected at most {limit:g} times"
        return ""


def _is_harder(other: Entry, entry: Entry) -> bool:
    return other.kwargs.metric == entry.kwargs.metric and _rank(other) > _rank(entry)


def _rank(entry: Entry) -> tuple[bool, bool]:
    return entry.meta.stop, entry.severity == "critical"


def with_bounds(suites: Mapping[str, Suite], changes: Mapping[Key, Sides]) -> dict[str, Suite]:
    """Return suites with other bounds: gate and entry -> side -> value."""

    def changed(gate: str, entry: Entry) -> Entry:
        wanted = changes.get((gate, entry.meta.entry))
        if not wanted:
            return entry
        return entry.model_copy(update={"kwargs": entry.kwargs.model_copy(update=dict(wanted))})

    return {
        gate: suite.model_copy(update={"expectations": [changed(gate, each) for each in suite.expectations]})
        for gate, suite in suites.items()
    }
