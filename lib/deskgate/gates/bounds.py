"""Bounds, and the one place where a value is held against them."""

import math
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["NOTHING", "Bounds", "Outcome", "judge", "judge_all", "side", "usable", "within"]

Number = Annotated[float, Field(allow_inf_nan=False)]
# A number, or a column of numbers.
Value = TypeVar("Value", float, pl.Expr)


# The row of a metric that has none.
NOTHING: Mapping[str, Any] = {"value": None, "low": None, "high": None, "sample": 0, "note": None}


class Outcome(StrEnum):
    """What became of one value. Only `WITHIN` passes."""

    ABSENT = "absent"
    SMALL_SAMPLE = "small sample"
    UNDECIDED = "undecided"
    BEYOND = "beyond"
    WITHIN = "within"


class Bounds(BaseModel):
    """The bounds of one metric in its unit, inclusive unless strict, and the least sample that counts.

    With `whole_interval` all that the value may be has to be within them; where only a part is, nothing is decided.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    min_value: Number | None = None
    max_value: Number | None = None
    strict_min: bool = False
    strict_max: bool = False
    min_sample: Annotated[int, Field(ge=0)] = 0
    whole_interval: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> "Bounds":
        if self.min_value is None and self.max_value is None:
            raise ValueError("has neither min_value nor max_value, so it would pass on anything")
        if self.min_value is not None and self.max_value is not None and self.min_value > self.max_value:
            raise ValueError(
                f"has min_value {self.min_value:g} above max_value {self.max_value:g}, so nothing could pass"
            )
        return self

    def __str__(self) -> str:
        """Return the bounds as a reader writes them: `<= 0.03`, `0.99 .. 1`."""
        low, high = self.min_value, self.max_value
        if low is not None and high is not None:
            return f"= {low:g}" if low == high else f"{low:g} .. {high:g}"
        if low is not None:
            return f"{'>' if self.strict_min else '>='} {low:g}"
        return f"{'<' if self.strict_max else '<='} {high:g}"


def within(bounds: Bounds, value: Value) -> Value:
    """Return whether a finite value, or each one of a column, is within its bounds."""
    sides: list[Value] = []
    if bounds.min_value is not None:
        sides.append(value > bounds.min_value if bounds.strict_min else value >= bounds.min_value)
    if bounds.max_value is not None:
        sides.append(value < bounds.max_value if bounds.strict_max else value <= bounds.max_value)
    return sides[0] if len(sides) == 1 else sides[0] & sides[1]  # type: ignore[operator]  # of a float, sides are bools


def usable(value: float | None) -> bool:
    """Return whether there is a value that bounds can be held against: not null, not NaN, not infinite."""
    return value is not None and math.isfinite(value)


def judge(
    bounds: Bounds, value: float | None, sample: int, interval: tuple[float | None, float | None] = (None, None)
) -> Outcome:
    """Judge one value: absent first, then its sample, then its bounds.

    Where the whole interval counts, it is `WITHIN` with both ends, `BEYOND` when no part of it is within, else `UNDECIDED`.
    """
    low, high = interval if bounds.whole_interval else (value, value)
    if value is None or low is None or high is None or not all(map(usable, (value, low, high))):
        return Outcome.ABSENT
    if sample < bounds.min_sample:
        return Outcome.SMALL_SAMPLE
    if within(bounds, low) and within(bounds, high):
        return Outcome.WITHIN
    return Outcome.BEYOND if side(bounds, low, high) else Outcome.UNDECIDED


def side(bounds: Bounds, low: float, high: float) -> str:
    """Return on which side an interval is wholly beyond the bounds: above, below, or neither (empty)."""
    upper, lower = (bounds.model_copy(update={name: None}) for name in ("min_value", "max_value"))
    if bounds.max_value is not None and not within(upper, low):
        return "above"
    return "below" if bounds.min_value is not None and not within(lower, high) else ""


def judge_all(bounds: Bounds, rows: Iterable[Mapping[str, object]], subjects: Collection[str]) -> dict[str, Outcome]:
    """Judge one metric of every subject that must have it.

    Parameters
    ----------
    rows
        subject, metric, value, low, high and sample; of any metrics and subjects, each at most once.
    subjects
        Who must have a value; one without a row is `ABSENT`.
    """
    found = {row["subject"]: row for row in rows if row["metric"] == bounds.metric}
    outcomes = {}
    for who in subjects:
        row: Mapping[str, Any] = found.get(who, NOTHING)
        outcomes[who] = judge(bounds, row["value"], row["sample"], (row["low"], row["high"]))
    return outcomes
