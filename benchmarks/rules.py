"""Rules that say PASS, FAIL or INSUFFICIENT of two bots at each hour of a soak: the product's, and those it is measured against.

`day` and `soak` are the product's, `z` is the soak's with the boundary of one look. `point` holds
the difference itself against the margins. `TOST` are two one-sided Welch tests over rows, as if they were independent,
of 5 % each: an interval of 90 %. `Mann-Whitney` is the classifier of Spinnaker's Kayenta over the values of each minute
(kayenta-judge, `NetflixACAJudge` and `MannWhitneyClassifier`; kayenta-mannwhitney, `MannWhitney`): it fails where the interval
of 98 % of the location shift lies further from 0 than a quarter of the Hodges-Lehmann estimate, and passes else. Where all values
are the same, it has none. Its outlier filter is left out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtri, stdtrit

from benchmarks.soaks import DAY_MIN, SOAK_H, Rows
from deskgate.gates.bounds import Bounds, Outcome, judge
from deskgate.intervals.block_length import block_length
from deskgate.intervals.compare import Comparison, compare
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.sums import Floats, Sums

__all__ = ["FAILED", "HOURS", "INSUFFICIENT", "PASSED", "Looks", "product", "rivals"]

# Of every rule; the product has no interval before.
HOURS = np.arange(12, SOAK_H + 1)
PASSED, FAILED, INSUFFICIENT = 1, -1, 0
_CODES = {Outcome.WITHIN: PASSED, Outcome.BEYOND: FAILED}
_TOST = 0.90
_KAYENTA, _TOLERANCE = 0.98, 0.25
# Values of a minute are counted in steps of this part of their range; differences of shares of up to 8 orders are exact.
_STEPS = 1680


@dataclass(frozen=True)
class Looks:
    """What a rule has at each look: the difference, the interval (NaN where there is none) and the sample.

    `decide` says what it makes of them beside the bounds.
    """

    decide: Callable[["Looks", Bounds], list[int]]
    value: Floats
    low: Floats
    high: Floats
    sample: Floats

    def codes(self, bounds: Bounds, more: float = 0.0) -> list[int]:
        """Return PASSED, FAILED or INSUFFICIENT by look, of live that has `more` in every row.

        All rules but shares' move with their rows: what every row has more, the difference and both ends have more.
        """
        moved = replace(self, value=self.value + more, low=self.low + more, high=self.high + more)
        return self.decide(moved, bounds)

    def excludes(self, truth: float) -> bool:
        """Return whether any look's interval does not hold the truth."""
        return bool(((self.low > truth) | (self.high < truth)).any())


def product(live: Rows, reference: Rows, settings: IntervalSettings, *, is_share: bool) -> dict[str, Looks]:
    """Return the product's looks: of the day one, at the end of the soak's second day; of the soak one an hour.

    `z` is the soak's with the boundary of one look.
    """
    sides = live.sums(), reference.sums()
    found = compare(*sides, settings, is_share=is_share, day_from=DAY_MIN)
    rows = min(int(np.count_nonzero(each.minute >= DAY_MIN)) for each in (live, reference))
    soak, fixed = _soak(found, *sides, settings)
    return {"day": _day(found, rows), "soak": soak, "z": fixed}


def rivals(live: Rows, reference: Rows) -> dict[str, Looks]:
    """Return the looks of the rules that the product's are measured against, one an hour."""
    welch = _welch(live, reference)
    shift = _mann_whitney(live.sums(), reference.sums())
    return {"point": replace(welch, decide=_point), "TOST": welch, "Mann-Whitney": shift}


def _gate(looks: Looks, bounds: Bounds) -> list[int]:
    """Decide as the gate does."""
    rows = zip(*(each.tolist() for each in (looks.value, looks.low, looks.high, looks.sample)), strict=True)
    return [
        _CODES.get(judge(bounds, value, int(sample), (low, high)), INSUFFICIENT) for value, low, high, sample in rows
    ]


def _point(looks: Looks, bounds: Bounds) -> list[int]:
    return _gate(looks, bounds.model_copy(update={"whole_interval": False}))


def _day(found: Comparison, rows: int) -> Looks:
    value, ends = found.day.delta, found.day.interval
    low, high = (ends.low, ends.high) if ends else (math.nan, math.nan)
    return Looks(_gate, *(np.array([each], dtype=np.float64) for each in (value, low, high, rows)))


