"""Cancel rate and cancel before any fill, by hand."""

from typing import Any

import pytest

from deskgate.measures.cancels import CANCEL_BEFORE_FILL, CANCEL_RATE
from deskgate.measures.measure import value
from desks import case, fill, sources
from measures.orders import at, filled, state


def rates(**rows: Any) -> tuple[Any, Any]:
    of = case(**rows)
    return value(CANCEL_RATE, CANCEL_RATE.rows(of)), value(CANCEL_BEFORE_FILL, CANCEL_BEFORE_FILL.rows(of))


def test_cancel_rates_by_hand() -> None:
    # Of four orders that did not fail two were cancelled, one of them after a fill of the half.
    orders = [
        *[state(order_id=f"o{n}") for n in range(5)],
        *[state("cancelled", name, ts=at(3)) for name in ("o0", "o1")],
        *[state("expired", "o2", ts=at(3)), state("failed", "o4", ts=at(3))],
    ]
    assert rates(orders=orders, fills=filled("o1", "1")) == (0.5, 0.25)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({}, (None, None)),
        ({"orders": [state()]}, (0, 0)),
        ({"orders": [state(), state("cancelled", ts=at(1))]}, (1, 1)),
        ({"orders": [state("failed")]}, (None, None)),
        ({"fills": filled(legs=("local", "exchange"))}, (None, None)),
    ],
)
def test_cancel_rates(rows: dict[str, Any], expected: tuple[Any, Any]) -> None:
    assert rates(**rows) == expected


def test_without_agreed_fills_a_cancel_is_known_and_what_came_before_it_is_not() -> None:
    rows = [state(leg="local"), state("cancelled", leg="local", ts=at(1))]
    assert rates(orders=rows, fills=[fill("local", order_id="o1")], sources=sources("local")) == (1, None)
