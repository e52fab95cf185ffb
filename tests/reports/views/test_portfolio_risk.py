"""What a book holds, what shocks cost it, and how it is spread, by hand."""

import polars as pl
import pytest

from deskgate.assessment.artifacts import DayInputs, StoreState
from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.config.paths import SUITES
from deskgate.gates.suites import load_suites
from deskgate.reports.views import portfolio_risk as views
from desks import DAY, END, INTERVALS, RISK, bot, desk
from portfolio.books import day, joined, mids, opened, trade, with_risk


def assessed(of: Case) -> Assessment:
    inputs = DayInputs(
        desk="desk",
        date=DAY,
        as_of=END,
        store=StoreState(location="", versions={}),
        suites={},
        config={},
        intervals=INTERVALS,
        risk=RISK,
        code="",
    )
    return Assessment(of, pl.DataFrame(), pl.DataFrame(), load_suites(SUITES), inputs)


def book() -> Assessment:
    """Long 500 BTC at one venue, short 300 ETH at another."""
    of = desk(opened(), opened("b2", pairs=["ETH-USDT"], connector="okx_perpetual"))
    rows = joined(trade("5"), trade("-30", "10", name="b2", pair="ETH-USDT"))
    shocked = with_risk(of, shocks={"squeeze": {"ETH": 0.5}})
    return assessed(day(shocked, fills=rows, mids=joined(mids("100"), mids("10", "b2", "ETH-USDT"))))


def test_exposures_are_signed_by_bot_and_asset() -> None:
    rows = views.risk_exposures(book()).with_columns(pl.col("value").round(6)).rows()
    assert rows == [("b1", "BTC", 500.0), ("b2", "ETH", -300.0)]


def test_shocks_cost_what_is_held_times_the_move() -> None:
    found = {name: (loss, share) for name, loss, share in views.risk_shocks(book()).iter_rows()}
    assert found["all assets -5%"] == pytest.approx((10, 10 / 2000), abs=1e-6)
    assert found["each asset 10% against the book"] == pytest.approx((80, 80 / 2000), abs=1e-6)
    assert found["squeeze"] == pytest.approx((150, 150 / 2000), abs=1e-6)


def test_shares_by_bot_asset_and_venue() -> None:
    rows = views.risk_concentration(book())
    assert rows["by"].unique(maintain_order=True).to_list() == ["bot", "asset", "venue"]
    assert rows["name"].to_list() == ["b1", "b2", "BTC", "ETH", "bitget_perpetual", "okx_perpetual"]
    assert rows["share"].to_list() == pytest.approx([0.625, 0.375] * 3)
    assert rows["herfindahl"].to_list() == pytest.approx([0.625**2 + 0.375**2] * 6)


def test_book_without_a_value_has_no_rows() -> None:
    unknown = assessed(day(desk(bot(opening=None))))
    for view in (views.risk_exposures, views.risk_shocks, views.risk_concentration, views.risk_path):
        assert view(unknown).is_empty()
    assert "equity is unknown" in views.risk_bots(unknown)["because"][0]
