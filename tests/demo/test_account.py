from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.demo.account import Account
from deskgate.demo.venue import Side

BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(
    ("fills", "position", "entry", "realised"),
    [
        ([], "0", "0", "0"),
        ([(BUY, 100, 2)], "2", "100", "0"),
        ([(BUY, 100, 2), (BUY, 130, 1)], "3", "110", "0"),
        ([(BUY, 100, 2), (SELL, 105, 1)], "1", "100", "5"),
        ([(BUY, 100, 2), (SELL, 105, 2)], "0", "0", "10"),
        ([(BUY, 100, 2), (SELL, 90, 3)], "-1", "90", "-20"),
        ([(SELL, 100, 2), (BUY, 90, 3)], "1", "90", "20"),
    ],
)
def test_average_cost(fills: list[tuple[Side, int, int]], position: str, entry: str, realised: str) -> None:
    account = Account(Decimal(1000))
    for side, price, quantity in fills:
        account.book(side, Decimal(price), Decimal(quantity), Decimal(0), 0)
    assert (account.position, account.entry, account.realised) == (Decimal(position), Decimal(entry), Decimal(realised))


_FILL = st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 999), st.integers(1, 9))


@given(st.lists(_FILL, max_size=30), st.integers(1, 999))
def test_equity_is_opening_realised_unrealised_less_fees(fills: list[tuple[Side, int, int]], mark: int) -> None:
    account = Account(Decimal(500), funding=Decimal("-0.5"))
    for side, price, quantity in fills:
        account.book(side, Decimal(price), Decimal(quantity), Decimal("0.01"), 0)
    parts = account.opening + account.realised + account.unrealised(Decimal(mark)) - account.fees + account.funding
    assert abs(parts - account.equity(Decimal(mark))) < Decimal("1e-18")
