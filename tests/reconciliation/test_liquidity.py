"""Liquidity operations move an account, and no record says by how much: it is not rolled forward past one."""

from datetime import timedelta
from typing import Any

import pytest

from deskgate.reconciliation.accounts import check as accounts
from desks import START, case, fills
from tiers import quick

from .account_rows import ALL, balance, position

ACCOUNT = [position(24, "1")]


def _operation(hours: float = 12, **values: Any) -> dict[str, Any]:
    row = {
        "leg": "local",
        "ts": START + timedelta(hours=hours),
        "action": "add",
        "record_type": "TradeFill",
        "moved": True,
    }
    return {**row, "order_id": "range-1", **values}


def _found(**rows: Any) -> tuple[list[str], dict[str, str | None]]:
    found = accounts.check(case(fills=fills(*ALL), **rows))
    reasons = {each.metric: each.note for each in found.metrics if each.value is None}
    return sorted(found.breaks["kind"]), reasons


def test_balance_after_an_operation_is_not_judged() -> None:
    off = {"positions": ACCOUNT, "balances": [balance(24, "500")]}
    assert _found(**off) == (["balance_drift"], {})
    twice = [_operation(), _operation(leg="events", record_type="OrderFilled")]
    breaks, reasons = _found(**off, liquidity_operations=twice)
    assert breaks == []
    assert str(reasons["balance_drift"]).startswith(
        "b1 made 1 liquidity operation since its opening, the first at 2026-05-04 12:00"
    )
    assert set(reasons) >= {"balance_drift", "position_drift"}


@pytest.mark.parametrize(
    "operation",
    quick(
        [
            _operation(moved=False),
            _operation(hours=-1),  # before the opening
            _operation(hours=25),  # of the next day
            _operation(bot="other"),
        ],
        2,
    ),
)
def test_operation_that_moved_nothing_of_the_account_blocks_nothing(operation: dict[str, Any]) -> None:
    rows = {"positions": ACCOUNT, "balances": [balance(24, "500")]}
    assert _found(**rows, liquidity_operations=[operation]) == (["balance_drift"], {})


def test_drift_before_the_first_operation_stays() -> None:
    rows = {"positions": [position(14, "1"), *ACCOUNT], "balances": [balance(14, "500"), balance(24, "500")]}
    assert _found(**rows, liquidity_operations=[_operation(hours=20)])[0] == ["balance_drift"]
    assert _found(**rows, liquidity_operations=[_operation(hours=13)])[0] == []
