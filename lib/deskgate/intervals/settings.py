"""How intervals are made. Read from a suite's file; nothing else chooses these numbers, so that none has a default."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["BLOCK_MINUTES", "IntervalSettings"]

# Block lengths that fill a day exactly, so that no day ends within a block.
BLOCK_MINUTES = (5, 10, 15, 30, 60, 120, 240)


class IntervalSettings(BaseModel):
    """Settings of every interval of a comparison.

    Parameters
    ----------
    confidence
        Of each interval, two-sided.
    draws
        Of the bootstrap.
    seed
        Of the bootstrap: the same data give the same interval.
    shortest_block_min, longest_block_min
        Bounds of the block length, each one of `BLOCK_MINUTES`. Data that are dependent for longer than the longest
        block get no interval.
    block_from_h
        The block length is taken from the first so many matched hours, and kept: later looks do not choose it.
    tuned_for
        The number of blocks at which the confidence sequence is narrowest. It is valid at any number.
    least_blocks
        Fewer blocks with anything in them get no interval.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(ge=0.5, lt=1)
    draws: int = Field(ge=100)
    seed: int = Field(ge=0)
    shortest_block_min: int
    longest_block_min: int
    block_from_h: float = Field(gt=0)
    tuned_for: int = Field(ge=2)
    least_blocks: int = Field(ge=2)

    @model_validator(mode="after")
    def _bounds_are_of_the_grid(self) -> "IntervalSettings":
        for name in ("shortest_block_min", "longest_block_min"):
            if getattr(self, name) not in BLOCK_MINUTES:
                raise ValueError(
                    f"{name} is {getattr(self, name)}, expected one of {', '.join(map(str, BLOCK_MINUTES))}"
                )
        if self.shortest_block_min > self.longest_block_min:
            raise ValueError(
                f"shortest_block_min is {self.shortest_block_min}, expected at most longest_block_min, {self.longest_block_min}"
            )
        return self

    @property
    def block_minutes(self) -> tuple[int, ...]:
        """The block lengths to choose from, shortest first."""
        return tuple(each for each in BLOCK_MINUTES if self.shortest_block_min <= each <= self.longest_block_min)
