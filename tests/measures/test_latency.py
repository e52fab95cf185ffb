"""Order and fill latency by the bot's clock, by hand."""

from typing import Any

import polars as pl
import pytest

from deskgate.measures.latency import FILL_LATENCY, ORDER_LATENCY, latency_quantile
from deskgate.measures.measure import value
from desks import NOON, case, fill
from measures.orders import at, filled, pairs_of, state


def test_latencies_by_hand() -> None:
    # Taken after 1 and 3 s; filled after 4 s, as the bot saw it, though the venue says 2 s.
    orders = [state(ts=at(1), created_ts=NOON), state(order_id="o2", ts=at(3), created_ts=NOON)]
    rows = [*filled(legs=("local", "events"), ts=at(4)), *filled(legs=("exchange",), ts=at(2))]
    of = case(orders=orders, fills=rows)
    assert value(ORDER_LATENCY, ORDER_LATENCY.rows(of)) == 2
    assert pairs_of(FILL_LATENCY.rows(of)) == [("o1", 4, 1)]


@pytest.mark.parametrize(
    ("rows", "order_latency", "fill_latency"),
    [
        ({}, [], []),
        # The database has the time of creation alone.
        ({"orders": [state(leg="local")]}, [None], []),
        # A stream that does not date the creation says it when it says that the order is open.
        ({"orders": [state(created_ts=None)], "fills": filled(ts=at(5))}, [None], [5]),
        # Of an order of which only fills are recorded nothing says when it was made.
        ({"fills": filled(ts=at(5))}, [None], [None]),
        # The bot lacks its fill: no time of its clock.
        ({"orders": [state()], "fills": [fill("exchange", order_id=None, exchange_order_id="x-o1")]}, [0], [None]),
        # The venue never took it.
        ({"orders": [state("failed")]}, [], []),
    ],
)
def test_latency_that_is_not_recorded_is_unknown(
    rows: dict[str, Any], order_latency: list[float | None], fill_latency: list[float | None]
) -> None:
    of = case(**rows)
    assert ORDER_LATENCY.rows(of)["num"].to_list() == order_latency
    assert FILL_LATENCY.rows(of)["num"].to_list() == fill_latency


@pytest.mark.parametrize(
    ("share", "latency_s"), [(0.0, 1), (0.5, 5), (0.55, 6), (0.9, 9), (0.91, 10), (0.99, 10), (1.0, 10)]
)
def test_quantile_is_a_latency_that_occurred(share: float, latency_s: float) -> None:
    assert latency_quantile(pl.Series([3, 1, 2, None, 10, 9, 8, 7, 6, 5, 4], dtype=pl.Float64), share) == latency_s


def test_without_a_known_latency_there_is_no_quantile() -> None:
    assert latency_quantile(pl.Series([None], dtype=pl.Float64), 0.5) is None
