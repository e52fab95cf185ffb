"""The floor of a desk's own suites: the critical entries that Deskgate ships.

A desk may hold itself to more, and to other bounds of its own size. An entry that was taken out, made milder, or given a bound
that nothing reaches would let a day pass that nobody judged.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from deskgate.checks.registry import SPECS, Specs
from deskgate.config.policy import Widened
from deskgate.gates.bounds import Bounds
from deskgate.gates.suites import ACTIONS, Entry, Suite, intervals_of, risk_of

__all__ = ["GUARD", "below_floor", "is_fixed", "widened_bounds"]

# The gate that judges the floor itself: its bounds are not the desk's to widen.
GUARD = "policy"
QUOTE = "quote"
# How long must have been seen before a verdict speaks for a day: as long for every desk.
_WHOLE_DAY = {"soak_clean_h", "coverage_h"}
# How many times as wide a bound is that lets everything pass: a number that JSON can write.
_WITHOUT_END = 1e9


def below_floor(suites: Mapping[str, Suite], floor: Mapping[str, Suite]) -> list[str]:
    """Return what of the floor a desk's suites do not ask, one sentence each: `gate.entry: what`."""
    return [
        f"{gate}.{entry.meta.entry}: {why}"
        for gate, entry in _critical(floor)
        if (why := _milder(gate, entry, _stand_in(entry, suites[gate], floor[gate])))
    ]


def widened_bounds(suites: Mapping[str, Suite], floor: Mapping[str, Suite], specs: Specs = SPECS) -> list[Widened]:
    """Return the bounds, samples and settings that are wider than the floor's, the widest first."""
    found = [
        Widened(entry=f"{gate}.{name}", times=times, what=what, in_quote=unit.startswith(QUOTE))
        for gate, entry in _critical(floor)
        if (mine := _stand_in(entry, suites[gate], floor[gate])) and mine.kwargs.metric == entry.kwargs.metric
        for unit in [specs[gate][entry.kwargs.metric].unit]
        for name, times, what in _wider(entry.meta.entry, entry.kwargs, mine.kwargs, unit)
    ]
    found += [
        Widened(entry=f"{gate}.meta.{name}", times=times, what=what, in_quote=name.endswith("concentration_from"))
        for gate, name, times, what in chain(_wider_risk(suites, floor), _wider_intervals(suites, floor))
    ]
    return sorted((each for each in found if each.times > 1), key=lambda each: (-each.times, each.entry))


def _critical(floor: Mapping[str, Suite]) -> Iterator[tuple[str, Entry]]:
    return (
        (gate, entry) for gate, suite in floor.items() for entry in suite.expectations if entry.severity == "critical"
    )


def _stand_in(entry: Entry, suite: Suite, floor: Suite) -> Entry | None:
    """Return the desk's entry that does what one of the floor does: of its name, else another of its metric, a critical one first."""
    named = next((each for each in suite.expectations if each.meta.entry == entry.meta.entry), None)
    others = {each.meta.entry for each in floor.expectations}
    free = [
        each
        for each in suite.expectations
        if each.kwargs.metric == entry.kwargs.metric and each.meta.entry not in others
    ]
    return named or min(free, key=lambda each: each.severity != "critical", default=None)


def _milder(gate: str, entry: Entry, mine: Entry | None) -> str | None:
    """Return in which way the desk's entry asks less than the floor's, whatever its bounds; None where it does not."""
    if mine is None:
        return "is missing"
    if mine.kwargs.metric != entry.kwargs.metric:
        return f"judges {mine.kwargs.metric}, expected {entry.kwargs.metric}"
    said = {
        f"has the severity {mine.severity}, expected critical": mine.severity != "critical",
        "is no stop condition, expected stop: true": entry.meta.stop and not mine.meta.stop,
        "calls its failure too little to judge (coverage)": mine.meta.coverage and not entry.meta.coverage,
        "judges the value alone, expected the whole interval": entry.kwargs.whole_interval
        and not mine.kwargs.whole_interval,
        f"takes any sample, expected at least {entry.kwargs.min_sample}": entry.kwargs.min_sample
        and not mine.kwargs.min_sample,
        f"calls for {mine.meta.action or 'no action'}, expected {entry.meta.action}": _rank(mine) < _rank(entry),
        "acts on the bot alone, expected the book": entry.meta.action
        and (entry.meta.applies_to, mine.meta.applies_to) == ("book", "bot"),
        **_lost_bounds(gate, entry.kwargs, mine.kwargs),
    }
    return next((why for why, holds in said.items() if holds), None)