def _soak(found: Comparison, live: Sums, reference: Sums, settings: IntervalSettings) -> tuple[Looks, Looks]:
    """Return the soak's interval at each hour, and that of one look with the same error.

    They are read from the sequence at the end: its entry of an hour is made of the blocks up to it.
    """
    sequence, minutes = found.sequence, HOURS * 60
    since = next(
        (at for at in minutes.tolist() if block_length(live.first(at), reference.first(at), settings)[0]), None
    )
    if sequence is None or since is None or not sequence.end.size:
        none = np.full(HOURS.size, math.nan)
        return (Looks(_gate, none, none, none, np.zeros(HOURS.size)),) * 2
    blocks = np.searchsorted(sequence.end, minutes, side="right")
    at = np.maximum(blocks - 1, 0)
    known = (minutes >= since) & (blocks > 0) & np.isfinite(sequence.low[at])
    value = np.where(known, sequence.delta[at], math.nan)
    error = np.sqrt(sequence.spread[at] ** 2 / np.maximum(blocks, 1) + sequence.lacking[at])
    reaches = sequence.high[at] - sequence.delta[at], float(ndtri((1 + settings.confidence) / 2)) * error
    soak, fixed = (Looks(_gate, value, value - each, value + each, blocks.astype(np.float64)) for each in reaches)
    return soak, fixed


def _welch(live: Rows, reference: Rows) -> Looks:
    """Return the difference of the plain means of rows up to each hour, and its interval by Welch's test."""
    counts, means, errors = zip(*(_of_rows(each) for each in (live, reference)), strict=True)
    value, variance = means[0] - means[1], errors[0] + errors[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = variance**2 / sum(each**2 / (count - 1) for each, count in zip(errors, counts, strict=True))
    reach = np.where(variance > 0, stdtrit(freedom, (1 + _TOST) / 2), 0) * np.sqrt(variance)
    return Looks(_gate, value, value - reach, value + reach, np.minimum(counts[0], counts[1]))


def _of_rows(rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Return how many rows there are up to each hour, their mean and the variance of their mean."""
    count = np.searchsorted(rows.minute, HOURS * 60)
    total, squared = (np.concatenate([[0.0], each.cumsum()])[count] for each in (rows.value, rows.value**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        return count.astype(np.float64), mean, np.maximum(squared / count - mean**2, 0) / (count - 1)


def _kayenta(looks: Looks, _: Bounds) -> list[int]:
    tolerated = _TOLERANCE * np.abs(looks.value)
    beyond = (looks.low > tolerated) | (looks.high < -tolerated)
    return [int(code) for code in np.where(np.isnan(looks.value), INSUFFICIENT, np.where(beyond, FAILED, PASSED))]


def _mann_whitney(live: Sums, reference: Sums) -> Looks:
    """Return the Hodges-Lehmann estimate and the interval of the location shift of the values of minutes, by hour.

    All differences of a live and a reference value are counted in steps; the estimate is their median, and the ends are those
    between which the rank sum's normal approximation does not reject a shift.
    """
    ratios = [
        np.where(each.den > 0, each.num / np.where(each.den > 0, each.den, 1), math.nan) for each in (live, reference)
    ]
    least, most = (float(pick(ratios)) for pick in (np.nanmin, np.nanmax))
    if least == most:
        return Looks(_kayenta, *(np.full(HOURS.size, math.nan) for _ in range(4)))
    step = (most - least) / _STEPS
    x, y = (_counts(each, least, step) for each in ratios)
    size = next_fast_len(2 * _STEPS + 1, real=True)
    pairs = np.rint(irfft(rfft(x, size) * rfft(y[:, ::-1], size), size))[:, : 2 * _STEPS + 1]
    n, m = x.sum(axis=1), y.sum(axis=1)
    below = pairs.cumsum(axis=1)
    reach = ndtri((1 + _KAYENTA) / 2) * np.sqrt(n * m * (n + m + 1) / 12)
    ends = (n * m / 2 + away for away in (0, -reach - 0.5, reach + 0.5))
    value, low, high = (((below < each[:, None]).sum(axis=1) - _STEPS) * step for each in ends)
    return Looks(_kayenta, value, low, high, np.minimum(n, m))


def _counts(values: Floats, least: float, step: float) -> Floats:
    """Return how often each step occurs up to each hour."""
    at = np.flatnonzero(~np.isnan(values))
    number = np.rint((values[at] - least) / step).astype(np.int64)
    flat = np.bincount(at // 60 * (_STEPS + 1) + number, minlength=SOAK_H * (_STEPS + 1))
    counts: Floats = flat.reshape(SOAK_H, _STEPS + 1).cumsum(axis=0)[HOURS - 1].astype(np.float64)
    return counts
