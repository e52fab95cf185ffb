"""Sides of a comparison for tests: fills of two bots as sums by minute."""

import numpy as np

from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.sums import Sums, per_minute

DAY = 1440
SETTINGS = IntervalSettings(
    confidence=0.95,
    draws=2000,
    seed=0,
    shortest_block_min=5,
    longest_block_min=240,
    block_from_h=12,
    tuned_for=100,
    least_blocks=20,
)


def settings(**changed: float) -> IntervalSettings:
    """Return `SETTINGS` with some of them changed."""
    return IntervalSettings(**{**SETTINGS.model_dump(), **changed})


def side(seed: int, *, mean: float = 0.0, rows: int = 2000, days: int = 2, dependence: float = 0.0) -> Sums:
    """Return sums of `rows` fills in time order, each a value about `mean` with a spread of 5 and a weight of about 1."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(rows)
    for row in range(1, rows if dependence else 0):
        noise[row] = dependence * noise[row - 1] + noise[row] * np.sqrt(1 - dependence**2)
    weight = rng.lognormal(0, 0.3, rows)
    minute = np.sort(rng.integers(0, days * DAY, rows))
    return per_minute(minute, (mean + 5 * noise) * weight, weight, matched=np.arange(days * DAY))


def shares(seed: int, share: float, *, rows: int = 2000, days: int = 2) -> Sums:
    """Return sums of `rows` orders of which about `share` were rejected."""
    rng = np.random.default_rng(seed)
    hits = (rng.random(rows) < share).astype(float)
    return per_minute(rng.integers(0, days * DAY, rows), hits, np.ones(rows), matched=np.arange(days * DAY))
