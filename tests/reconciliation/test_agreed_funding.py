from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.reconciliation.agreed import agreed_funding
from desks import NOON, case


def payment(kind: str, number: str | None, amount: str, **values: Any) -> dict[str, Any]:
    row = {"leg": "exchange", "path": f"b1/{kind}", "ts": NOON, "pair": "BTC-USDT", "funding_id": number}
    return row | {"amount": Decimal(amount)} | values


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([payment("funding_history", "a", "-1"), payment("my_trades", "a", "-1")], [-1]),
        # The histories have ids of their own, and the list of executions is some milliseconds earlier.
        (
            [payment("funding_history", "b", "-1"), payment("my_trades", "a", "-1", ts=NOON - timedelta(seconds=1))],
            [-1],
        ),
        # An account in hedge mode is paid for each of its two positions.
        ([payment("funding_history", name, "-1") for name in "ab"] + [payment("my_trades", "c", "-1")], [-2]),
        ([payment("my_trades", "a", "-1")], [-1]),
        ([payment("funding_history", "b", "-1"), payment("my_trades", "a", "-2", pair="ETH-USDT")], [-1, -2]),
    ],
)
def test_payment_that_the_venue_lists_among_trades_too_counts_once(
    rows: list[dict[str, Any]], amounts: list[int]
) -> None:
    assert agreed_funding(case(funding=rows))["amount"].to_list() == amounts
