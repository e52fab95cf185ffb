from datetime import timedelta

import pytest

from deskgate.measures.horizons import HORIZONS
from deskgate.measures.markouts import MARKOUTS
from deskgate.measures.measure import value
from deskgate.measures.spreads import REALIZED_SPREAD
from desks import END, case

from .prices import mid, traded

BY_NAME = {measure.name: measure for measure in MARKOUTS}
DAY_END = 12 * 3600


def test_every_horizon_has_a_markout() -> None:
    assert list(BY_NAME) == [f"markout_{name}_bps" for name in ("before_5s", "1s", "10s", "30s", "1m", "5m")]
    assert [after.total_seconds() for after in HORIZONS.values()] == [-5, 1, 10, 30, 60, 300]


@pytest.mark.parametrize(("side", "sign"), [("BUY", 1), ("SELL", -1)])
def test_markout_is_what_a_fill_has_gained_since(side: str, sign: int) -> None:
    # One mid at each horizon: 98 before, then 101 to 105; the fill is of 2 at 100.
    prices = dict(zip((-5, 1, 10, 30, 60, 300), (98, 101, 102, 103, 104, 105), strict=True))
    of = case(fills=traded(0, side, "100", "2"), mids=[mid(at, str(price)) for at, price in prices.items()])
    found = [measure.rows(of).select("num", "den").row(0) for measure in MARKOUTS]
    assert found == [(sign * 2.0 * (price - 100), 200.0) for price in prices.values()]
    assert value(MARKOUTS[-1], MARKOUTS[-1].rows(of)) == pytest.approx(sign * 10 / 200 * 1e4)


def test_markout_at_five_minutes_is_half_a_realized_spread_turned() -> None:
    of = case(fills=traded(0, "BUY", "100", "2"), mids=[mid(290, "105")])
    markout, spread = BY_NAME["markout_5m_bps"].rows(of), REALIZED_SPREAD.rows(of)
    assert markout["num"].to_list() == [-each / 2 for each in spread["num"]] == [10.0]


def test_mids_by_the_minute_are_no_markout_of_seconds() -> None:
    of = case(fills=traded(10, "BUY", "100"), mids=[mid(60 * at, str(100 + at)) for at in range(-5, 9)])
    known = {name: measure.rows(of)["num"].null_count() == 0 for name, measure in BY_NAME.items()}
    assert [name for name, found in known.items() if found] == ["markout_1m_bps", "markout_5m_bps"]


def test_markout_past_the_days_end_is_null_until_its_instant() -> None:
    rows = {"fills": traded(DAY_END - 10, "BUY", "100"), "mids": [mid(DAY_END - 9, "101"), mid(DAY_END + 280, "107")]}
    early, late = (
        {name: measure.rows(of)["num"].to_list() for name, measure in BY_NAME.items()}
        for of in (
            case(fills=rows["fills"], mids=rows["mids"], as_of=END),
            case(fills=rows["fills"], mids=rows["mids"], as_of=END + timedelta(minutes=5)),
        )
    )
    assert (early["markout_1s_bps"], early["markout_5m_bps"]) == ([1.0], [None])
    assert (late["markout_1s_bps"], late["markout_5m_bps"]) == ([1.0], [7.0])
