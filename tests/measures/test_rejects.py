"""Reject rate, at all and by stage, by hand."""

from typing import Any

import pytest

from deskgate.measures.measure import value
from deskgate.measures.rejects import REJECT_RATE, REJECT_RATE_BY_STAGE, unseen_rejects
from desks import NOON, case, sources
from measures.orders import at, failure, filled, pairs_of, state


def rate(**rows: Any) -> float | None:
    return value(REJECT_RATE, REJECT_RATE.rows(case(**rows)))


def test_reject_rate_by_hand() -> None:
    # Of five orders one is refused by Hummingbot, one by the venue, one lost after it was taken.
    orders = [
        *[state("failed", name) for name in ("o1", "o2")],
        *[state(order_id="o3"), state("failed", "o3", ts=at(5))],
        *[state(order_id="o4"), state(order_id="o5"), state("cancelled", "o5", ts=at(5))],
    ]
    said = [
        failure("o1", "ValueError", "Order amount 1 is lower than minimum order size 2 for the pair BTC-USDT."),
        failure("o2", "OSError", "HTTP status is 400."),
    ]
    of = case(orders=orders, events=said)
    assert value(REJECT_RATE, REJECT_RATE.rows(of)) == 0.6
    assert pairs_of(REJECT_RATE.rows(of)) == [("o1", 1, 1), ("o2", 1, 1), ("o3", 1, 1), ("o4", 0, 1), ("o5", 0, 1)]
    by_stage = {each.name: value(each, each.rows(of)) for each in REJECT_RATE_BY_STAGE}
    assert by_stage == {
        "reject_rate_before_sending": 0.2,
        "reject_rate_at_venue": 0.2,
        "reject_rate_after_acceptance": 0.2,
        "reject_rate_unknown": 0,
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({}, None),
        ({"orders": [state()]}, 0),
        ({"orders": [state("failed")]}, 1),
        ({"orders": [state(leg="local"), state("failed", leg="local", ts=at(1))]}, 1),
        # Twice the same failure is one order.
        ({"orders": [state("failed"), state("failed", ts=at(1)), state(order_id="o2")]}, 0.5),
        # Of orders whose fills alone are recorded nothing says how many were refused.
        ({"fills": filled("o1", legs=("local", "exchange"))}, None),
        ({"orders": [state("filled", pair="BTC-USDT")], "fills": filled()}, None),
    ],
)
def test_reject_rate(rows: dict[str, Any], expected: float | None) -> None:
    assert rate(**rows) == expected


def test_bot_without_a_stream_does_not_show_what_its_venue_refused() -> None:
    rows: dict[str, Any] = {"orders": [state(leg="local", ts=NOON)], "sources": sources("local", "exchange")}
    assert rate(**rows) is None
    assert "no event stream" in str(unseen_rejects(case(**rows), "b1"))
    assert unseen_rejects(case(), "b1") is None
