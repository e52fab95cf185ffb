"""The bridge from the shadow's realised PnL to live's: each step by hand, and that they add up."""

import math
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.accounting.profits import profits
from deskgate.case.case import Case
from deskgate.config.bot import Expected
from deskgate.parity.bridge import STEPS, bridge, paired
from desks import NOON, bot

from .trading_days import day, shadowed, trading

ALL = (True,)


def steps(found: Case) -> dict[str, dict[str, Any]]:
    return {row["step"]: row for row in bridge(found).iter_rows(named=True)}


def net(found: Case, name: str) -> float:
    mine = profits(found).filter(pl.col("bot") == name)
    return float(mine.select((pl.col("realized") - pl.col("fee_quote")).sum().cast(pl.Float64)).item())


def fills(*seconds: float, side: str = "BUY") -> pl.DataFrame:
    rows = [("BTC-USDT", side, NOON + timedelta(seconds=second)) for second in seconds]
    schema = pl.Schema({"pair": pl.String(), "side": pl.String(), "ts": pl.Datetime("us", "UTC")})
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize(
    ("live", "shadow", "expected"),
    [
        pytest.param(fills(0, 10), fills(8), [(1, 0)], id="the nearest in time"),
        pytest.param(fills(0, 10), fills(9, 11), [(0, 1), (1, 0)], id="the closest first, each once"),
        pytest.param(fills(0), fills(60), [(0, 0)], id="exactly at the bound"),
        pytest.param(fills(0), fills(60.000001), [], id="just past the bound"),
        pytest.param(fills(0), fills(0, side="SELL"), [], id="another side"),
        pytest.param(fills(5, 5), fills(5, 5), [(0, 0), (1, 1)], id="ties in time"),
        pytest.param(fills(), fills(5), [], id="no fill"),
    ],
)
def test_partners_by_side_and_time(live: pl.DataFrame, shadow: pl.DataFrame, expected: list[tuple[int, int]]) -> None:
    assert paired(live, shadow).rows() == expected


def test_every_step_by_hand() -> None:
    # Of 288 quotes of 1 the shadow fills all at 8 bps, live two of three at 10 bps; each fill costs a fee of 0.01.
    live = trading("b1", costs_bps=(-10,), filled=(True, True, False))
    found = day(*shadowed(), rows=[live, trading("b2", costs_bps=(-8,), filled=ALL, late_s=2)])
    by = steps(found)
    value = {name: row["value_quote"] for name, row in by.items()}
    assert tuple(value) == STEPS
    # A buy at 99.92 is marked at 100.01, a sell at 100.01 x 1.0008 at 100: 0.09 and 0.090008. Of number 287 no mid is known.
    missed = [0.09 if number % 2 == 0 else 0.090008 for number in range(2, 287, 3)]
    assert value["missed fills"] == pytest.approx(-sum(missed), abs=1e-9)
    # 2 bps of 96 mids of 100 and of 96 of 100.01.
    assert value["spread captured"] == pytest.approx(96 * 2e-4 * 200.01, abs=1e-9)
    assert (value["extra fills"], value["funding"]) == (0, 0)
    assert value["adverse selection"] == pytest.approx(0, abs=1e-9)
    assert value["fees"] == pytest.approx(0.96, abs=1e-9)
    assert (value["shadow"], value["live"]) == (pytest.approx(net(found, "b2")), pytest.approx(net(found, "b1")))
    counts = {name: row["fills"] for name, row in by.items()}
    assert [counts[name] for name in STEPS] == [288, 95, 0, 384, 384, 480, 0, 1, 192]
    assert math.fsum(list(value.values())[:-1]) == pytest.approx(value["live"], abs=1e-12)


@pytest.mark.slow
def test_extra_fills_of_live() -> None:
    found = day(
        *shadowed(), rows=[trading("b1", costs_bps=(-8,), filled=ALL), trading("b2", costs_bps=(-8,), late_s=2)]
    )
    extra = steps(found)["extra fills"]
    assert extra["fills"] == 95
    assert extra["value_quote"] == pytest.approx(sum(0.09 if n % 2 == 0 else 0.090008 for n in range(2, 287, 3)))


@pytest.mark.slow
def test_interval_of_a_step_is_about_its_value() -> None:
    live = trading("b1", costs_bps=(-10, -4, -9, -1, -12, -3, -8), filled=ALL)
    by = steps(day(*shadowed(), rows=[live, trading("b2", costs_bps=(-8,), filled=ALL, late_s=2)]))
    spread = by["spread captured"]
    assert spread["low"] < spread["value_quote"] < spread["high"] < 0
    # All fees are alike, and no payment was made.
    assert [(by[name]["low"], by[name]["high"]) for name in ("fees", "funding", "live")] == [(None, None)] * 3


@pytest.mark.slow
def test_what_no_mid_prices_is_unexplained() -> None:
    live = trading("b1", filled=ALL)
    live["mids"] = [row for row in live["mids"] if row["ts"] >= NOON]
    by = steps(day(*shadowed(), rows=[live, trading("b2", filled=ALL, late_s=2)]))
    # 144 pairs before noon have no mid of live's; that of noon has; the last has none 5 minutes later.
    assert (by["spread captured"]["fills"], by["unexplained"]["fills"]) == (288, 290)
    assert math.fsum(by[name]["value_quote"] for name in STEPS[:-1]) == pytest.approx(by["live"]["value_quote"])


@pytest.mark.slow
def test_unknown_fee_leaves_the_ends_unknown() -> None:
    live = trading("b1", filled=ALL)
    for row in live["fills"]:
        row.update(fee_amount=None, fee_token=None, fee_quote=None)
    by = steps(day(*shadowed(), rows=[live, trading("b2", filled=ALL, late_s=2)]))
    known = {name: row["value_quote"] is not None for name, row in by.items()}
    assert [name for name, is_known in known.items() if not is_known] == ["fees", "unexplained", "live"]


def test_no_shadow_has_no_bridge() -> None:
    said = Expected(fill_ratio=0.5, slippage_bps=-4, reject_rate=0.1, realized_pnl_quote=5)
    for of in (bot(), bot(expected=said)):
        none = bridge(day(of, rows=[trading("b1")]))
        assert (none.height, none.columns) == (0, ["of", "step", "value_quote", "low", "high", "fills"])


@pytest.mark.slow
def test_bridge_does_not_depend_on_the_order_of_the_rows() -> None:
    rows = [trading("b1"), trading("b2", late_s=2, costs_bps=(-7, -2, -11), filled=(True, False))]
    turned = [{name: part[::-1] for name, part in each.items()} for each in rows[::-1]]
    one, other = (bridge(day(*shadowed(), rows=each)) for each in (rows, turned))
    assert one.equals(other)
