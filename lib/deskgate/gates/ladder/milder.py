"""Where a desk's own ladder asks less than Deskgate's: it is named beside every result, for a milder ladder is climbed sooner."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deskgate.gates.bounds import Bounds

if TYPE_CHECKING:
    from deskgate.gates.ladder.rules import Ladder, Need

__all__ = ["milder_than"]

# From the mildest to the strictest.
_STRICTNESS = ("count", "skip", "restart")


def milder_than(mine: "Ladder", floor: "Ladder") -> list[str]:
    """Return the keys of a ladder that are milder than those of another one, in the order of the file."""
    return list(_milder(mine, floor))


def _milder(mine: "Ladder", floor: "Ladder") -> Iterator[str]:
    for name in type(floor.days).model_fields:
        if _STRICTNESS.index(getattr(mine.days, name)) < _STRICTNESS.index(getattr(floor.days, name)):
            yield f"days.{name}"
    for name in ("least_known", "least_days_share"):
        if getattr(mine, name) < getattr(floor, name):
            yield name
    if mine.sharpe.confidence < floor.sharpe.confidence:
        yield "sharpe.confidence"
    for rung, of in floor.rungs.items():
        theirs = mine.rungs[rung]
        if {*theirs.next} - {*of.next}:
            yield f"rungs.{rung}.next"
        for name in ("needs", "keeps"):
            yield from (
                f"rungs.{rung}.{name}.{metric}" for metric in _milder_needs(getattr(theirs, name), getattr(of, name))
            )
        if (theirs.keeps_over_days or 0) < (of.keeps_over_days or 0):
            yield f"rungs.{rung}.keeps_over_days"


def _milder_needs(mine: "Sequence[Need]", floor: "Sequence[Need]") -> Iterator[str]:
    held = {need.metric: need for need in mine}
    for need in floor:
        if need.metric not in held or _is_milder(held[need.metric], need):
            yield need.metric


def _is_milder(mine: Bounds, floor: Bounds) -> bool:
    low, high = (floor.min_value, mine.min_value), (floor.max_value, mine.max_value)
    return any(
        (
            low[0] is not None and (low[1] is None or (low[1], mine.strict_min) < (low[0], floor.strict_min)),
            high[0] is not None and (high[1] is None or (-high[1], mine.strict_max) < (-high[0], floor.strict_max)),
            mine.min_sample < floor.min_sample,
            floor.whole_interval and not mine.whole_interval,
        )
    )
