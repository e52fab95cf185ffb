"""Breaks that are added up: what is not known of one is not 0 of all."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from day_inputs import day_inputs
from deskgate.assessment.assessment import Assessment
from deskgate.reports.views.reconciliation import break_ages, breaks_by_leg, checked_shares
from desks import NOON, desk, fills
from portfolio.books import day, joined, opened, trade

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def _assessment(*values: str | None) -> Any:
    row = {"kind": "fee_mismatch", "bot": "b1", "leg": "", "status": "open", "severity": "warning", "ts": AT}
    row |= {"first_seen": date(2026, 5, 4)}
    rows = [row | {"value_quote": value and Decimal(value)} for value in values]
    breaks = pl.DataFrame(rows, schema_overrides={"value_quote": pl.Decimal(38, 18)})
    return SimpleNamespace(breaks=breaks, case=SimpleNamespace(as_of=AT))


@pytest.mark.parametrize(
    ("values", "value", "note"),
    [
        (("2", "3.5"), 5.5, None),
        (("2", None), None, "at least 2.0, 1 of unknown value"),
        ((None,), None, "at least 0.0, 1 of unknown value"),
    ],
)
def test_sum_with_an_unknown_value_is_unknown(values: tuple[str | None, ...], value: float, note: str) -> None:
    for view in (breaks_by_leg, break_ages):
        rows = view(_assessment(*values))
        assert rows.select("breaks", "value_quote", "note").rows() == [(len(values), value, note)]


@pytest.mark.parametrize(("price", "worth"), [("50", 150.0), (None, None)])
def test_checked_share_has_beside_it_what_all_fills_are_worth(price: str | None, worth: float | None) -> None:
    alone: dict[str, Any] = {"trade_id": "t9", "order_id": "o9", "exchange_order_id": "x9", "quantity": Decimal(1)}
    rows = joined(trade("1"), fills("local", **alone, price=price and Decimal(price), ts=NOON + timedelta(hours=1)))
    names = ("fills_checked_share", "notional_checked_share")
    metrics = pl.DataFrame(
        [{"gate": "reconciliation", "subject": "b1", "metric": name, "value": 0.5, "note": None} for name in names]
    )
    of = Assessment(day(desk(opened()), fills=rows), metrics, pl.DataFrame(), {}, day_inputs())
    assert checked_shares(of).select("of", "share", "notional_quote").rows() == [
        ("fills", 0.5, None),
        ("notional", 0.5, worth),
    ]
