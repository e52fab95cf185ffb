"""Live minus reference: what is compared, over which minutes, and when nothing is."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.config.bot import BaselineWindow, Expected, Mode
from deskgate.parity.deltas import Delta, Span, deltas
from desks import NOON, START, bot
from tiers import quick

from .trading_days import day, shadowed, trading


def both(delta: Delta) -> list[float | None]:
    return [delta.live_value, delta.reference_value]


def shuffled(*costs: int) -> list[int]:
    """Return these costs again and again, in no order that repeats within a day."""
    many = [*costs] * 150
    Random(7).shuffle(many)
    return many


def of(found: Case, measure: str, span: Span = Span.DAY) -> Delta:
    return next(each for each in deltas(found) if (each.measure.name, each.span) == (measure, span))


def test_two_bots_by_hand() -> None:
    # 2 of 3 orders filled against 1 of 3; costs of -10 bps against -4 in the mean; every fourth order refused, and none.
    live = trading("b1", costs_bps=(-10,), failed=(False, False, False, True))
    shadow = trading("b2", costs_bps=shuffled(-3, -5), filled=(True, False, False), late_s=2)
    found = day(*shadowed(), rows=[live, shadow])
    slippage, rejects, fills = (of(found, name) for name in ("slippage_bps", "reject_rate", "fill_ratio"))
    assert both(slippage) == [pytest.approx(-10, abs=0.02), pytest.approx(-4, abs=0.3)]
    assert slippage.value == pytest.approx(-6, abs=0.3)
    assert (rejects.live_value, rejects.reference_value) == (0.25, 0)
    # Refused orders are none that could fill: 2 of 3 of the others.
    assert both(fills) == [pytest.approx(2 / 3, abs=1e-4), pytest.approx(1 / 3, abs=1e-4)]
    assert slippage.interval is not None
    assert slippage.interval.low < -6 < slippage.interval.high


@pytest.mark.slow
def test_a_bot_beside_its_equal_differs_by_nothing() -> None:
    found = day(*shadowed(), rows=[trading("b1"), trading("b2", late_s=2)])
    for name in ("slippage_bps", "reject_rate", "fill_ratio", "realized_pnl_bps"):
        assert of(found, name).value == pytest.approx(0, abs=1e-9), name


def test_only_minutes_in_which_both_ran_are_compared() -> None:
    # The shadow stops at noon; what the live bot does in the afternoon has nothing beside it.
    morning = trading("b1", until=NOON)
    afternoon = trading("b1", since=NOON, costs_bps=(40,))
    for row in afternoon["fills"]:
        row["trade_id"] += "pm"
    for row in [*afternoon["fills"], *afternoon["orders"]]:
        row["order_id"] += "pm"
        row["exchange_order_id"] += "pm"
    found = day(*shadowed(), rows=[morning, afternoon, trading("b2", until=NOON, late_s=2)])
    assert of(found, "slippage_bps").live_value == pytest.approx(-10, abs=0.02)


@pytest.mark.slow
def test_minutes_in_which_a_bot_was_paused_are_not_compared() -> None:
    paused = trading("b2", late_s=2)
    for row in paused["snapshots"]:
        row["state"] = "soft_pause" if row["ts"] < NOON else "running"
    whole = of(day(*shadowed(), rows=[trading("b1"), trading("b2", late_s=2)]), "reject_rate")
    half = of(day(*shadowed(), rows=[trading("b1"), paused]), "reject_rate")
    assert (whole.rows, half.rows) == (288, 144)


@pytest.mark.slow
@pytest.mark.parametrize(
    "shadow",
    [
        pytest.param({"pair": "ETH-USDT"}, id="another market"),
        pytest.param({"since": START - timedelta(days=2), "until": START - timedelta(days=1)}, id="another time"),
    ],
)
def test_a_shadow_that_ran_elsewhere_gives_no_value(shadow: dict[str, Any]) -> None:
    live, other = shadowed()
    other = other.model_copy(update={"pairs": [shadow.get("pair", "BTC-USDT")]})
    found = day(live, other, rows=[trading("b1"), trading("b2", **shadow)])
    for delta in deltas(found):
        assert delta.value is None
        assert "beside its shadow b2" in delta.why


@pytest.mark.slow
def test_a_shadow_without_a_fill_has_no_slippage_to_compare() -> None:
    found = day(*shadowed(), rows=[trading("b1"), trading("b2", filled=(False,))])
    assert of(found, "slippage_bps").value is None
    assert of(found, "realized_pnl_bps").value is None
    assert of(found, "fill_ratio").reference_value == 0


def test_constants_of_desk_toml_by_hand() -> None:
    said = Expected(fill_ratio=0.5, slippage_bps=-4, reject_rate=0.1, realized_pnl_quote=5)
    found = day(bot(expected=said), rows=[trading("b1")])
    assert of(found, "slippage_bps").value == pytest.approx(-6, abs=0.02)
    assert of(found, "fill_ratio").value == pytest.approx(2 / 3 - 0.5, abs=1e-4)
    assert of(found, "reject_rate").value == pytest.approx(-0.1)
    # 192 fills of 1 at about 100: 5 quote of some 19,200 are 2.6 bps.
    pnl = of(found, "realized_pnl_bps")
    assert pnl.reference_value == pytest.approx(5 / 19_201 * 10_000, rel=1e-3)
    assert "states no" in of(found, "fill_ratio_orders").why


@pytest.mark.slow
def test_a_window_of_its_own_past_and_what_it_may_be_off() -> None:
    since = START - timedelta(days=1)
    past = trading("b1", since=since, until=START, costs_bps=shuffled(-3, -5))
    for row in [*past["fills"], *past["orders"]]:
        row["order_id"] += "past"
        row["exchange_order_id"] += "past"
    for row in past["fills"]:
        row["trade_id"] += "past"
    window = BaselineWindow(since=since, until=START)
    rows = [past, trading("b1", costs_bps=shuffled(-8, -12))]
    opening = bot().opening
    assert opening is not None
    opened = opening.model_copy(update={"at": since})
    found = of(day(bot(baseline_window=window, opening=opened), rows=rows), "slippage_bps")
    assert both(found) == [pytest.approx(-10, abs=0.3), pytest.approx(-4, abs=0.3)]
    said = Expected(fill_ratio=0.5, slippage_bps=-4, reject_rate=0.1, realized_pnl_quote=5)
    alone = of(day(bot(expected=said, opening=opened), rows=rows), "slippage_bps")
    assert found.interval is not None
    assert alone.interval is not None
    assert found.interval.half_width > alone.interval.half_width


def test_a_bot_without_anything_to_compare_with_says_so() -> None:
    assert {delta.why for delta in deltas(day(bot(), rows=[trading("b1")]))} == {
        "bots.b1 has neither `shadow`, `baseline_window` nor `expected` in desk.toml to compare with"
    }
    live, shadow = shadowed()
    off = shadow.model_copy(update={"mode": Mode.DISABLED})
    (why,) = {delta.why for delta in deltas(day(live, off, rows=[trading("b1")]))}
    assert why == "the shadow of b1, b2, is disabled"


@pytest.mark.slow
def test_the_same_rows_in_another_order_give_the_same_digits() -> None:
    rows = [trading("b1"), trading("b2", late_s=2, costs_bps=(-7, -2, -11))]
    turned = [{name: part[::-1] for name, part in each.items()} for each in rows[::-1]]
    one, other = (
        [(delta.value, delta.interval) for delta in deltas(day(*shadowed(), rows=each))] for each in (rows, turned)
    )
    assert one == other


@pytest.mark.slow
def test_fills_that_no_mid_prices_are_said_to_lack_one() -> None:
    said = Expected(fill_ratio=0.5, slippage_bps=-4, reject_rate=0.1, realized_pnl_quote=5)
    rows = {**trading("b1"), "mids": []}
    found = day(bot(expected=said), rows=[rows])
    assert of(found, "slippage_bps").why == (
        "none of the 192 agreed fills of b1 since 2026-05-04 00:00 UTC has a mid of the 5 minutes before it. Notebook 04 lists which"
        " prices were there"
    )
    assert of(found, "fill_ratio").live_value is not None


@pytest.mark.parametrize("measure", quick(["slippage_bps", "realized_pnl_bps"]))
def test_fills_that_no_other_leg_confirms_are_not_called_nothing(measure: str) -> None:
    said = Expected(fill_ratio=0.5, slippage_bps=-4, reject_rate=0.1, realized_pnl_quote=5)
    rows = trading("b1")
    rows["fills"] = [row for row in rows["fills"] if row["leg"] == "local"]
    assert of(day(bot(expected=said), rows=[rows]), measure).why == (
        "none of the 192 fills of b1 since 2026-05-04 00:00 UTC is agreed: its records (local) have them and no other leg confirms"
        " one. Notebook 03 lists the breaks"
    )


@pytest.mark.slow
def test_unknown_fee_is_not_called_nothing_traded() -> None:
    said = Expected(fill_ratio=0.5, slippage_bps=-4, reject_rate=0.1, realized_pnl_quote=5)
    rows = trading("b1")
    for row in rows["fills"]:
        row.update(fee_token="BNB", fee_quote=None)
    assert "paid fees in BNB that no leg converts" in of(day(bot(expected=said), rows=[rows]), "realized_pnl_bps").why
