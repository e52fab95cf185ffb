from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.measures.measure import Measure, value
from deskgate.measures.slippage import SLIPPAGE
from deskgate.measures.spreads import EFFECTIVE_SPREAD, PRICE_IMPACT, REALIZED_SPREAD
from desks import case
from examples import few

from .prices import mid, traded


@pytest.mark.parametrize(
    ("side", "price", "later", "effective", "realized", "impact"),
    [
        # Bought at 101 with the mid at 100: twice 1. Then at 101.5: twice -0.5 of it went on, 3 the market's move.
        ("BUY", "101", "101.5", 2, -1, 3),
        ("BUY", "101", "100", 2, 2, 0),
        # A maker bought below the mid, and the market fell through its price.
        ("BUY", "99", "98", -2, 2, -4),
        ("SELL", "99", "98.5", 2, -1, 3),
        ("SELL", "101", "100", -2, -2, 0),
        ("SELL", "101", "102", -2, 2, -4),
        ("BUY", "100", "100", 0, 0, 0),
    ],
)
def test_spreads_of_one_fill(side: str, price: str, later: str, effective: int, realized: int, impact: int) -> None:
    of = case(fills=traded(0, side, price, "3"), mids=[mid(-1, "100"), mid(299, later)])
    found = [
        measure.rows(of).select("num", "den").row(0) for measure in (EFFECTIVE_SPREAD, REALIZED_SPREAD, PRICE_IMPACT)
    ]
    assert found == [(3.0 * each, 3.0 * float(price)) for each in (effective, realized, impact)]


@pytest.mark.parametrize(
    ("seen_at", "known"),
    [
        # The mid before, the mid 5 min after.
        ((-1, 299), (True, True, True)),
        ((-1,), (True, False, False)),
        ((299,), (False, True, False)),
        ((-1, 301), (True, False, False)),
        ((-1, 149), (True, False, False)),
        ((), (False, False, False)),
    ],
)
def test_spread_without_its_mid_is_null(seen_at: tuple[int, ...], known: tuple[bool, ...]) -> None:
    of = case(fills=traded(0, "BUY", "100"), mids=[mid(at, str(100 + at)) for at in seen_at])
    rows = [measure.rows(of) for measure in (EFFECTIVE_SPREAD, REALIZED_SPREAD, PRICE_IMPACT)]
    assert tuple(each["num"].null_count() == 0 for each in rows) == known
    assert all(each["den"].to_list() == [100.0] for each in rows)


PRICES = st.integers(9_000, 11_000).map(lambda cents: Decimal(cents) / 100)


@few()
@given(st.sampled_from(["BUY", "SELL"]), PRICES, PRICES, PRICES, st.integers(1, 9))
def test_effective_spread_is_realized_spread_and_impact(
    side: str, price: Decimal, before: Decimal, later: Decimal, quantity: int
) -> None:
    of = case(fills=traded(0, side, str(price), str(quantity)), mids=[mid(-1, str(before)), mid(299, str(later))])

    def bps(measure: Measure) -> float:
        found = value(measure, measure.rows(of))
        assert found is not None
        return found

    assert bps(EFFECTIVE_SPREAD) == pytest.approx(bps(REALIZED_SPREAD) + bps(PRICE_IMPACT), abs=1e-9)
    assert bps(EFFECTIVE_SPREAD) == pytest.approx(2 * bps(SLIPPAGE), abs=1e-9)
