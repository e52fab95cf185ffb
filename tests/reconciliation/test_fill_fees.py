"""A fee in base on spot moves the position, in the roll-forward as in every profit."""

from decimal import Decimal

import pytest

from deskgate.reconciliation.accounts.positions import rolled_positions
from deskgate.reconciliation.accounts.waterfall import position_waterfall
from desks import END, bot, case, desk, fills

FEE = {"fee_amount": Decimal("0.01"), "fee_token": "BTC"}


@pytest.mark.parametrize(
    ("connector", "side", "expected"),
    [
        ("binance", "BUY", "0.99"),
        ("binance", "SELL", "-1.01"),
        ("binance_perpetual", "BUY", "1"),
        ("binance_perpetual", "SELL", "-1"),
    ],
)
def test_roll_forward_of_a_fee_in_base(connector: str, side: str, expected: str) -> None:
    held = {"leg": "exchange", "ts": END, "pair": "BTC-USDT", "quantity": Decimal(expected)}
    rows = fills("local", "events", "exchange", side=side, **FEE)
    of = case(desk(bot(connector=connector)), fills=rows, positions=[held])
    assert rolled_positions(of)["expected"].to_list() == [Decimal(expected)]
    steps = dict(position_waterfall(of).select("step", "amount").iter_rows())
    assert steps["opened"] == steps["unexplained"] == 0
    assert steps["bought" if side == "BUY" else "sold"] == Decimal(expected)
