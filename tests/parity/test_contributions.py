"""What each bucket contributes to a delta: by hand, and that the buckets of a dimension add up to it."""

from datetime import timedelta
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.config.bot import BaselineWindow, Expected
from deskgate.parity.contributions import contributions
from deskgate.parity.deltas import Span, deltas
from desks import START, bot

from .trading_days import day, shadowed, trading

ALL = (True,)


def parts(found: Case, measure: str, dimension: str) -> dict[str, Any]:
    rows = contributions(found).iter_rows(named=True)
    return {row["bucket"]: row for row in rows if (row["measure"], row["dimension"]) == (measure, dimension)}


def by_shadow() -> Case:
    live = trading("b1", costs_bps=(-10, 3, -7), failed=(False, False, True, False))
    return day(*shadowed(), rows=[live, trading("b2", costs_bps=(-3, -5), filled=(True, False, False), late_s=2)])


def by_constants() -> Case:
    said = Expected(fill_ratio=0.5, slippage_bps=-4, reject_rate=0.1, realized_pnl_quote=5)
    return day(bot(expected=said), rows=[trading("b1", costs_bps=(-10, 3, -7))])


def by_window() -> Case:
    since = START - timedelta(days=1)
    past = trading("b1", since=since, until=START, costs_bps=(-3, -5, -11, 2, -6))
    for row in [*past["fills"], *past["orders"]]:
        row["order_id"] += "past"
        row["exchange_order_id"] += "past"
    for row in past["fills"]:
        row["trade_id"] += "past"
    opening = bot().opening
    assert opening is not None
    window = BaselineWindow(since=since, until=START)
    of = bot(baseline_window=window, opening=opening.model_copy(update={"at": since}))
    return day(of, rows=[past, trading("b1", costs_bps=(-8, -12, 1))])


def test_contributions_of_sides_by_hand() -> None:
    # Buys cost -10 against -3, sells -10 against -5, each half of what was traded.
    found = day(
        *shadowed(),
        rows=[
            trading("b1", costs_bps=(-10,), filled=ALL),
            trading("b2", costs_bps=(-3, -5), filled=ALL, late_s=2),
        ],
    )
    sides = parts(found, "slippage_bps", "side")
    assert {name: row["contribution"] for name, row in sides.items()} == {
        "BUY": pytest.approx(-3.5, abs=0.02),
        "SELL": pytest.approx(-2.5, abs=0.02),
    }
    buy = sides["BUY"]
    assert (buy["live"], buy["reference"]) == (pytest.approx(-10, abs=0.02), pytest.approx(-3, abs=0.02))
    assert (buy["rows_live"], buy["rows_reference"]) == (144, 144)
    assert list(parts(found, "slippage_bps", "hour")) == [f"{hour:02}:00" for hour in range(24)]


@pytest.mark.slow
def test_other_weights_of_equal_ratios_contribute_nothing() -> None:
    # Live fills buys alone, the shadow both sides; each fill of both costs -4.
    live = trading("b1", costs_bps=(-4,), filled=(True, False))
    sides = parts(
        day(*shadowed(), rows=[live, trading("b2", costs_bps=(-4,), filled=ALL, late_s=2)]), "slippage_bps", "side"
    )
    assert [row["contribution"] for row in sides.values()] == [pytest.approx(0, abs=0.01)] * 2
    assert (sides["SELL"]["live"], sides["SELL"]["rows_live"]) == (None, 0)


@pytest.mark.slow
@pytest.mark.parametrize("of", [by_shadow, by_constants, by_window])
def test_buckets_add_up_to_the_delta(of: Any) -> None:
    found = of()
    expected = {
        each.measure.name: each.value for each in deltas(found) if each.span is Span.DAY and each.value is not None
    }
    sums: dict[tuple[str, str], float] = {}
    for row in contributions(found).iter_rows(named=True):
        key = (row["measure"], row["dimension"])
        sums[key] = sums.get(key, 0) + row["contribution"]
    assert {name for name, _ in sums} == set(expected) & {
        "fill_ratio",
        "slippage_bps",
        "reject_rate",
        "realized_gross_bps",
        "realized_pnl_bps",
    }
    assert len({dimension for _, dimension in sums}) == 4
    for (name, dimension), total in sums.items():
        assert total == pytest.approx(expected[name], rel=1e-9, abs=1e-12), (name, dimension)


@pytest.mark.slow
def test_thirds_of_size_and_of_volatility() -> None:
    rows = [trading("b1", filled=ALL, quantity="1"), trading("b2", filled=ALL, quantity="1", late_s=2)]
    # The largest third of both: every third fill ten times as large. The market moves by 50 in the last hour.
    for part in rows:
        for fill in part["fills"]:
            fill["quantity"] *= 10 if int(fill["trade_id"].split("-")[2]) % 3 == 0 else 1
        for mid in part["mids"]:
            late = (mid["ts"] - START) / timedelta(hours=1) - 23
            if late > 0:
                mid["mid"] += mid["ts"].minute % 10 // 5 * 50
                mid["best_bid"], mid["best_ask"] = mid["mid"] - 1, mid["mid"] + 1
    found = day(*shadowed(), rows=rows)
    sizes = parts(found, "slippage_bps", "size")
    assert sizes["largest third"]["rows_live"] <= 96
    assert next(iter(sizes)) == "smallest third"
    volatilities = parts(found, "slippage_bps", "volatility")
    # No mid 5 minutes before the first fill.
    assert volatilities["unknown"]["rows_live"] == 1
    # A reject has a weight of 1: there are no thirds.
    assert list(parts(found, "reject_rate", "size")) == ["all alike"]


@pytest.mark.slow
def test_no_delta_has_no_contributions() -> None:
    none = contributions(day(bot(), rows=[trading("b1")]))
    assert (none.height, none.width) == (0, 9)
    without_fill = day(*shadowed(), rows=[trading("b1"), trading("b2", filled=(False,))])
    assert set(contributions(without_fill)["measure"]) == {"fill_ratio", "reject_rate"}


@pytest.mark.slow
def test_contributions_do_not_depend_on_the_order_of_the_rows() -> None:
    rows = [trading("b1"), trading("b2", late_s=2, costs_bps=(-7, -2, -11))]
    turned = [{name: part[::-1] for name, part in each.items()} for each in rows[::-1]]
    one, other = (contributions(day(*shadowed(), rows=each)) for each in (rows, turned))
    assert one.equals(other)
