"""Orders that are open on one side and are not on the other at all."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.reconciliation.unlisted_orders import check
from desks import END, NOON, START, bot, case, desk, fills, sources, values
from tiers import quick

ALL = ("local", "events", "exchange")


def order(leg: str, status: str = "open", n: int = 1, **more: Any) -> dict[str, Any]:
    """Return one state of an order of 2 at 100, made at noon."""
    ids = {"order_id": f"o{n}", "exchange_order_id": f"x{n}"}
    values = {"pair": "BTC-USDT", "ts": NOON, "created_ts": NOON, "price": Decimal(100), "quantity": Decimal(2)}
    return {"leg": leg, "status": status, **ids, **values, **more}


# What the venue's exports list last: they were made after it.
LATER = order("exchange", "cancelled", 9, ts=END - timedelta(hours=1), created_ts=END - timedelta(hours=1))
FILLED = {"quantity": Decimal("0.5"), "exchange_order_id": "x1", "order_id": "o1"}


def found(*rows: dict[str, Any], **more: Any) -> list[tuple[str, str, str | None]]:
    """Return kind, leg and value of each break."""
    breaks = check(case(orders=[*rows, LATER], **more)).breaks
    return [
        (kind, leg, f"{value.normalize():f}" if value is not None else None)
        for kind, leg, value in breaks.select("kind", "leg", "value_quote").rows()
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    quick(
        [
            ([order("exchange")], [("order_missing_local", "local", "200")]),
            ([order("exchange", filled_quantity=Decimal("0.5"))], [("order_missing_local", "local", "150")]),
            # A stop order at any price has no value that is known.
            ([order("exchange", price=None)], [("order_missing_local", "local", None)]),
            # Of any age.
            ([order("exchange", created_ts=NOON - timedelta(days=30))], [("order_missing_local", "local", "200")]),
            ([order("exchange"), order("exchange", "cancelled", ts=END)], []),
            ([order("exchange"), order("local")], []),
            ([order("exchange"), order("events")], []),
            # The bot knows it by its own id alone, or the venue gave another one.
            ([order("exchange"), order("local", exchange_order_id=None)], []),
            ([order("exchange", order_id=None), order("local")], []),
            # It is too young: the bot may still learn of it.
            ([order("exchange", created_ts=END - timedelta(seconds=29))], []),
            ([order("exchange", created_ts=END - timedelta(seconds=30))], [("order_missing_local", "local", "200")]),
            ([order("local")], [("order_missing_exchange", "exchange", "200")]),
            ([order("local", created_ts=NOON - timedelta(days=3))], [("order_missing_exchange", "exchange", "200")]),
            ([order("local"), order("local", "cancelled", ts=END)], []),
            ([order("local"), order("exchange", "completed", ts=END)], []),
            # The exports were made before it.
            ([order("local", created_ts=END - timedelta(minutes=30))], []),
        ],
        6,
    ),
)
def test_order_that_one_side_alone_has_is_a_break(rows: list[dict[str, Any]], expected: list[Any]) -> None:
    assert found(*rows) == expected


def test_filled_order_is_over_and_a_part_of_it_has_no_value() -> None:
    assert found(order("local"), fills=fills(*ALL, **FILLED)) == [("order_missing_exchange", "exchange", "150")]
    assert found(order("local"), fills=fills(*ALL, **{**FILLED, "quantity": Decimal(2)})) == []


def test_order_that_only_a_fill_of_the_bot_names_is_known() -> None:
    assert found(order("exchange"), fills=fills("local", **FILLED)) == []


def test_order_of_a_shared_account_is_known_by_whichever_bot_made_it() -> None:
    two = desk(bot("b1"), bot("b2"))
    exports = [row | {"path": row["kind"]} for name in ("b1", "b2") for row in sources(*ALL, bot=name)]
    seen = [order("exchange", bot=name) for name in ("b1", "b2")]
    assert check(case(two, orders=[*seen, order("local", bot="b2")], sources=exports)).breaks.is_empty()
    assert check(case(two, orders=seen, sources=exports)).breaks["bot"].to_list() == ["b1"]
    apart = [row for name in ("b1", "b2") for row in sources(*ALL, bot=name)]
    assert check(case(two, orders=[*seen, order("local", bot="b2")], sources=apart)).breaks["bot"].to_list() == ["b1"]


@pytest.mark.parametrize("gone", ["open_orders", "closed_orders", "canceled_orders", "hummingbot_db"])
def test_without_one_export_nothing_was_looked_for(gone: str) -> None:
    some = [row for row in sources(*ALL) if row["kind"] != gone]
    got = values(check(case(orders=[order("exchange"), order("local", n=2), LATER], sources=some)).metrics)
    assert (got["order_missing_local"], got["order_missing_exchange"]) == (None, None)


@pytest.mark.parametrize(
    ("days_before", "exported_h", "count"),
    [(0, None, 0), (1, None, None), (1, 0, 0), (1, 23, 0), (1, -0.1, None), (None, None, None), (None, 12, 0)],
)
def test_exports_without_an_open_order_are_evidence_of_their_day(
    days_before: int | None, exported_h: float | None, count: float | None
) -> None:
    listed = sources(*ALL)
    if exported_h is not None:
        listed = [{**row, "exported_at": START + timedelta(hours=exported_h)} for row in listed]
    earlier = timedelta(days=days_before or 0)
    ended = {"ts": LATER["ts"] - earlier, "created_ts": LATER["created_ts"] - earlier}
    got = values(check(case(orders=[] if days_before is None else [LATER | ended], sources=listed)).metrics)
    assert (got["order_missing_local"], got["order_missing_exchange"]) == (count, count)


def test_order_that_is_open_counts_however_old_the_exports_are() -> None:
    old: dict[str, Any] = {"ts": START - timedelta(days=3), "created_ts": START - timedelta(days=3)}
    got = values(check(case(orders=[order("exchange", **old)])).metrics)
    assert (got["order_missing_local"], got["order_missing_exchange"]) == (1, None)