def _rank(entry: Entry) -> int:
    """Return how hard the action of an entry is, 0 where it calls for none."""
    return 1 + ACTIONS.index(entry.meta.action) if entry.meta.action else 0


def _lost_bounds(gate: str, floor: Bounds, mine: Bounds) -> dict[str, bool]:
    """Return of each side of the floor's bounds whether it is gone, or wider where it is the same for every desk."""
    sides = {name: (getattr(floor, name), getattr(mine, name)) for name in ("min_value", "max_value")}
    return {
        f"has {name} {_text(theirs)}, expected {_text(bound)}": theirs is None
        or (is_fixed(gate, floor.metric, bound) and _beyond(name, theirs, bound))
        for name, (bound, theirs) in sides.items()
        if bound is not None
    }


def is_fixed(gate: str, metric: str, bound: float) -> bool:
    """Return whether a bound is the same for every desk: nothing may be wrong, a day is 24 h, or it judges the floor itself."""
    return bound == 0 or gate == GUARD or metric in _WHOLE_DAY


def _beyond(name: str, bound: float, floor: float) -> bool:
    return bound > floor if name == "max_value" else bound < floor


def _wider(name: str, floor: Bounds, mine: Bounds, unit: str) -> Iterator[tuple[str, float, str]]:
    """Yield how many times wider each side of the bounds and the sample are; below 1 it is narrower."""
    for side in ("max_value", "min_value"):
        bound, theirs = getattr(floor, side), getattr(mine, side)
        if bound and theirs is not None:
            yield name, _times(bound, theirs, unit, upper=side == "max_value"), f"{_text(bound)} to {_text(theirs)}"
    if floor.min_sample and mine.min_sample:
        what = f"sample of {floor.min_sample} to {mine.min_sample}"
        yield name, floor.min_sample / mine.min_sample, what


def _times(floor: float, mine: float, unit: str, *, upper: bool) -> float:
    """Return how many times as much a bound lets pass as the floor's.

    Of a part of a whole what lies beyond counts too: a bound at the whole, or a least part of nothing, catches nothing.
    """
    outward = (floor > 0) == upper
    if mine * floor <= 0:
        return 0.0 if outward else _WITHOUT_END
    near, far = (abs(floor), abs(mine)) if outward else (abs(mine), abs(floor))
    times = far / near
    if (unit == "share" or unit.startswith("of ")) and abs(floor) < 1:
        times = max(times, (1 - near) / (1 - far) if far < 1 else _WITHOUT_END)
    return min(times, _WITHOUT_END)


def _wider_risk(suites: Mapping[str, Suite], floor: Mapping[str, Suite]) -> Iterator[tuple[str, str, float, str]]:
    """Yield gate, setting and how many times milder risk is measured, in whichever suite a desk says it."""
    for gate in (name for name, suite in floor.items() if suite.meta.risk):
        theirs, mine = risk_of(floor), risk_of(suites)
        yield gate, "risk.consecutive", mine.consecutive / theirs.consecutive, _change(theirs, mine, "consecutive")
        yield gate, "risk.shock", theirs.shock / mine.shock, _change(theirs, mine, "shock")
        if theirs.concentration_from:
            times = mine.concentration_from / theirs.concentration_from
            yield gate, "risk.concentration_from", times, _change(theirs, mine, "concentration_from")


def _wider_intervals(suites: Mapping[str, Suite], floor: Mapping[str, Suite]) -> Iterator[tuple[str, str, float, str]]:
    """Yield the same of how intervals are made: fewer blocks or draws and shorter blocks give an interval that is too narrow."""
    for gate in (name for name, suite in floor.items() if suite.meta.intervals):
        theirs, mine = intervals_of(floor), intervals_of(suites)
        times = (1 - mine.confidence) / (1 - theirs.confidence)
        yield gate, "intervals.confidence", times, _change(theirs, mine, "confidence")
        for name in ("least_blocks", "longest_block_min", "draws"):
            yield gate, f"intervals.{name}", getattr(theirs, name) / getattr(mine, name), _change(theirs, mine, name)


def _change(theirs: object, mine: object, name: str) -> str:
    return f"{_text(getattr(theirs, name))} to {_text(getattr(mine, name))}"


def _text(number: float | None) -> str:
    return "none" if number is None else f"{number:g}"
