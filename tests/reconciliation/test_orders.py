"""Orders: what the bot's and the venue's records say of each other's."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.reconciliation import orders
from desks import END, NOON, case, fill, fills, sources, values

from .account_rows import ALL, CLOSED, LATER, order


def kinds(**rows: Any) -> list[str]:
    return sorted(orders.check(case(**rows)).breaks.get_column("kind"))


FILLED = [order("exchange", "open"), order("exchange", "completed", LATER, filled_quantity=Decimal(1))]


@pytest.mark.parametrize(
    ("local", "venue", "traded", "expected"),
    [
        ([("open", 0)], CLOSED, (), ["order_open_local_closed_exchange"]),
        ([("open", 0), ("cancelled", 1)], CLOSED, (), []),
        ([("open", 0), ("filled", 1), ("completed", 1), ("filled", 2)], FILLED, ALL, []),
        ([("open", 0), ("filled", 1)], FILLED, ALL, []),
        ([("open", 0), ("cancelled", 1)], [order("exchange", "open")], (), ["order_closed_local_open_exchange"]),
        ([("open", 0), ("completed", 1)], FILLED, (), ["order_fill_sum_mismatch"]),
        ([("open", 0)], FILLED, ("exchange",), []),
    ],
)
def test_order_states(
    local: list[tuple[str, int]], venue: list[dict[str, Any]], traded: tuple[str, ...], expected: list[str]
) -> None:
    own = [order("local", status, timedelta(minutes=n)) for status, n in local]
    assert kinds(orders=own + venue, fills=fills(*traded)) == expected


@pytest.mark.parametrize(("quantity", "opens"), [("0.999999", False), ("0.999998", True)])
def test_order_is_filled_by_fills_that_are_a_step_short_each(quantity: str, opens: bool) -> None:
    own = [fill("local", f"t{n}", exchange_order_id="x-t1", quantity=Decimal(quantity)) for n in range(3)]
    rows = [order("local", "open", quantity=Decimal(3)), *FILLED]
    assert ("order_open_local_closed_exchange" in kinds(orders=rows, fills=own)) is opens


def test_order_closed_at_the_venue_in_the_last_minutes_is_pending() -> None:
    late = END - timedelta(minutes=1) - NOON
    venue = [order("exchange", "open"), order("exchange", "cancelled", late, filled_quantity=Decimal(0))]
    assert kinds(orders=[order("local", "open"), *venue]) == []


@pytest.mark.parametrize("export", ["closed_orders", "canceled_orders", "open_orders"])
def test_orders_need_all_three_exports(export: str) -> None:
    rest = [row for row in sources(*ALL) if row["kind"] != export]
    metrics = orders.check(case(orders=[order("local", "open"), *CLOSED], sources=rest)).metrics
    assert set(values(metrics).values()) == {None}
    assert all(export in str(metric.note) for metric in metrics)


def test_orders_in_no_export_are_not_checked() -> None:
    local = [order("local", "open", order_id=f"o{n}", exchange_order_id=f"x{n}") for n in range(4)]
    venue = [{**row, "order_id": "o0", "exchange_order_id": "x0"} for row in FILLED]
    got = values(orders.check(case(orders=local + venue)).metrics)
    assert got["orders_checked_share"] == 0.25


@pytest.mark.parametrize(
    ("local", "venue", "expected"),
    [
        ({"status": "cancelled"}, {"status": "completed", "filled_quantity": None}, (0, 0, None, 0)),
        ({"status": "cancelled"}, {"status": "completed", "filled_quantity": Decimal(1)}, (0, 0, 1, 1)),
        ({"status": "open", "quantity": None}, {"status": "cancelled"}, (1, 0, None, 0)),
        ({"status": "open", "quantity": None}, {"status": "cancelled", "quantity": None}, (1, 0, None, 0)),
    ],
)
def test_order_without_a_filled_quantity_is_not_compared(
    local: dict[str, Any], venue: dict[str, Any], expected: tuple[float | None, ...]
) -> None:
    rows = [order("local", local.pop("status"), **local), order("exchange", venue.pop("status"), **venue)]
    got = values(orders.check(case(orders=rows)).metrics)
    assert tuple(got[kind] for kind in (*orders.KINDS, "orders_checked_share")) == expected


@pytest.mark.parametrize("price", range(100, 108))
def test_final_state_wins_timestamp_tie(price: int) -> None:
    # The price makes another digest of each row, and a digest must not decide.
    states = [("exchange", "open", Decimal(0)), ("exchange", "completed", Decimal(1)), ("local", "completed", None)]
    rows = [order(leg, status, filled_quantity=filled, price=Decimal(price)) for leg, status, filled in states]
    of_order = {"order_id": rows[0]["order_id"], "exchange_order_id": rows[0]["exchange_order_id"]}
    got = values(orders.check(case(orders=rows, fills=fills(*ALL, **of_order))).metrics)
    assert got["order_fill_sum_mismatch"] == 0


def test_unreadable_record_does_not_hide_order_breaks() -> None:
    rows = [order("local", "cancelled"), order("exchange", "open")]
    some = [{**row, "quarantined": int(row["kind"] == "canceled_orders")} for row in sources(*ALL)]
    found = orders.check(case(orders=rows, sources=some))
    assert values(found.metrics)["order_closed_local_open_exchange"] == 1
    assert values(found.metrics)["order_fill_sum_mismatch"] is None


def test_venues_may_give_one_order_id_in_each_pair() -> None:
    eth: dict[str, Any] = {"pair": "ETH-USDT", "order_id": "o-eth"}
    btc: dict[str, Any] = {}
    rows = [order("local", "cancelled"), order("exchange", "open")]
    rows += [order("local", "cancelled", **eth), order("exchange", "cancelled", filled_quantity=Decimal(0), **eth)]
    assert kinds(orders=rows) == ["order_closed_local_open_exchange"]
    filled = [
        order(leg, "completed", filled_quantity=Decimal(1), **of) for leg in ("local", "exchange") for of in (btc, eth)
    ]
    traded = [*fills(*ALL), *fills(*ALL, trade_id="t9", exchange_order_id="x-t1", **eth)]
    assert kinds(orders=filled, fills=traded) == []
