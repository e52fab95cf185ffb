"""A shadow that is the live bot's records once more is no shadow."""

from datetime import timedelta

import pytest

from deskgate.config.bot import Mode
from deskgate.parity.copies import shared_share
from tiers import quick

from .trading_days import Rows, day, shadowed, trading


def copied(*, later: timedelta = timedelta(), new_ids: bool = False) -> Rows:
    rows = trading("b1")
    for row in [row for part in rows.values() for row in part]:
        row["bot"] = "b2"
        row["ts"] += later
        for name in ("trade_id", "order_id", "exchange_order_id"):
            if new_ids and name in row:
                row[name] = f"new-{row[name]}"
    return rows


@pytest.mark.parametrize(
    ("shadow", "alike"),
    quick(
        [
            (copied(), "by trade id"),
            (copied(new_ids=True), "by second, side and price"),
            (copied(later=timedelta(minutes=1)), "by trade id"),
        ]
    ),
    ids=["a copy", "ids of its own", "a minute later"],
)
def test_a_copy_of_the_live_bots_records(shadow: Rows, alike: str) -> None:
    found = shared_share(day(*shadowed(), rows=[trading("b1"), shadow]), shadowed()[0], "b2")
    assert found.value == 1
    assert found.sample == 192
    assert alike in (found.note or "")


def test_a_copy_at_another_time_with_new_ids_has_the_live_bots_sequence() -> None:
    prices = [-7, -2, -11, -5, -9, -1, -13]
    rows, later = trading("b1", costs_bps=prices), trading("b1", costs_bps=prices)
    for row in [row for part in later.values() for row in part]:
        row.update({"bot": "b2", "ts": row["ts"] + timedelta(hours=1, seconds=7)})
    for row in later["fills"]:
        row.update({name: f"new-{row[name]}" for name in ("trade_id", "order_id", "exchange_order_id")})
    found = shared_share(day(*shadowed(), rows=[rows, later]), shadowed()[0], "b2")
    assert found.value is not None
    assert found.value > 0.9
    assert "in a row" in (found.note or "")


def test_two_bots_of_one_strategy_share_no_fill() -> None:
    shadow = trading("b2", late_s=2, costs_bps=(-7, -13))
    found = shared_share(day(*shadowed(), rows=[trading("b1"), shadow]), shadowed()[0], "b2")
    assert (found.value, found.note) == (0, None)


def test_a_shadow_without_a_fill_is_not_known_to_be_one() -> None:
    found = shared_share(day(*shadowed(), rows=[trading("b1"), trading("b2", filled=(False,))]), shadowed()[0], "b2")
    assert (found.value, found.note) == (None, "the shadow b2 has no agreed fill")


def test_with_a_disabled_shadow_nothing_is_shared() -> None:
    live, shadow = shadowed()
    off = shadow.model_copy(update={"mode": Mode.DISABLED})
    found = shared_share(day(live, off, rows=[trading("b1")]), live, "b2")
    assert (found.value, found.note) == (None, "the shadow of b1, b2, is disabled")
