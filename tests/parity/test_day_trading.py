"""Live beside its reference on the day: fills, mids, markouts, and how widely single values stray."""

from random import Random

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.parity import day_trading
from deskgate.parity.day_trading import day_fills, day_mids, distributions, markouts, spreads
from desks import bot

from .trading_days import day, shadowed, trading

ALL = (True,)
EACH = (day_fills, day_mids, distributions, markouts, spreads)


def costs(wide: int, seed: int) -> list[int]:
    """Return costs of -8 bps in the mean, `wide` away from it on either side at random."""
    return [-8 + wide * Random(seed + n).choice((-1, 1)) for n in range(288)]


def both(live: list[int], shadow: list[int]) -> Case:
    rows = [trading("b1", costs_bps=live, filled=ALL), trading("b2", costs_bps=shadow, filled=ALL, late_s=2)]
    return day(*shadowed(), rows=rows)


def test_wider_slippage_of_an_equal_mean_is_seen() -> None:
    row = spreads(both(costs(4, 1), costs(2, 2))).filter(pl.col("measure") == "slippage_bps").row(0, named=True)
    assert (row["live_sd"], row["reference_sd"]) == (pytest.approx(4, rel=0.02), pytest.approx(2, rel=0.02))
    assert row["ratio"] == pytest.approx(2, rel=0.02)
    assert 1 < row["low"] < row["ratio"] < row["high"]


@pytest.mark.slow
def test_equal_spread_is_no_finding() -> None:
    wide = [-8 + Random(n).randint(-5, 5) for n in range(288)]
    row = spreads(both(wide, wide[::-1])).row(0, named=True)
    assert row["low"] < 1 < row["high"]


def test_markouts_by_hand() -> None:
    rows = markouts(both([-10], [-8])).filter(pl.col("liquidity") == "all")
    value = {(row["role"], row["horizon_s"]): row["value"] for row in rows.iter_rows(named=True)}
    # At 0 s a fill has gained what it was better than the mid; 5 min later the mid is 0.01 of 100 further in its favour.
    assert value["live", 0] == pytest.approx(10, abs=0.02)
    assert value["reference", 0] == pytest.approx(8, abs=0.02)
    assert value["live", 300] == pytest.approx(11, abs=0.02)
    # A mid a minute measures none of a second.
    assert value["live", 1] is None
    last = rows.filter(pl.col("role") == "live", pl.col("horizon_s") == 300).row(0, named=True)
    assert (last["rows"], last["known"]) == (287, pytest.approx(287 / 288))


def test_fills_mids_and_single_values_of_the_day() -> None:
    found = both([-10], [-8])
    fills = day_fills(found)
    assert fills.group_by("of", "role", "bot").len().sort("role").rows() == [
        ("b1", "live", "b1", 288),
        ("b1", "reference", "b2", 288),
    ]
    assert day_mids(found).group_by("of", "pair").len().rows() == [("b1", "BTC-USDT", 1440)]
    slippage = distributions(found).filter(pl.col("measure") == "slippage_bps", pl.col("role") == "live")
    assert slippage["value"].to_list() == [pytest.approx(-10, abs=0.02)] * 288
    assert slippage["weight"][0] == pytest.approx(99.9)


@pytest.mark.slow
def test_many_values_are_taken_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_trading, "MOST_VALUES", 100)
    slippage = distributions(both([-10, -8], [-8])).filter(pl.col("measure") == "slippage_bps")
    assert slippage.group_by("role").len().sort("role").rows() == [("live", 100), ("reference", 100)]
    dear = slippage.filter(pl.col("role") == "live", pl.col("value") < -9).height
    assert 45 <= dear <= 55


def test_no_reference_has_fills_of_live_alone() -> None:
    found = day(bot(), rows=[trading("b1")])
    assert set(day_fills(found)["role"]) == {"live"}
    assert [of(found).height for of in (distributions, markouts, spreads)] == [0, 0, 0]
    assert all(of(found).width for of in EACH)


@pytest.mark.slow
def test_order_of_the_rows_changes_nothing() -> None:
    rows = [trading("b1"), trading("b2", late_s=2, costs_bps=(-7, -2, -11))]
    turned = [{name: part[::-1] for name, part in each.items()} for each in rows[::-1]]
    one, other = (day(*shadowed(), rows=each) for each in (rows, turned))
    assert all(of(one).equals(of(other)) for of in EACH)
