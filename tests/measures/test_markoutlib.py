"""Markouts and spreads against markoutlib 0.3.0 (polars 1.44.2); `python -m benchmarks.oracles.markoutlib` says how it is run."""

from functools import cache

import pytest
from benchmarks.oracles.markoutlib import fills, quotes

from deskgate.case.case import Case
from deskgate.measures.markouts import MARKOUTS
from deskgate.measures.measure import Measure
from deskgate.measures.spreads import EFFECTIVE_SPREAD, PRICE_IMPACT, REALIZED_SPREAD
from desks import case

from .prices import mid, traded

# What it printed: sums over the fills, in quote, of its half spreads, and by horizon of its realised ones and its markouts
# from mid to mid.
HALF_EFFECTIVE = 0.2222999999993481
BY_HORIZON = {
    "before_5s": (1.3833999999993103, -1.161099999999962),
    "1s": (1.1385000000006698, -0.9162000000013213),
    "10s": (2.458599999997314, -2.2362999999979656),
    "30s": (0.5106999999980903, -0.2883999999987419),
    "1m": (-3.19590000000059, 3.418199999999939),
    "5m": (-13.68080000000079, 13.903100000000137),
}


@cache
def oracle_case() -> Case:
    rows = [
        traded(at, "BUY" if side == 1 else "SELL", str(price), str(size), f"t{number}")
        for number, (side, at, price, size) in enumerate(fills())
    ]
    return case(fills=[row for three in rows for row in three], mids=[mid(at, str(price)) for at, price in quotes()])


@pytest.mark.parametrize(("measure", "horizon"), list(zip(MARKOUTS, BY_HORIZON, strict=True)))
def test_markout_is_its_half_realized_spread_turned(measure: Measure, horizon: str) -> None:
    rows = measure.rows(oracle_case())
    assert rows.height == 60
    assert rows["num"].null_count() == 0
    assert rows["num"].sum() == pytest.approx(-BY_HORIZON[horizon][0], abs=1e-9)


def test_spreads_are_twice_its_half_spreads() -> None:
    half_realized, half_impact = BY_HORIZON["5m"]
    sums = [measure.rows(oracle_case())["num"].sum() for measure in (EFFECTIVE_SPREAD, REALIZED_SPREAD, PRICE_IMPACT)]
    assert sums == pytest.approx([2 * HALF_EFFECTIVE, 2 * half_realized, 2 * half_impact], abs=1e-9)
