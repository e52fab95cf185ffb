"""Two sides compared: the day's interval, and the confidence sequence over everything since the soak began."""

import math
from dataclasses import dataclass

import numpy as np

from deskgate.intervals.block_length import NOTHING, block_length
from deskgate.intervals.blocks import Blocks, in_blocks
from deskgate.intervals.bootstrap import bootstrap_interval
from deskgate.intervals.interval import Interval, blocks_needed
from deskgate.intervals.sequences import ConfidenceSequence, confidence_sequence, multiplier
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.sums import Sums

__all__ = ["Comparison", "Estimate", "compare"]


@dataclass(frozen=True)
class Estimate:
    """A difference of two ratios and what is known of it.

    Parameters
    ----------
    live, reference
        Ratio of each side; None where there is nothing to divide by.
    interval
        None where the data do not give one: `why` says what they lack.
    blocks
        In which anything happened; those the interval is made of.
    """

    live: float | None
    reference: float | None
    interval: Interval | None
    blocks: int
    why: str = ""

    @property
    def delta(self) -> float | None:
        """Live minus reference; better or worse is the measure's to say."""
        return None if self.live is None or self.reference is None else self.live - self.reference


@dataclass(frozen=True)
class Comparison:
    """Live minus reference.

    Parameters
    ----------
    day
        Over the day's minutes; its interval holds for one look at one day.
    soak
        Over all whole blocks since the soak began; its interval holds however often one looks. Decide by this one.
    sequence
        The soak's intervals after each block, for charts; None where the soak has no block length.
    block_minutes
        None where the data do not give a block length.
    """

    day: Estimate
    soak: Estimate
    sequence: ConfidenceSequence | None
    block_minutes: int | None
    _settings: IntervalSettings

    def hours_needed(self, low: float, high: float) -> float | None:
        """Return in about how many more hours the soak's interval lies on one side of the margins, were nothing to change.

        The difference, the spread and the number of blocks an hour are taken as they are. None where that cannot be told, or
        no number of hours that anyone waits for is enough, as for a difference on a margin.

        Parameters
        ----------
        low, high
            The margins, in the unit of the difference; infinite where a side has none.
        """
        sequence, delta, settings = self.sequence, self.soak.delta, self._settings
        if sequence is None or delta is None or self.soak.blocks <= 1:
            return None
        now, spread, lacking = self.soak.blocks, float(sequence.spread[-1]), float(sequence.lacking[-1])

        def half_width(blocks: int) -> float:
            # What a share lacks falls with the square of its rows.
            error = math.hypot(spread / math.sqrt(blocks), math.sqrt(lacking) * now / blocks)
            return float(multiplier(np.array([float(blocks)]), settings)[0]) * error

        needed = blocks_needed(
            half_width, min(abs(delta - low), abs(high - delta)), now=max(now, settings.least_blocks)
        )
        elapsed_h = (int(sequence.end[-1]) - int(sequence.end[0]) + (self.block_minutes or 0)) / 60
        return None if needed is None else (needed - now) * elapsed_h / now


def compare(
    live: Sums, reference: Sums | float, settings: IntervalSettings, *, is_share: bool = False, day_from: int
) -> Comparison:
    """Compare one bot's measure with its reference's.

    Parameters
    ----------
    live
        Sums of every matched minute since the soak began, up to the day's end (`per_minute` makes them).
    reference
        Sums of the same minutes; or a constant in the unit of live's num / den.
    settings
        How intervals are made.
    is_share
        Whether `num` is a part of `den` row by row: then rows that were not seen are not taken for impossible.
    day_from
        The day's first minute since 1970-01-01 UTC.

    Raises
    ------
    ValueError
        The sides are of different minutes, or the constant is no finite number. `Sums` refuses what is not finite.
    """
    length, why = block_length(live, reference, settings)
    today = live.from_minute(day_from), reference.from_minute(day_from) if isinstance(reference, Sums) else reference
    if length is None:
        shortest = settings.shortest_block_min
        day, soak = in_blocks(*today, shortest, whole=False).used(), in_blocks(live, reference, shortest).used()
        return Comparison(_no_interval(day, why), _no_interval(soak, why), None, None, settings)
    day, soak = in_blocks(*today, length, whole=False).used(), in_blocks(live, reference, length).used()
    sequence = confidence_sequence(soak, settings, is_share=is_share)
    return Comparison(
        _of_day(day, settings, is_share=is_share), _of_soak(soak, sequence, settings), sequence, length, settings
    )


def _no_interval(blocks: Blocks, why: str) -> Estimate:
    return Estimate(blocks.live.ratio, blocks.reference.ratio, None, blocks.size, why)


def _lacks(blocks: Blocks, settings: IntervalSettings) -> str:
    if blocks.ratios is None:
        return NOTHING
    if blocks.size < settings.least_blocks:
        return (
            f"no interval: orders and fills are in {blocks.size} {'block' if blocks.size == 1 else 'blocks'} of {blocks.length} min, at least {settings.least_blocks} such"
            " blocks are needed"
        )
    return ""


_NEVER_VARIED = "no interval: the difference was the same in every block, so that nothing says how far it may move"


def _of_soak(blocks: Blocks, sequence: ConfidenceSequence, settings: IntervalSettings) -> Estimate:
    why = _lacks(blocks, settings)
    if not why and not math.isfinite(sequence.low[-1]):
        why = _NEVER_VARIED
    interval = None if why else Interval(float(sequence.low[-1]), float(sequence.high[-1]))
    return Estimate(blocks.live.ratio, blocks.reference.ratio, interval, blocks.size, why)


def _of_day(blocks: Blocks, settings: IntervalSettings, *, is_share: bool) -> Estimate:
    why = _lacks(blocks, settings)
    if why:
        return _no_interval(blocks, why)
    interval = bootstrap_interval(blocks, settings, is_share=is_share)
    return Estimate(blocks.live.ratio, blocks.reference.ratio, interval, blocks.size, "" if interval else _NEVER_VARIED)
