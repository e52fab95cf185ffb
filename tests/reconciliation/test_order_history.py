"""Orders read with carried state, against the same checks over all of history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.case import Case
from deskgate.case.frames import StoredFrames
from deskgate.reconciliation import orders
from deskgate.reconciliation.order_history import OrderHistory, add_history, agreed_digest, live_rows
from deskgate.schema import EVERY_EVENT_STANDS, RECORD_KEYS
from desks import START, case, fill
from examples import few

BEFORE_DAYS = 6
LAST = 24 * (BEFORE_DAYS + 1) - 1
HOURS = st.integers(0, LAST)


def at(hours: int) -> datetime:
    return START - timedelta(days=BEFORE_DAYS) + timedelta(hours=hours)


@st.composite
def days(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Draw orders that stay open over days, end at one leg alone, come back, or have an id of another one, and their fills."""
    states, traded = [], []
    for number in range(draw(st.integers(1, 6))):
        venue_id = f"x{draw(st.sampled_from([number, number % 2]))}"
        order_id = draw(st.sampled_from([f"o{number}", f"o{number % 2}", None]))
        begin = draw(HOURS)
        for leg in draw(
            st.sampled_from([("local", "exchange"), ("local",), ("exchange",), ("local", "events", "exchange")])
        ):
            states += [
                draw(
                    st.fixed_dictionaries(
                        {
                            "leg": st.just(leg),
                            "ts": st.sampled_from([at(min(begin + more, LAST)) for more in (0, 1, 30, 80)]),
                            "pair": st.just("BTC-USDT"),
                            "order_id": st.sampled_from([order_id] if leg == "local" else [order_id, None]),
                            "exchange_order_id": st.sampled_from([venue_id, venue_id, venue_id, None]),
                            "status": st.sampled_from(["open", "filled", "completed", "cancelled", "failed"]),
                            "created_ts": st.sampled_from([at(begin), None]),
                            "price": st.just(Decimal(100)),
                            "quantity": st.just(Decimal(1)),
                            "filled_quantity": st.sampled_from([None, Decimal(0), Decimal(1)]),
                        }
                    )
                )
                for _ in range(draw(st.integers(1, 2)))
            ]
        for leg in draw(st.sampled_from([(), ("exchange",), ("local", "exchange"), ("local", "events", "exchange")])):
            ids = {"order_id": order_id, "exchange_order_id": venue_id}
            traded.append(fill(leg, f"t{number}", ts=at(begin), **ids))
    return {"orders": states, "fills": traded}


def known(frames: Mapping[str, pl.DataFrame], until: datetime) -> dict[str, pl.DataFrame]:
    return {
        name: frame.filter(pl.col("ts") <= until) if "ts" in frame.columns else frame for name, frame in frames.items()
    }


def live(of: Case, history: OrderHistory | None) -> pl.DataFrame:
    rows = of.frames["orders"]
    if history is None:
        return rows
    old = rows.filter(pl.col("ts") < history.cut)
    return live_rows(rows.filter(pl.col("ts") >= history.cut), history, old.filter)


def valid(of: Case, history: OrderHistory | None) -> OrderHistory | None:
    if history and agreed_digest(orders.later_sums(of, 0), history.venue_ids) == history.sums:
        return history
    return None


def add(of: Case, rows: pl.DataFrame, hours: int, before: OrderHistory | None = None) -> OrderHistory:
    """Return the history of orders all of whose fills are unfinished."""
    sums = orders.later_sums(of, 0)
    return add_history(rows, at(hours), sums=sums, later=sums, before=before)


@pytest.mark.slow
@few()
@given(days(), st.lists(st.integers(1, BEFORE_DAYS - 1), min_size=1, max_size=3, unique=True), st.integers(0, 30))
def test_carried_orders_give_what_all_of_history_gives(
    rows: dict[str, list[dict[str, Any]]], cuts: list[int], later_h: int
) -> None:
    whole = case(orders=rows["orders"], fills=rows["fills"])
    history = None
    for cut in sorted(cuts):
        # A history is made some hours after its cut, of what was known then.
        then = replace(whole, frames=known(whole.frames, at(24 * cut + later_h)))
        history = valid(then, history)
        history = add(then, live(then, history), 24 * cut, history)
    rows_of_day = live(whole, valid(whole, history))
    frames = dict(whole.frames)
    carried = replace(
        whole,
        frames=StoredFrames(tuple(frames), frames.__getitem__, lambda name: frames[name].lazy(), lambda _: rows_of_day),
    )
    one, other = orders.check(whole), orders.check(carried)
    assert other.metrics == one.metrics
    for name in ("breaks", "explains"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.sort(left.columns).equals(right.sort(right.columns))


def order(leg: str, status: str, hours: int, number: int = 1, **values: Any) -> dict[str, Any]:
    ids = {"order_id": f"o{number}", "exchange_order_id": f"x{number}", "pair": "BTC-USDT"}
    sizes = {"price": Decimal(1), "quantity": Decimal(1), "filled_quantity": Decimal(0)}
    return {"leg": leg, "status": status, "ts": at(hours), "created_ts": at(hours), **ids, **sizes, **values}


def both(status: str, hours: int, number: int = 1) -> list[dict[str, Any]]:
    return [order(leg, status, hours, number) for leg in ("local", "exchange")]


def test_finished_orders_are_left_behind_and_unfinished_ones_kept() -> None:
    of = case(orders=[*both("cancelled", 1), *both("open", 1, 2), *both("cancelled", 1, 3)])
    history = add(of, of.frames["orders"], 48)
    assert set(history.unfinished["order_id"]) == {"o2"}
    assert (history.venue_ids.len(), history.bot_ids.len()) == (2, 2)


def test_finished_order_comes_back_whole_with_a_later_row() -> None:
    old = case(orders=[*both("cancelled", 1), *both("cancelled", 2, 2)])
    history = add(old, old.frames["orders"], 48)
    now = case(orders=[*both("cancelled", 1), *both("cancelled", 2, 2), order("exchange", "open", 50)])
    rows = live(now, history)
    assert sorted(rows["ts"]) == [at(1), at(1), at(50)]
    again = add(now, rows, 72, history)
    assert (again.unfinished.height, again.venue_ids.len()) == (0, 2)


def test_late_fill_of_a_finished_order_voids_the_history() -> None:
    old = case(orders=both("cancelled", 1))
    history = add(old, old.frames["orders"], 48)
    assert valid(old, history)
    late = case(orders=both("cancelled", 1), fills=[fill("exchange", "t", ts=at(1), exchange_order_id="x1")])
    assert valid(late, history) is None
    assert orders.check(late).breaks["kind"].to_list() == ["order_fill_sum_mismatch"]


def test_orders_are_never_replaced_by_later_versions() -> None:
    # The validity of a history rests on this: rows only ever come.
    assert "orders" not in {*RECORD_KEYS, *EVERY_EVENT_STANDS}


def test_order_without_a_creation_time_is_dated_by_its_first_state() -> None:
    rows = [order("local", "completed", 30, created_ts=None), order("exchange", "open", 26, created_ts=None)]
    (found,) = orders.check(case(orders=rows)).breaks.iter_rows(named=True)
    assert (found["kind"], found["ts"]) == ("order_closed_local_open_exchange", at(26))
