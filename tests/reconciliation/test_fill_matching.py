"""Which rows of the legs are one fill: by id, by order and values, across days, once each."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.reconciliation.agreed import agreed_fills
from deskgate.reconciliation.fills.check import check
from deskgate.reconciliation.matching.match import match_fills
from desks import END, NOON, START, bot, case, desk, fill, fills, sources
from reconciliation.legs import ALL, found, venue
from tiers import quick


def test_ids_are_assigned_one_to_one() -> None:
    local = [fill("local", None, order_id="o1"), fill("local", None, order_id="o1")]
    others = [row for n in (1, 2) for row in fills("events", "exchange", trade_id=f"t{n}", order_id="o1")]
    assert found([*local, *others]) == []
    assert found([*local[:1], *others]) == [("fill_missing_local", "local")]
    assert found([*local, *others, fill("local", None, order_id="o1")]) == [("fill_missing_exchange", "local")]


def test_row_without_a_trade_id_and_another_price_is_a_mismatch_not_a_missing_fill() -> None:
    local = fill("local", None, order_id="o1", price=Decimal(101))
    assert found([local, *fills("events", "exchange", order_id="o1")]) == [("price_mismatch", "local")]


def test_ids_are_assigned_leg_by_leg() -> None:
    bare = [fill("local", None, order_id="o1"), fill("events", None, order_id="o1", price=Decimal(101))]
    assert found([*bare, fill("exchange", order_id="o1")]) == [("price_mismatch", "events")]


def test_order_is_matched_by_the_venues_id() -> None:
    bare = fill("local", None, order_id="o1", exchange_order_id="x1")
    assert found([bare, fill("exchange", order_id=None, exchange_order_id="x1")], "local", "exchange") == []


def test_shuffled_rows_give_the_same_breaks() -> None:
    rows = [
        *fills("exchange", trade_id="t1"),
        *fills(*ALL, trade_id="t2"),
        fill("local", "t2_1", order_id="o-t2"),
        *fills("local", "events", trade_id="t3"),
    ]
    straight = check(case(fills=rows)).breaks
    assert straight.equals(check(case(fills=rows[::-1])).breaks)


def test_every_row_is_matched_or_set_aside_once() -> None:
    rows = case(
        fills=[*fills(*ALL), *fills("local", trade_id="t1_1", order_id="o-t1"), fill("local", None, order_id="o9")]
    ).frames["fills"]
    matched = match_fills(rows)
    kept = [matched.fills.get_column(f"row_id_{leg}").drop_nulls() for leg in ALL]
    assert sorted([*pl.concat(kept), *matched.duplicates.get_column("row_id")]) == sorted(rows.get_column("row_id"))


def test_shared_account_gives_a_fill_to_the_bot_whose_order_it_was() -> None:
    two = desk(bot("b1"), bot("b2"))
    shared = [fill("exchange", bot=name, path="account/my_trades.json") for name in ("b1", "b2")]
    own = fills("local", "events", bot="b2")
    everything = sources("local", "events", "exchange") + sources("local", "events", "exchange", bot="b2")
    assert check(case(two, fills=[*shared, *own], sources=everything)).breaks.is_empty()
    orphan = check(case(two, fills=shared, sources=everything)).breaks
    assert orphan.select("kind", "bot").rows() == [("fill_missing_local", "b1")]


def alone(rows: list[dict[str, Any]]) -> list[str]:
    """Return the trade ids of the fills that not all three legs have, as matching has them."""
    matched = match_fills(case(fills=rows).frames["fills"]).fills
    return sorted(matched.filter(~pl.all_horizontal([f"in_{leg}" for leg in ALL]))["trade_id"])


def test_id_repeated_on_another_day_is_another_fill() -> None:
    days = [fill(leg, ts=NOON + n * timedelta(days=1), price=Decimal(100 + n)) for leg in ALL for n in (0, 1, 2)]
    matched = match_fills(case(fills=days).frames["fills"])
    assert matched.fills.sort("occurrence").select("occurrence", "price_local", "price_exchange").rows() == [
        (n, Decimal(100 + n), Decimal(100 + n)) for n in (0, 1, 2)
    ]
    assert matched.duplicates.is_empty()


def test_fill_that_the_bot_recorded_hours_late_is_the_same_fill() -> None:
    late = END + timedelta(hours=1)
    rows = [fill("exchange", ts=END - timedelta(hours=1)), fill("local", ts=late), fill("events", ts=late)]
    assert alone(rows) == []
    dearer = fills("local", "events", ts=late, price=Decimal(101))
    assert alone([rows[0], *dearer]) == []
    other = [{**row, "order_id": "o2", "exchange_order_id": "x2"} for row in dearer]
    assert alone([rows[0], *other]) == ["t1", "t1"]


MORNING: dict[str, Any] = {"ts": START + timedelta(hours=9)}


SOLD: dict[str, Any] = {"order_id": "o2", "exchange_order_id": "x2", "side": "SELL"}


ANEW: dict[str, Any] = {**SOLD, "price": Decimal(130), "quantity": Decimal(5), "ts": START + timedelta(hours=15)}


@pytest.mark.parametrize(
    "second", quick([{**SOLD, **MORNING}, ANEW, {**ANEW, "order_id": None, "exchange_order_id": None}])
)
@pytest.mark.parametrize("lacking", ALL)
def test_two_fills_of_one_day_and_one_id_are_two(second: dict[str, Any], lacking: str) -> None:
    # Both sides of one match in one account; a counter that began anew.
    first = fills(*ALL, **MORNING)
    whole = case(fills=[*first, *fills(*ALL, **second)])
    assert check(whole).breaks.is_empty()
    assert agreed_fills(whole).select("side", "quantity").rows() == [
        ("BUY", Decimal(1)),
        ("SELL", second.get("quantity", Decimal(1))),
    ]
    others = [leg for leg in ALL if leg != lacking]
    part = check(case(fills=[*first, *fills(*others, **second)])).breaks
    assert part.select("kind", "expected").rows() == [
        (f"fill_missing_{lacking}", "SELL 5 at 130" if "quantity" in second else "SELL 1 at 100")
    ]
    alone_there = check(case(fills=[*first, *fills(lacking, **second)])).breaks
    assert alone_there["expected"].to_list() == part["expected"].to_list()


@pytest.mark.parametrize("leg", ["events", "exchange"])
def test_row_of_another_order_is_another_fill_unless_the_database_has_it(leg: str) -> None:
    breaks = check(case(fills=[*fills(*ALL), fill(leg, order_id="o2", exchange_order_id="x2")])).breaks
    assert breaks["kind"].to_list() == ["fill_missing_local" if leg == "exchange" else "fill_missing_exchange"]
    again = check(case(fills=[*fills(*ALL), fill(leg, ts=NOON + timedelta(seconds=1))])).breaks
    assert again.is_empty()


def test_fill_of_midnight_is_one_fill_on_both_of_its_days() -> None:
    late = fill("exchange", ts=END - timedelta(seconds=2))
    rows = [late, fill("events", ts=END + timedelta(seconds=8)), fill("local", ts=END + timedelta(seconds=8))]
    assert alone(rows) == []


def test_duplicate_of_a_day_is_not_one_of_another_days_fill() -> None:
    rows = [fill(leg, ts=NOON + n * timedelta(days=1)) for leg in ALL for n in (0, 1)]
    extra = fill("local", "t1", ts=NOON + timedelta(days=1, seconds=1), order_id="o-again")
    breaks = check(case(fills=[*rows, extra], as_of=END + timedelta(days=1))).breaks
    assert breaks.select("kind", "first_seen").rows() == [("duplicate_local_fill", "2026-05-05")]


def own_ids(leg: str, *numbers: int, **values: Any) -> list[dict[str, Any]]:
    """Return fills whose ids only this leg would give, of the orders and prices that `fill` gives them elsewhere."""
    same = ("order_id", "exchange_order_id")
    return [
        fill(leg, f"{leg}-{n}", **{name: fill(leg, f"t{n}")[name] for name in same}, price=Decimal(100 + n), **values)
        for n in numbers
    ]


def test_leg_with_foreign_ids_is_matched_by_order_price_and_quantity() -> None:
    assert alone([*own_ids("local", 1, 2, 3), *venue(1, 2, 3)]) == []
    assert alone([*own_ids("local", 1, 3, 4), *venue(1, 2, 3)]) == ["local-4", "t2"]


def test_leg_with_foreign_ids_keeps_them_and_one_shared_id_makes_none_foreign() -> None:
    rows = [*venue(1, 2), fill("local", "t1", price=Decimal(101)), *own_ids("local", 2)]
    assert alone(rows) == ["local-2", "t2"]


def without_orders(leg: str, trade_id: str | None, **values: Any) -> dict[str, Any]:
    return fill(leg, trade_id, order_id=None, exchange_order_id=None, **values)


@pytest.mark.parametrize(
    ("late_s", "values", "matched"),
    [
        (12, {}, True),
        (180, {}, True),
        (181, {}, False),
        (12, {"side": "SELL"}, False),
        (12, {"price": Decimal(101)}, False),
        (12, {"quantity": Decimal("1.0000009")}, True),
        (12, {"quantity": Decimal("1.000001")}, False),
    ],
)
def test_fill_without_any_id_is_matched_by_values_and_time(
    late_s: int, values: dict[str, Any], *, matched: bool
) -> None:
    bare = without_orders("local", None, ts=NOON + timedelta(seconds=late_s), **values)
    assert (alone([bare, *fills("events", "exchange")]) == []) is matched


def test_equal_fills_are_matched_one_to_one_nearest_first() -> None:
    local = [without_orders("local", None, ts=NOON + timedelta(seconds=s)) for s in (1, 62, 130)]
    others = [fill(leg, f"t{n}", ts=NOON + timedelta(minutes=n)) for leg in ("events", "exchange") for n in (0, 1)]
    matched = match_fills(case(fills=local + others).frames["fills"]).fills
    pairs = matched.filter(pl.col("in_local") & pl.col("in_exchange")).sort("ts_local")
    assert pairs["trade_id"].to_list() == ["t0", "t1"]
    assert matched.filter(pl.col("in_local") & ~pl.col("in_exchange")).height == 1


@pytest.mark.parametrize("order", [None, "o1"])
@pytest.mark.parametrize("lacking", ["local", "events"])
def test_one_missing_row_does_not_shift_the_rows_that_have_no_ids(lacking: str, order: str | None) -> None:
    def row(leg: str, n: int) -> dict[str, Any]:
        ids = {"order_id": order, "exchange_order_id": None}
        return fill(leg, None, ts=START + timedelta(hours=n), price=Decimal(100 + n), **ids)

    rows = [row(leg, n) for leg in ("local", "events") for n in range(6) if (leg, n) != (lacking, 0)]
    kinds = {"hummingbot_db": "controller_fills", "mqtt_events": "event_envelopes"}
    two = [{**each, "kind": kinds[each["kind"]]} for each in sources("local", "events")]
    breaks = check(case(fills=rows, sources=two)).breaks
    assert breaks.select("kind", "expected").rows() == [(f"fill_missing_{lacking}", "BUY 1 at 100")]


def test_repeated_id_is_assigned_to_each_of_its_fills() -> None:
    days = [{"ts": NOON - timedelta(days=n), "price": Decimal(100 + n)} for n in (0, 1)]
    rows = [
        fill("exchange", "t1", order_id=f"o{n}", exchange_order_id=f"x{n}", **values) for n, values in enumerate(days)
    ]
    rows += [without_orders("local", None, **values) for values in days]
    assert [row["trade_id"] for row in match_fills(case(fills=rows).frames["fills"]).fills.iter_rows(named=True)] == [
        "t1",
        "t1",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("step", [timedelta(milliseconds=30), timedelta(microseconds=1)])
def test_nearest_match_memory_is_linear(step: timedelta) -> None:
    # Each of one leg could be each of the other: 400 million pairs, were they all looked at.
    late = timedelta(seconds=1)
    rows = [
        each
        for n in range(20_000)
        for each in (
            fill("exchange", f"t{n}", ts=NOON + n * step),
            without_orders("local", None, ts=NOON + late + n * timedelta(milliseconds=3)),
        )
    ]
    matched = match_fills(case(fills=rows).frames["fills"]).fills
    pairs = matched.filter(pl.col("in_local") & pl.col("in_exchange"))
    assert pairs.height == (20_000 if step < late / 1000 else pairs.height) > 6_000
    apart = (pl.col("ts_local") - pl.col("ts_exchange")).abs()
    assert pairs.filter(apart > timedelta(minutes=3)).is_empty()
