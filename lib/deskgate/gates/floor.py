"""The floor of a desk's own suites: the critical entries that Deskgate ships.

A desk may hold itself to more, and to other bounds of its own size. An entry that was taken out, made milder, or given a bound
that nothing reaches would let a day pass that nobody judged.
"""

from collections.abc import Iterator, Mapping

from deskgate.checks.registry import SPECS, Specs
from deskgate.config.policy import Widened
from deskgate.gates.bounds import Bounds
from deskgate.gates.suites import Entry, Suite

__all__ = ["GUARD", "below_floor", "widened_bounds"]

# The gate that judges the floor itself: its bounds are not the desk's to widen.
GUARD = "policy"
QUOTE = "quote"
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
        for gate, suite in floor.items()
        for name, times, what in _wider_settings(suite, suites[gate])
    ]
    return sorted((each for each in found if each.times > 1), key=lambda each: (-each.times, each.entry))


def _critical(floor: Mapping[str, Suite]) -> Iterator[tuple[str, Entry]]:
    return (
        (gate, entry) for gate, suite in floor.items() for entry in suite.expectations if entry.severity == "critical"
    )


def _stand_in(entry: Entry, suite: Suite, floor: Suite) -> Entry | None:
    """Return the desk's entry that does what one of the floor does: of its name, else another of its metric."""
    named = next((each for each in suite.expectations if each.meta.entry == entry.meta.entry), None)
    others = {each.meta.entry for each in floor.expectations}
    free = [
        each
        for each in suite.expectations
        if each.kwargs.metric == entry.kwargs.metric and each.meta.entry not in others
    ]
    return named or next(iter(free), None)


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
        **_lost_bounds(gate, entry.kwargs, mine.kwargs),
    }
    return next((why for why, holds in said.items() if holds), None)


def _lost_bounds(gate: str, floor: Bounds, mine: Bounds) -> dict[str, bool]:
    """Return of each side of the floor's bounds whether it is gone, or wider where it is the same for every desk."""
    sides = {name: (getattr(floor, name), getattr(mine, name)) for name in ("min_value", "max_value")}
    return {
        f"has {name} {_text(theirs)}, expected {_text(bound)}": theirs is None
        or (_is_fixed(gate, bound) and _beyond(name, theirs, bound))
        for name, (bound, theirs) in sides.items()
        if bound is not None
    }


def _is_fixed(gate: str, bound: float) -> bool:
    """Return whether a bound is the same for every desk: nothing may be wrong, or it judges the floor itself."""
    return bound == 0 or gate == GUARD


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
    """Return how many times as much a bound lets pass as the floor's; of a least share, what it leaves out counts."""
    outward, same_sign = (floor > 0) == upper, mine * floor > 0
    if outward:
        times = mine / floor if same_sign else 0.0
    elif not upper and unit == "share" and floor < 1:
        times = (1 - mine) / (1 - floor)
    else:
        times = floor / mine if same_sign else _WITHOUT_END
    return min(times, _WITHOUT_END)


def _wider_settings(floor: Suite, mine: Suite) -> Iterator[tuple[str, float, str]]:
    """Yield how many times milder what is measured has become by the settings of a suite."""
    risk, own_risk = floor.meta.risk, mine.meta.risk
    if risk and own_risk:
        yield (
            "risk.consecutive",
            own_risk.consecutive / risk.consecutive,
            f"{risk.consecutive} to {own_risk.consecutive}",
        )
        yield "risk.shock", risk.shock / own_risk.shock, f"{_text(risk.shock)} to {_text(own_risk.shock)}"
        if risk.concentration_from:
            what = f"{_text(risk.concentration_from)} to {_text(own_risk.concentration_from)}"
            yield "risk.concentration_from", own_risk.concentration_from / risk.concentration_from, what
    told, own = floor.meta.intervals, mine.meta.intervals
    if told and own:
        what = f"{_text(told.confidence)} to {_text(own.confidence)}"
        yield "intervals.confidence", (1 - own.confidence) / (1 - told.confidence), what
        yield (
            "intervals.least_blocks",
            told.least_blocks / own.least_blocks,
            f"{told.least_blocks} to {own.least_blocks}",
        )


def _text(number: float | None) -> str:
    return "none" if number is None else f"{number:g}"
