"""Orders, funding, positions and balances: what the venue's account says against the agreed fills."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.checks import funding, orders, positions, run_checks
from deskgate.checks.agreed import agreed_fills
from deskgate.desk import Opening
from desks import END, NOON, START, bot, case, desk, fill, fills, sources, values

ALL = ("local", "events", "exchange")


def order(leg: str, status: str, at: timedelta = timedelta(0), **more: Any) -> dict[str, Any]:
    return {
        "leg": leg,
        "ts": NOON + at,
        "pair": "BTC-USDT",
        "order_id": "o-t1",
        "exchange_order_id": "x-t1",
        "status": status,
        "created_ts": NOON,
        "quantity": Decimal(1),
        "price": Decimal(100),
        **more,
    }


def kinds(**rows: Any) -> list[str]:
    return sorted(orders.check(case(**rows)).breaks.get_column("kind"))


LATER = timedelta(minutes=1)
CLOSED = [order("exchange", "open"), order("exchange", "cancelled", LATER, filled_quantity=Decimal(0))]
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


def payment(leg: str, seconds: float = 0, **more: Any) -> dict[str, Any]:
    return {
        "leg": leg,
        "ts": START + timedelta(hours=8, seconds=seconds),
        "pair": "BTC-USDT",
        "amount": Decimal("0.5"),
        **more,
    }


@pytest.mark.parametrize(
    ("present", "leg"), [(("local", "exchange"), None), (("exchange",), "local"), (("local", "events"), "exchange")]
)
def test_funding_payment_of_one_slot_is_one_payment(present: tuple[str, ...], leg: str | None) -> None:
    lag = {"local": 0.231, "events": 0, "exchange": 0.231}
    found = funding.check(case(funding=[payment(name, lag[name]) for name in present])).breaks
    assert found.get_column("leg").to_list() == ([leg] if leg else [])


def test_two_pairs_paid_at_one_instant_are_two_payments() -> None:
    of = desk(bot(pairs=["BTC-USDT", "ETH-USDT"]))
    rows = [payment("local"), payment("exchange"), payment("exchange", pair="ETH-USDT")]
    found = funding.check(case(of, funding=rows)).breaks
    assert found.select("pair", "leg").rows() == [("ETH-USDT", "local")]


def test_funding_without_any_payment_or_export_has_no_value() -> None:
    assert values(funding.check(case()).metrics)["funding_missing"] is None
    rest = [row for row in sources(*ALL) if row["kind"] != "funding_history"]
    both = [payment("local"), payment("exchange")]
    assert values(funding.check(case(funding=both, sources=rest)).metrics)["funding_missing"] is None


def position(hours: int, quantity: str, mark: str = "110") -> dict[str, Any]:
    return {
        "leg": "exchange",
        "ts": START + timedelta(hours=hours),
        "pair": "BTC-USDT",
        "quantity": Decimal(quantity),
        "mark_price": Decimal(mark),
    }


def balance(hours: int, total: str) -> dict[str, Any]:
    return {"leg": "exchange", "ts": START + timedelta(hours=hours), "token": "USDT", "total": Decimal(total)}


def drifts(**rows: Any) -> list[tuple[str, str | None, str | None, str]]:
    """Return kind, expected, delta and day of each drift."""
    return sorted(positions.check(case(**rows)).breaks.select("kind", "expected", "delta", "first_seen").iter_rows())


def test_position_rolls_forward_from_the_opening_through_agreed_fills() -> None:
    traded = [*fills(*ALL), *fills("local", "events", trade_id="t2"), *fills("local", trade_id="t3")]
    assert drifts(fills=traded, positions=[position(16, "2"), position(24, "2")]) == []
    assert drifts(fills=traded, positions=[position(16, "2"), position(24, "2.5")]) == [
        ("position_drift", "2", "0.5", "2026-05-04")
    ]


def test_drift_that_stays_is_one_break_and_one_that_goes_is_not_two() -> None:
    stays = drifts(positions=[position(8, "1"), position(16, "1"), position(24, "1")])
    assert [row[2] for row in stays] == ["1"]
    goes = drifts(positions=[position(8, "1"), position(16, "0"), position(24, "0")])
    assert [row[2] for row in goes] == ["1"]


def test_position_without_opening_starts_at_the_first_snapshot_which_proves_nothing() -> None:
    of = desk(bot(opening=None))
    one = positions.check(case(of, positions=[position(16, "7")]))
    assert values(one.metrics)["position_drift"] is None
    two = positions.check(case(of, fills=fills(*ALL), positions=[position(8, "7"), position(16, "8")]))
    assert (values(two.metrics)["position_drift"], two.breaks.height) == (0, 0)
    moved = positions.check(case(of, fills=fills(*ALL), positions=[position(8, "7"), position(16, "9")]))
    assert moved.breaks.get_column("delta").to_list() == ["1"]


def test_balance_is_opening_and_cash_and_position_at_mark_less_fees_and_with_funding() -> None:
    # 1000 - 100 - 0.1 + 0.5 + 1 * 110 = 1010.4
    rows: dict[str, Any] = {
        "fills": fills(*ALL),
        "funding": [payment(leg) for leg in ("local", "exchange")],
        "positions": [position(24, "1")],
    }
    assert drifts(**rows, balances=[balance(24, "1010.4")]) == []
    assert drifts(**rows, balances=[balance(24, "1012.4")]) == [("balance_drift", "1010.4", "2", "2026-05-04")]


def test_position_in_a_pair_nobody_named_is_a_drift() -> None:
    alien = {**position(24, "50"), "pair": "ETH-USDT"}
    assert [row[:3] for row in drifts(positions=[position(24, "0"), alien])] == [("position_drift", "0", "50")]


@pytest.mark.parametrize("closing", [{"mark_price": None}, {"ts": START + timedelta(hours=23, minutes=58)}])
def test_balance_without_positions_of_its_moment_vouches_for_nothing(closing: dict[str, Any]) -> None:
    rows: dict[str, Any] = {"fills": fills(*ALL), "balances": [balance(8, "1000"), balance(24, "400")]}
    whole = positions.check(case(**rows, positions=[position(8, "0"), position(24, "1")]))
    assert values(whole.metrics)["balance_drift"] == 1
    part = positions.check(case(**rows, positions=[position(8, "0"), {**position(24, "1"), **closing}]))
    assert values(part.metrics)["balance_drift"] is None


def test_exports_of_one_snapshot_may_be_written_a_moment_apart() -> None:
    late = {**balance(24, "1009.9"), "ts": END - timedelta(seconds=1)}
    assert drifts(fills=fills(*ALL), positions=[position(24, "1")], balances=[late]) == []


def test_shared_account_is_not_divided() -> None:
    of = desk(bot("b1"), bot("b2"))
    both = [{**row, "path": f"account/{row['kind']}"} for name in ("b1", "b2") for row in sources(*ALL, bot=name)]
    metrics = positions.check(case(of, sources=both, positions=[position(24, "0")])).metrics
    assert {metric.value for metric in metrics} == {None}
    assert "shares its venue account" in str(metrics[0].note)


def test_orders_that_no_export_lists_are_not_checked() -> None:
    local = [order("local", "open", order_id=f"o{n}", exchange_order_id=f"x{n}") for n in range(4)]
    venue = [{**row, "order_id": "o0", "exchange_order_id": "x0"} for row in FILLED]
    got = values(orders.check(case(orders=local + venue)).metrics)
    assert got["orders_checked_share"] == 0.25


def test_controllers_csv_cannot_miss_funding() -> None:
    rows = [row if row["kind"] != "hummingbot_db" else {**row, "kind": "controller_fills"} for row in sources(*ALL)]
    found = funding.check(case(funding=[payment("exchange")], sources=rows))
    assert (values(found.metrics)["funding_missing"], found.breaks.height) == (None, 0)


def test_closing_snapshot_does_not_contain_the_payment_of_its_instant() -> None:
    midnight: dict[str, Any] = {"ts": END}
    rows = [payment(leg, **midnight) for leg in ("local", "exchange")]
    assert drifts(funding=rows, positions=[position(24, "0")], balances=[balance(24, "1000")]) == []


def test_agreed_is_what_two_legs_or_the_venue_have() -> None:
    rows = [
        *fills(*ALL, trade_id="all"),
        *fills("local", "events", trade_id="bot"),
        *fills("exchange", trade_id="venue"),
        *fills("local", trade_id="alone"),
    ]
    assert sorted(agreed_fills(case(fills=rows)).get_column("trade_id")) == ["all", "bot", "venue"]


def test_agreed_takes_the_venues_values() -> None:
    rows = [fill("local", price=Decimal(90)), fill("exchange", price=Decimal(100))]
    assert agreed_fills(case(fills=rows)).get_column("price").to_list() == [Decimal(100)]


def test_opening_counts_only_fills_after_it() -> None:
    of = desk(bot(opening=Opening(at=NOON + timedelta(hours=1), balance={"USDT": Decimal(1000)}, position=Decimal(5))))
    assert positions.check(case(of, fills=fills(*ALL), positions=[position(24, "5")])).breaks.is_empty()


def told(**rows: Any) -> list[tuple[str, str]]:
    """Return kind and detail of every break of all checks."""
    _, breaks = run_checks(case(**rows))
    return sorted(breaks.select("kind", "detail").iter_rows())


PHANTOM = fills("local", "events", trade_id="t2")


def test_account_without_a_fill_that_the_venue_lacks_is_told_with_that_fill() -> None:
    traded = [*fills(*ALL), *PHANTOM]
    account = {"positions": [position(16, "1"), position(24, "1")], "balances": [balance(24, "1009.9")]}
    assert told(fills=traded, **account) == [
        (
            "fill_missing_exchange",
            "seen by local and events, not by exchange; this is the -1 drift of the position snapshot of 2026-05-04"
            " 16:00; this is the -9.9 drift of the balance snapshot of 2026-05-05 00:00",
        )
    ]


def test_drift_that_goes_away_is_its_own_though_a_fill_would_fit() -> None:
    traded = [*fills(*ALL), *PHANTOM]
    found = told(fills=traded, positions=[position(16, "1"), position(24, "2")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "position_drift"]


def test_drift_of_another_size_is_not_explained() -> None:
    found = told(fills=[*fills(*ALL), *PHANTOM], positions=[position(24, "1.5")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "position_drift"]


def test_drift_is_what_several_fills_are_together() -> None:
    several = [*PHANTOM, *fills("local", "events", trade_id="t3", quantity=Decimal(2))]
    found = told(fills=[*fills(*ALL), *several], positions=[position(24, "1")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "fill_missing_exchange"]
    assert all("this is the -3 drift" in detail for _, detail in found)


def test_payment_that_the_venue_lacks_explains_the_balance() -> None:
    rows = [payment("local"), payment("events")]
    account = {"positions": [position(24, "0")], "balances": [balance(24, "1000")]}
    assert [kind for kind, _ in told(funding=rows, **account)] == ["funding_missing"]


@pytest.mark.parametrize(("total", "expected"), [("1000.05", 1), ("1001", 2)])
def test_position_nobody_traded_explains_what_its_price_can_do_to_the_balance(total: str, expected: int) -> None:
    # One at 110 and a mid of 110: a fee of at most 0.11 is between them.
    account = {"positions": [position(24, "1")], "balances": [balance(24, total)]}
    found = told(mids=[{"ts": NOON, "pair": "BTC-USDT", "mid": Decimal(110)}], **account)
    assert len(found) == expected
    assert found[-1][0] == "position_drift"


@pytest.mark.parametrize(("hours", "total", "expected"), [(10, "1500", 0), (10, "1000", 1), (-1, "1500", 1)])
def test_transfers_are_part_of_the_balance(hours: int, total: str, expected: int) -> None:
    moved = {"leg": "exchange", "ts": START + timedelta(hours=hours), "token": "USDT", "amount": Decimal(500)}
    found = drifts(transfers=[moved], positions=[position(24, "0")], balances=[balance(24, total)])
    assert len(found) == expected
