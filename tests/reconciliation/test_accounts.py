"""Orders, funding, positions and balances: what the venue's account says against the agreed fills."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.checks.registry import run_checks
from deskgate.config.desk import Opening
from deskgate.reconciliation import funding, orders
from deskgate.reconciliation.accounts import check as positions
from deskgate.reconciliation.agreed import agreed_fills
from deskgate.reconciliation.breaks import counts as open_breaks
from deskgate.reconciliation.fills import check as fill_checks
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
    # At the very same time the database would have one of them alone.
    later = NOON + timedelta(milliseconds=31)
    rows = [payment("local"), payment("exchange"), payment("exchange", pair="ETH-USDT", ts=later)]
    found = funding.check(case(of, funding=rows)).breaks
    assert found.select("pair", "leg").rows() == [("ETH-USDT", "local")]


def test_funding_without_any_payment_or_export_has_no_value() -> None:
    unknown = desk(bot(opening=None))
    assert values(funding.check(case(unknown)).metrics)["funding_missing"] is None
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
        ("position_drift", "1", "1.5", "2026-05-04")
    ]


def test_lasting_drift_is_one_break_and_its_end_is_none() -> None:
    stays = drifts(positions=[position(8, "1"), position(16, "1"), position(24, "1")])
    assert [row[2] for row in stays] == ["1"]
    goes = drifts(positions=[position(8, "1"), position(16, "0"), position(24, "0")])
    assert [row[2] for row in goes] == ["1"]


def test_position_without_opening_starts_at_the_first_snapshot_without_a_sample() -> None:
    of = desk(bot(opening=None))
    one = positions.check(case(of, positions=[position(16, "7")]))
    assert values(one.metrics)["position_drift"] is None
    two = positions.check(case(of, fills=fills(*ALL), positions=[position(8, "7"), position(16, "8")]))
    assert (values(two.metrics)["position_drift"], two.breaks.height) == (0, 0)
    moved = positions.check(case(of, fills=fills(*ALL), positions=[position(8, "7"), position(16, "9")]))
    assert moved.breaks.get_column("delta").to_list() == ["1"]


def test_balance_is_opening_cash_position_at_mark_fees_and_funding() -> None:
    # 1000 - 100 - 0.1 + 0.5 + 1 * 110 = 1010.4
    rows: dict[str, Any] = {
        "fills": fills(*ALL),
        "funding": [payment(leg) for leg in ("local", "exchange")],
        "positions": [position(24, "1")],
    }
    assert drifts(**rows, balances=[balance(24, "1010.4")]) == []
    assert drifts(**rows, balances=[balance(24, "1012.4")]) == [("balance_drift", "1010.4", "2", "2026-05-04")]


def test_position_in_an_unconfigured_pair_is_a_drift() -> None:
    alien = {**position(24, "50"), "pair": "ETH-USDT"}
    assert [row[:3] for row in drifts(positions=[position(24, "0"), alien])] == [("position_drift", "0", "50")]


@pytest.mark.parametrize("closing", [{"mark_price": None}, {"ts": START + timedelta(hours=23, minutes=58)}])
def test_balance_without_positions_of_its_instant_is_insufficient(closing: dict[str, Any]) -> None:
    rows: dict[str, Any] = {"fills": fills(*ALL), "balances": [balance(8, "1000"), balance(24, "400")]}
    whole = positions.check(case(**rows, positions=[position(8, "0"), position(24, "1")]))
    assert values(whole.metrics)["balance_drift"] == 1
    part = positions.check(case(**rows, positions=[position(8, "0"), {**position(24, "1"), **closing}]))
    assert values(part.metrics)["balance_drift"] is None


def test_exports_of_one_snapshot_may_be_a_minute_apart() -> None:
    late = {**balance(24, "1009.9"), "ts": END - timedelta(seconds=1)}
    assert drifts(fills=fills(*ALL), positions=[position(24, "1")], balances=[late]) == []


def test_shared_account_is_not_divided() -> None:
    of = desk(bot("b1"), bot("b2"))
    both = [{**row, "path": f"account/{row['kind']}"} for name in ("b1", "b2") for row in sources(*ALL, bot=name)]
    metrics = positions.check(case(of, sources=both, positions=[position(24, "0")])).metrics
    assert {metric.value for metric in metrics} == {None}
    assert "shares its venue account" in str(metrics[0].note)


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


def test_unreadable_positions_name_their_file() -> None:
    some = [{**row, "quarantined": int(row["kind"] == "positions")} for row in sources(*ALL)]
    notes = {metric.note for metric in positions.check(case(fills=fills(*ALL), sources=some)).metrics}
    wanted = "b1 has no readable positions export of the venue: b1/positions has a record that could not be read"
    assert wanted in notes


def test_order_sum_without_an_unlisted_fill_is_explained_by_that_fill() -> None:
    rows = [order("local", "completed"), *CLOSED]
    found = details(orders=rows, fills=fills("local", "events"))
    assert [kind for kind, _ in found] == ["fill_missing_exchange"]
    assert found[0][1].endswith("its order filled 0 at the venue, as without it")
    filled = [order("local", "completed"), order("exchange", "completed", LATER, filled_quantity=Decimal(1))]
    agreed: dict[str, Any] = {"orders": filled, "fills": fills("local", "events")}
    assert details(**agreed)[0][1].endswith("1 at the venue, as with it")
    # The venue's own order says that it happened: the account is expected to have it.
    assert agreed_fills(case(**agreed)).height == 1
    assert [kind for kind, _ in details(**agreed, positions=[position(24, "1")])] == ["fill_missing_exchange"]
    assert "this is the -1 drift" in details(**agreed, positions=[position(24, "0")])[0][1]
    half = [order("local", "completed"), order("exchange", "cancelled", LATER, filled_quantity=Decimal("0.5"))]
    both = ["fill_missing_exchange", "order_fill_sum_mismatch"]
    assert [kind for kind, _ in details(orders=half, fills=fills("local", "events"))] == both


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


def test_controller_csv_has_no_missing_funding() -> None:
    rows = [row if row["kind"] != "hummingbot_db" else {**row, "kind": "controller_fills"} for row in sources(*ALL)]
    found = funding.check(case(funding=[payment("exchange")], sources=rows))
    assert (values(found.metrics)["funding_missing"], found.breaks.height) == (None, 0)


def test_closing_snapshot_does_not_contain_the_payment_of_its_instant() -> None:
    midnight: dict[str, Any] = {"ts": END}
    rows = [payment(leg, **midnight) for leg in ("local", "exchange")]
    assert drifts(funding=rows, positions=[position(24, "0")], balances=[balance(24, "1000")]) == []


@pytest.mark.parametrize(
    ("legs", "minutes", "expected"),
    [
        (ALL, 60, ["all", "venue"]),
        # The venue's leg is absent, so nothing contradicts the bot's two.
        (("local", "events"), 60, ["all", "bot"]),
        (("local", "exchange"), 60, ["all", "venue"]),
        # The venue has not had time to show it.
        (ALL, 1, ["all", "bot", "venue"]),
    ],
)
def test_agreed_is_what_the_venue_has_and_what_it_cannot_know_yet(
    legs: tuple[str, ...], minutes: int, expected: list[str]
) -> None:
    rows = [
        *fills(*ALL, trade_id="all"),
        *fills("local", "events", trade_id="bot"),
        *fills("exchange", trade_id="venue"),
        *fills("local", trade_id="alone"),
    ]
    seen = [row for row in rows if row["leg"] in legs]
    at = case(fills=seen, sources=sources(*legs), as_of=NOON + timedelta(minutes=minutes))
    assert sorted(agreed_fills(at).get_column("trade_id")) == expected


def test_fill_that_the_bots_side_alone_has_is_no_position_and_no_money() -> None:
    rows: dict[str, Any] = {"fills": [*fills(*ALL), *PHANTOM], **account((24, "1", "100", "999.9"))}
    assert [kind for kind, _ in details(**rows)] == ["fill_missing_exchange"]
    assert "the bot's side alone has it" in details(**rows)[0][1]


def test_agreed_takes_the_venues_values() -> None:
    rows = [fill("local", price=Decimal(90)), fill("exchange", price=Decimal(100))]
    assert agreed_fills(case(fills=rows)).get_column("price").to_list() == [Decimal(100)]


def test_opening_counts_only_fills_after_it() -> None:
    of = desk(bot(opening=Opening(at=NOON + timedelta(hours=1), balance={"USDT": Decimal(1000)}, position=Decimal(5))))
    assert positions.check(case(of, fills=fills(*ALL), positions=[position(24, "5")])).breaks.is_empty()


def details(**rows: Any) -> list[tuple[str, str]]:
    """Return kind and detail of every break of all checks."""
    _, breaks = run_checks(case(**rows))
    return sorted(breaks.select("kind", "detail").iter_rows())


PHANTOM = fills("local", "events", trade_id="t2")


def test_drift_of_a_fill_that_the_venue_lacks_is_explained_by_that_fill() -> None:
    traded = [*fills(*ALL), *PHANTOM]
    account = {"positions": [position(16, "2"), position(24, "2")], "balances": [balance(24, "1019.8")]}
    assert details(fills=traded, **account) == [
        (
            "fill_missing_exchange",
            "seen by local and events, not by exchange: database and stream are one process, so the bot's side alone has it;"
            " this is the 1 drift of the position snapshot of 2026-05-04 16:00; this is the 9.9 drift of the balance snapshot of 2026-05-05 00:00",
        )
    ]


def test_drift_that_disappears_is_not_explained_by_a_fill() -> None:
    traded = [*fills(*ALL), *PHANTOM]
    found = details(fills=traded, positions=[position(16, "2"), position(24, "1")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "position_drift"]


def test_drift_of_another_size_is_not_explained() -> None:
    found = details(fills=[*fills(*ALL), *PHANTOM], positions=[position(24, "1.5")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "position_drift"]


def test_several_fills_explain_a_drift_together() -> None:
    several = [*PHANTOM, *fills("local", "events", trade_id="t3", quantity=Decimal(2))]
    found = details(fills=[*fills(*ALL), *several], positions=[position(24, "4")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "fill_missing_exchange"]
    assert all("this is the 3 drift" in detail for _, detail in found)


def test_payment_that_the_venue_lacks_explains_the_balance() -> None:
    rows = [payment("local"), payment("events")]
    account = {"positions": [position(24, "0")], "balances": [balance(24, "1000")]}
    assert [kind for kind, _ in details(funding=rows, **account)] == ["funding_missing"]


@pytest.mark.parametrize(("total", "expected"), [("1000.05", 1), ("1001", 2)])
def test_untraded_position_explains_the_balance_within_its_price_range(total: str, expected: int) -> None:
    # One at 110 and a mid of 110: a fee of at most 0.11 is between them.
    account = {"positions": [position(24, "1")], "balances": [balance(24, total)]}
    found = details(mids=[{"ts": NOON, "pair": "BTC-USDT", "mid": Decimal(110)}], **account)
    assert len(found) == expected
    assert found[-1][0] == "position_drift"


def account(*snapshots: tuple[int, str, str, str]) -> dict[str, Any]:
    """Return positions and balances of some hours: hour, quantity, mark, total."""
    return {
        "positions": [position(hour, quantity, mark) for hour, quantity, mark, _ in snapshots],
        "balances": [balance(hour, total) for hour, _, _, total in snapshots],
    }


def test_one_cause_is_one_break_however_the_price_moves() -> None:
    # The venue lacks a fill for good; and a position that nobody traded stays.
    lacking = details(fills=PHANTOM, **account(*[(hour, "0", str(100 + hour), "1000") for hour in (13, 16, 20, 24)]))
    assert [kind for kind, _ in lacking] == ["fill_missing_exchange"]
    rogue = [(hour, "1", str(100 + hour), str(1000 + hour - 13)) for hour in (13, 16, 20, 24)]
    assert [kind for kind, _ in details(**account(*rogue))] == ["position_drift"]
    lost = [(hour, quantity, mark, str(Decimal(total) - (hour > 16))) for hour, quantity, mark, total in rogue]
    assert [kind for kind, _ in details(**account(*lost))] == ["balance_drift", "position_drift"]


def test_partly_sold_untraded_position_explains_the_balance() -> None:
    sold = account((13, "1", "110", "1000"), (16, "0", "112", "1001.9"), (24, "0", "90", "1001.9"))
    mids = [{"ts": START + timedelta(hours=15), "pair": "BTC-USDT", "mid": Decimal(112)}]
    ((kind, detail),) = details(mids=mids, **sold)
    assert kind == "position_drift"
    assert detail.endswith("agreed fills; the balance differs by 1.9, no more than its price can do")


def test_fill_at_a_snapshots_instant_belongs_to_the_next_snapshot() -> None:
    rows = [{**row, "ts": START + timedelta(hours=13)} for row in PHANTOM]
    found = details(fills=rows, **account((13, "0", "100", "1000"), (16, "0", "105", "1000")))
    assert [kind for kind, _ in found] == ["fill_missing_exchange"]


def test_two_pairs_that_differ_in_one_snapshot_explain_together_what_they_cost() -> None:
    both = [bot(pairs=["BTC-USDT", "ETH-USDT"])]
    rows = [
        position(hour, quantity, "100") | {"pair": pair}
        for pair in both[0].pairs
        for hour, quantity in ((1, "0"), (2, "1"))
    ]
    for total, drifts_of_balance in (("999.85", 0), ("1000.19", 0), ("1000.21", 1)):
        found = positions.check(case(desk(*both), positions=rows, balances=[balance(1, "1000"), balance(2, total)]))
        assert found.breaks.filter(kind="balance_drift").height == drifts_of_balance
        assert found.explains["pair"].to_list() == ["BTC-USDT"] * (1 - drifts_of_balance)


@pytest.mark.parametrize("step", ["0.0000009", "0.000001", "0.00000001"])
def test_slow_drift_accumulates_past_tolerance(step: str) -> None:
    rows = [
        position(0, "0") | {"ts": START + timedelta(minutes=n), "quantity": Decimal(step) * n} for n in range(1, 1440)
    ]
    found = positions.check(case(positions=rows)).breaks
    assert found["delta"].cast(pl.Float64).max() == pytest.approx(float(step) * 1439, abs=2e-6)


def without_opening(**rows: Any) -> dict[str, float | None]:
    return values(positions.check(case(desk(bot(opening=None)), **rows)).metrics)


def test_account_starts_with_all_of_its_pairs_at_once() -> None:
    later = {**position(16, "5", "1000"), "pair": "ETH-USDT"}
    assert without_opening(positions=[position(8, "0"), position(16, "0"), later])["position_drift"] == 1
    first = {**later, "ts": START + timedelta(hours=8)}
    assert without_opening(positions=[position(8, "0"), position(16, "0"), first, later])["position_drift"] == 0


def test_pair_that_an_export_no_longer_lists_is_flat() -> None:
    held = fills("local", "events", "exchange", pair="ETH-USDT")
    rows = [position(16, "0"), {**position(16, "1"), "pair": "ETH-USDT"}, position(24, "0")]
    assert [row[:3] for row in drifts(fills=held, positions=rows)] == [("position_drift", "1", "-1")]
    sold = fills(
        "local", "events", "exchange", pair="ETH-USDT", trade_id="t2", side="SELL", ts=START + timedelta(hours=20)
    )
    money = [balance(16, "1009.9"), balance(24, "999.8")]
    assert drifts(fills=[*held, *sold], positions=rows, balances=money) == []


@pytest.mark.parametrize("closing", [{"mark_price": None}, {"ts": START + timedelta(hours=23, minutes=58)}])
def test_balance_that_cannot_be_rolled_forward_is_no_balance_without_an_opening(closing: dict[str, Any]) -> None:
    rows = [position(1, "0"), position(2, "0"), {**position(24, "1"), **closing}]
    traded = fills(*ALL, ts=START + timedelta(hours=3))
    money = [balance(1, "1000"), balance(2, "1000"), balance(24, "10")]
    assert without_opening(fills=traded, positions=rows, balances=money)["balance_drift"] is None


def test_flat_account_needs_no_mark() -> None:
    flat = [{**position(24, "0"), "mark_price": None}]
    rows: dict[str, Any] = {"fills": fills(*ALL), "positions": flat}
    assert [row[:3] for row in drifts(**rows, balances=[balance(24, "1000")])] == [("position_drift", "1", "-1")]
    assert [row[:3] for row in drifts(**rows, balances=[balance(24, "990")])] == [
        ("balance_drift", "999.9", "-9.9"),
        ("position_drift", "1", "-1"),
    ]


def test_snapshot_in_two_files_is_one() -> None:
    rows = [position(24, "1", "100"), position(24, "1", "100") | {"path": "other"}]
    assert drifts(fills=fills(*ALL), positions=rows, balances=[balance(24, "999.9")]) == []
    lost = drifts(fills=fills(*ALL), positions=rows, balances=[balance(24, "899.9")])
    assert [row[:3] for row in lost] == [("balance_drift", "999.9", "-100")]
    contradicted = [rows[0], {**rows[1], "quantity": Decimal(3)}]
    for order_of_rows in (contradicted, contradicted[::-1]):
        assert [row[2] for row in drifts(fills=fills(*ALL), positions=order_of_rows)] == ["2"]


def test_two_balances_of_one_instant_are_both_checked() -> None:
    early = balance(24, "1000") | {"ts": END - timedelta(seconds=30)}
    rows: dict[str, Any] = {"positions": [position(24, "0", "100")], "balances": [early, balance(24, "500")]}
    assert [kind for kind, _ in details(fills=PHANTOM, **rows)] == ["balance_drift", "fill_missing_exchange"]
    rogue: dict[str, Any] = {"positions": [position(24, "1", "100")], "balances": [early, balance(24, "300")]}
    assert [kind for kind, _ in details(**rogue)] == ["balance_drift", "position_drift"]


def test_fill_between_the_two_exports_of_a_snapshot_leaves_the_balance_unjudged() -> None:
    traded = fills(*ALL, ts=NOON + timedelta(seconds=20))
    late = balance(12, "999.9") | {"ts": NOON + timedelta(seconds=40)}
    rows: dict[str, Any] = {"fills": traded, "positions": [position(12, "0"), position(24, "1", "100")]}
    found = positions.check(case(**rows, balances=[late, balance(24, "999.9")]))
    assert (values(found.metrics)["balance_drift"], found.breaks.height) == (None, 0)


def test_export_that_could_not_be_read_whole_leaves_its_day_unjudged() -> None:
    part = {"path": "part", "quarantined": 1, "bot": "b1", "leg": "exchange", "kind": "positions", "exported_at": END}
    rows = [*sources(*ALL), {**sources("exchange")[-2], **part}]
    account_rows = account((8, "0", "100", "1000"))
    got = values(positions.check(case(**account_rows, sources=rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (None, None)
    rows[-1]["exported_at"] = START - timedelta(days=9)
    got = values(positions.check(case(**account_rows, sources=rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (0, 0)


def test_snapshot_without_the_bots_pair_is_not_flat() -> None:
    two = desk(bot(pairs=["BTC-USDT", "ETH-USDT"]))
    other = position(24, "0") | {"pair": "ETH-USDT"}
    rows: dict[str, Any] = {"positions": [other], "balances": [balance(24, "1000")]}
    got = values(positions.check(case(two, fills=fills(*ALL), **rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (None, None)
    got = values(positions.check(case(two, **rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (0, 0)


@pytest.mark.parametrize("hour", [14, 23])
def test_drift_reopens_when_an_accepted_difference_disappears(hour: int) -> None:
    rows = account((8, "0", "100", "1000"), (12, "0", "100", "1500"), (20, "0", "100", "1000"))
    deposit = positions.check(case(**rows)).breaks
    assert deposit["delta"].to_list() == ["500"]
    at = START + timedelta(hours=hour)
    found = positions.check(case(**rows, break_actions=accepting(deposit, at)))
    # What was accepted when it was over has been seen to be over.
    assert found.breaks["delta"].to_list() == (["500", "-500"] if hour == 14 else ["500"])
    assert values(found.metrics)["balance_drift"] == (1 if hour == 14 else 0)


def test_position_drift_reopens_when_an_accepted_difference_disappears() -> None:
    rows = [position(8, "0"), position(12, "1"), position(20, "0")]
    at = START + timedelta(hours=14)
    actions = accepting(positions.check(case(positions=rows)).breaks, at)
    found = positions.check(case(positions=rows, break_actions=actions)).breaks
    assert found.select("observed", "expected", "delta").rows() == [("1", "0", "1"), ("0", "1", "-1")]
    # The venue lacks a fill, that is accepted, and then the position comes all the same.
    accepted = accepting(fill_checks.check(case(fills=PHANTOM)).breaks, at)
    held = [position(13, "0"), position(16, "0"), position(20, "1")]
    found = positions.check(case(fills=PHANTOM, positions=held, break_actions=accepted)).breaks
    assert found.select("kind", "delta").rows() == [("position_drift", "1")]


def test_payments_of_both_sides_of_a_hedge_are_summed() -> None:
    paid = [payment(leg, amount=Decimal(amount)) for leg in ("local", "exchange") for amount in ("0.5", "-0.2")]
    twice = [*paid, {**paid[2], "path": "other"}]
    assert drifts(funding=twice, positions=[position(24, "0")], balances=[balance(24, "1000.3")]) == []


def test_implausible_price_explains_nothing() -> None:
    mids = [{"ts": NOON, "pair": "BTC-USDT", "mid": Decimal(price)} for price in ("100", "100000")]
    found = details(mids=mids, positions=[position(24, "0.01", "100")], balances=[balance(24, "100")])
    assert [kind for kind, _ in found] == ["balance_drift", "position_drift"]


def test_balance_before_the_opening_is_ignored() -> None:
    late = desk(bot(opening=Opening(at=NOON, balance={"USDT": Decimal(1000)})))
    rows: dict[str, Any] = {"positions": [position(24, "0")], "balances": [balance(8, "77"), balance(24, "1000")]}
    assert values(positions.check(case(late, **rows)).metrics)["balance_drift"] == 0


def test_open_drift_counts_on_a_day_without_a_snapshot() -> None:
    of = desk(bot(opening=Opening(at=START - timedelta(days=1), balance={"USDT": Decimal(1000)})))
    got = values(positions.check(case(of, positions=[position(-5, "1")])).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (1, None)
    assert values(positions.check(case(of, positions=[position(-5, "0")])).metrics)["position_drift"] is None


def accepting(breaks: pl.DataFrame, at: datetime) -> list[dict[str, Any]]:
    rows = breaks.select("break_id", fingerprint=open_breaks.fingerprint()).to_dicts()
    return [{"action": "accept", "text": "x", "by": "me", "effective_at": at, "recorded_at": at, **row} for row in rows]


@pytest.mark.parametrize(("hour", "open_drifts"), [(12, 1), (14, 0)])
def test_accepted_break_explains_only_what_was_seen_when_it_was_accepted(hour: int, open_drifts: int) -> None:
    rows: dict[str, Any] = {"fills": PHANTOM, **account((13, "1", "100", "999.9"))}
    actions = accepting(fill_checks.check(case(fills=PHANTOM)).breaks, START + timedelta(hours=hour))
    got = values(positions.check(case(**rows, break_actions=actions)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (open_drifts, 0)


@pytest.mark.parametrize(("hour", "open_drifts"), [(12, 1), (14, 0)])
def test_accepted_position_explains_only_the_balance_that_was_seen(hour: int, open_drifts: int) -> None:
    rows: dict[str, Any] = {
        "positions": [position(8, "1"), position(13, "2")],
        "balances": [balance(13, "1000.05")],
    }
    found = positions.check(case(**rows)).breaks
    assert found["kind"].to_list() == ["position_drift", "position_drift"]
    got = values(positions.check(case(**rows, break_actions=accepting(found, START + timedelta(hours=hour)))).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (0, open_drifts)


def test_prices_before_the_opening_explain_nothing() -> None:
    cheap = [{"ts": START - timedelta(days=30), "pair": "BTC-USDT", "mid": Decimal(50)}]
    found = details(mids=cheap, positions=[position(1, "1", "100")], balances=[balance(1, "951")])
    assert [kind for kind, _ in found] == ["balance_drift", "position_drift"]


@pytest.mark.parametrize(("hours", "total", "expected"), [(10, "1500", 0), (10, "1000", 1), (-1, "1500", 1)])
def test_transfers_are_part_of_the_balance(hours: int, total: str, expected: int) -> None:
    moved = {"leg": "exchange", "ts": START + timedelta(hours=hours), "token": "USDT", "amount": Decimal(500)}
    found = drifts(transfers=[moved], positions=[position(24, "0")], balances=[balance(24, total)])
    assert len(found) == expected


@pytest.mark.parametrize(
    ("deposit", "passed_on", "hours", "total"),
    [
        (500, None, 0, "1500"),
        (500, 500, 2, "1500"),
        (500, 300, 2, "1300"),
        # What is moved before it came, or days after, is other money; so is what goes the other way.
        (500, 500, -2, "2000"),
        (500, 500, 25, "1500"),
        (500, -300, 2, "1200"),
        (-500, -500, -2, "500"),
        (-500, -500, 2, "0"),
    ],
)
def test_deposit_that_is_passed_on_counts_once(deposit: int, passed_on: int | None, hours: int, total: str) -> None:
    came = START - timedelta(hours=6)
    rows = [{"ts": came, "amount": Decimal(deposit), "account_unknown": True}]
    rows += [{"ts": came + timedelta(hours=hours), "amount": Decimal(passed_on)}] if passed_on else []
    common = {"leg": "exchange", "token": "USDT"}
    opening = Opening(at=START - timedelta(days=1), balance={"USDT": Decimal(1000)})
    of_account = case(
        desk(bot(opening=opening)),
        transfers=[common | row for row in rows],
        positions=[position(18, "0")],
        balances=[balance(18, total)],
    )
    assert positions.check(of_account).breaks.select("kind", "delta").rows() == []
