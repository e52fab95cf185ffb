"""Markouts and spreads of stated fills and mids by the public package markoutlib 0.3.0, which needs polars below 2.

    python3 -m venv oracle
    oracle/bin/pip install markoutlib==0.3.0
    oracle/bin/python -m benchmarks.oracles.markoutlib

It prints the sums over the fills, in quote; tests/measures/test_markoutlib.py holds them. What the package calls a markout
is from mid to mid, and its spreads are half of Huang & Stoll's: side x (price - mid), without the factor of 2.
"""

import importlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

__all__ = ["HORIZONS_S", "START", "Fill", "fills", "quotes"]

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
HORIZONS_S = (-5, 1, 10, 30, 60, 300)
_STEP_S = 0.25
_QUOTES = 4_000
_FILLS = 60
# Side (1 or -1), seconds from START, price, quantity.
Fill = tuple[int, float, Decimal, Decimal]


def quotes() -> list[tuple[float, Decimal]]:
    """Return seconds from START and mid, four a second: at each horizon there is a mid that every rule of age accepts."""
    steps = [Decimal(number % 41 - 20) / 10 for number in _numbers(_QUOTES, seed=1)]
    return [(at * _STEP_S - 20, mid) for at, mid in enumerate(accumulate(steps, initial=Decimal(70_000)))]


def fills() -> list[Fill]:
    """Return fills at whole seconds, ties included, at up to 3 from the mid of then."""
    mids = dict(quotes())
    found: list[Fill] = []
    for at, number in enumerate(_numbers(_FILLS, seed=2)):
        second, offset, size = float(at * 10 + number % 2), number // 7 % 61, number // 11 % 50
        price = mids[second] + Decimal(offset - 30) / 10
        found.append((1 if number // 3 % 2 else -1, second, price, Decimal(size + 1) / 1000))
    return found


def _numbers(count: int, *, seed: int) -> list[int]:
    """Return numbers of a linear congruential generator (Numerical Recipes), high bits: the same everywhere."""
    states = accumulate(range(count), lambda state, _: (1_664_525 * state + 1_013_904_223) % 2**32, initial=seed)
    return [state >> 8 for state in states][1:]


def main() -> None:
    """Print the package's version and its sums."""
    pl, package = importlib.import_module("polars"), importlib.import_module("markoutlib")
    mids = dict(quotes())
    traded = pl.DataFrame(
        {
            "timestamp": [START + timedelta(seconds=at) for _, at, _, _ in fills()],
            "side": [side for side, _, _, _ in fills()],
            "price": [float(price) for _, _, price, _ in fills()],
            "mid": [float(mids[at]) for _, at, _, _ in fills()],
            "size": [float(size) for _, _, _, size in fills()],
        }
    ).sort("timestamp", maintain_order=True)
    seen = pl.DataFrame(
        {"timestamp": [START + timedelta(seconds=at) for at in mids], "mid": [float(mid) for mid in mids.values()]}
    )
    horizons = package.seconds(*HORIZONS_S)
    rows = package.compute(traded, seen, horizons=horizons, unit="price").to_polars()
    effective = (pl.col("side") * (pl.col("price") - pl.col("mid")) * pl.col("size")).sum()
    realized = (pl.col("side") * (pl.col("price") - pl.col("future_mid")) * pl.col("size")).sum()
    sums = rows.group_by("horizon_value", maintain_order=True).agg(
        pl.len(), markout=(pl.col("markout") * pl.col("size")).sum(), effective=effective, realized=realized
    )
    print(f"markoutlib {package.__version__}, polars {pl.__version__}")
    for row in sums.iter_rows():
        print(row)
    result = package.compute(traded, seen, horizons=horizons, unit="bps")
    print("mean effective half spread, bps", result.effective_spread()["effective_spread_mean"].item())
    for seconds in HORIZONS_S:
        parts = result.spread_decomposition(horizon=package.seconds(seconds))
        print(seconds, parts.select("realized_spread_mean", "price_impact_mean").row(0))


if __name__ == "__main__":
    main()
