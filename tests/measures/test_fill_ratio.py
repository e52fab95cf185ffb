"""Fill ratio by notional and by orders, by hand."""

from decimal import Decimal
from typing import Any

import pytest

from deskgate.measures.fill_ratio import FILL_RATIO, FILL_RATIO_ORDERS
from deskgate.measures.measure import ROWS, value
from desks import NOON, bot, case, desk, fill, sources
from measures.orders import at, filled, pairs_of, shuffled, state


def ratios(**rows: Any) -> tuple[Any, Any]:
    of = case(**rows)
    return value(FILL_RATIO, FILL_RATIO.rows(of)), value(FILL_RATIO_ORDERS, FILL_RATIO_ORDERS.rows(of))


def test_fill_ratio_by_hand() -> None:
    # Ordered 2 at 100, 2 at 100 and 3 at 200: 1,000. Filled the first, and 1 of the third: 400. Two of three orders.
    orders = [state(), state(order_id="o2"), state(order_id="o3", price=Decimal(200), quantity=Decimal(3))]
    rows = [*filled(), *filled("o3", "1", price=Decimal(199))]
    assert ratios(orders=orders, fills=rows) == (0.4, pytest.approx(2 / 3))
    found = FILL_RATIO.rows(case(orders=orders, fills=rows))
    assert dict(found.schema) == ROWS
    assert pairs_of(found) == [("o1", 200, 200), ("o2", 0, 200), ("o3", 200, 600)]


@pytest.mark.parametrize(("rows", "expected"), [({}, None), ({"orders": [state()]}, 0.0)])
def test_no_order_has_no_ratio_and_one_without_a_fill_has_none_of_it(
    rows: dict[str, Any], expected: float | None
) -> None:
    assert ratios(**rows) == (expected, expected)


@pytest.mark.parametrize(
    ("name", "age_s", "counts"),
    [
        ("soft_pause", 0, False),
        ("hard_stop", 60, False),
        ("kill_switch", 300, False),
        ("kill_switch", 301, True),
        ("running", 0, True),
        (None, 0, True),
    ],
)
def test_order_made_while_paused_is_no_intent(name: str | None, age_s: int, counts: bool) -> None:
    rows = [{"ts": at(-age_s), "pair": "BTC-USDT", "state": name}]
    # Filled or not: that of the filled ones alone would be another ratio.
    for some in ([], filled()):
        assert FILL_RATIO.rows(case(orders=[state()], snapshots=rows, fills=some)).height == int(counts)


def test_order_that_failed_is_no_intent() -> None:
    rows = [state(), state("failed", ts=at(1)), state(order_id="o2")]
    assert ratios(orders=rows, fills=filled()) == (0, 0)
    assert FILL_RATIO.rows(case(orders=rows, fills=filled()))["id"].to_list() == ["o2"]


def test_market_order_is_worth_what_its_fills_paid() -> None:
    rows = [
        state(price=None),
        state(order_id="o2", price=None, ts=at(1)),
        state(order_id="o3", price=None, pair="ETH-USDT"),
    ]
    two = [*filled(quantity="1", price=Decimal(90)), *filled(quantity="1", price=Decimal(110), trade_id="t2")]
    # 2 bought at 100 on average; the order without a fill is worth as much; nothing says what ether costs.
    assert pairs_of(FILL_RATIO.rows(case(orders=rows, fills=two))) == [
        ("o1", 200, 200),
        ("o3", None, 0),
        ("o2", 0, 200),
    ]
    assert pairs_of(FILL_RATIO.rows(case(orders=rows[1:], fills=[]))) == [("o3", None, 0), ("o2", None, 0)]


def test_order_of_unknown_size_counts_against_the_coverage() -> None:
    of = case(orders=[state()], fills=filled("o9"))
    assert pairs_of(FILL_RATIO.rows(of)) == [("o1", 0, 200), ("o9", None, 200)]
    assert pairs_of(FILL_RATIO_ORDERS.rows(of)) == [("o1", 0, 1), ("o9", None, 1)]


def test_bot_of_one_leg_has_orders_and_no_ratio() -> None:
    rows: dict[str, Any] = {
        "orders": [state(leg="local")],
        "fills": [fill("local", order_id="o1")],
        "sources": sources("local"),
    }
    assert pairs_of(FILL_RATIO.rows(case(**rows))) == [("o1", None, 200)]
    assert ratios(**rows) == (None, None)


def test_fills_without_any_order_have_no_ratio() -> None:
    assert ratios(fills=[*filled("o1", legs=("local", "exchange")), *filled("o2", legs=("local", "exchange"))]) == (
        None,
        None,
    )


def test_sums_are_exact_and_the_same_for_shuffled_records() -> None:
    names = [f"o{n}" for n in range(30)]
    orders = [
        state(order_id=name, ts=at(n % 4), price=Decimal("0.1"), quantity=Decimal("0.3"), bot=("b1", "b2")[n % 2])
        for n, name in enumerate(names)
    ]
    rows = [each for n, name in enumerate(names) for each in filled(name, "0.1", bot=("b1", "b2")[n % 2], ts=at(9))]
    of = case(
        desk(bot("b1"), bot("b2")),
        orders=orders,
        fills=rows,
        sources=sources("local", "events", "exchange") + sources("local", "events", "exchange", bot="b2"),
    )
    expected = FILL_RATIO.rows(of)
    assert set(expected["num"]) == {0.01}
    assert expected.select("bot", "ts", "id").rows() == sorted(expected.select("bot", "ts", "id").rows())
    for seed in range(3):
        assert FILL_RATIO.rows(shuffled(of, seed)).equals(expected)
    assert expected["ts"].min() == NOON
