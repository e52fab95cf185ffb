"""What a book holds, what shocks cost it, and how it is spread, by hand."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from day_inputs import day_inputs
from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.case.findings import Metric, metrics_frame
from deskgate.config.bot import Mode
from deskgate.config.paths import SUITES
from deskgate.gates.bounds import Bounds
from deskgate.gates.suites import load_suites
from deskgate.reports.views import portfolio_risk as views
from desks import END, NOON, bot, desk
from portfolio.books import day, holding, joined, mids, opened, trade, with_risk


def assessed(of: Case) -> Assessment:
    return Assessment(of, pl.DataFrame(), pl.DataFrame(), load_suites(SUITES), day_inputs())


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


def test_turnover_is_what_was_traded_on_the_day_over_the_equity_at_its_start() -> None:
    rows = views.risk_bots(book())
    assert rows.select("bot", "turnover", "turnover_x").rows() == [("b1", 500.0, 0.5), ("b2", 300.0, 0.3)]
    assert views.risk_bots(assessed(day(desk(opened()))))["turnover"].to_list() == [0.0]


def test_margins_are_the_newest_beside_the_worst_of_the_day() -> None:
    sides = {"long_quantity": Decimal(5), "short_quantity": Decimal(0), "margin_mode": "cross"}
    prices = [(NOON, "96", "0.4"), (END, "60", "0.1")]
    rows = [
        holding("5", mark="100", at=at)
        | sides
        | {"path": f"b1/{at}", "long_liquidation_price": Decimal(price), "margin_ratio": Decimal(ratio)}
        for at, price, ratio in prices
    ]
    of_another = holding("1", name="b4", mark="100") | sides
    of = desk(opened(), bot("b4", Mode.TESTNET, connector="binance_perpetual_testnet"))
    shown = views.risk_margins(assessed(day(of, positions=[*rows, of_another])))
    assert shown.select("bot", "pair", "side", "ts", "mode", "snapshots").rows() == [
        ("b1", "BTC-USDT", "long", END, "cross", 2)
    ]
    assert shown.select("mark", "liquidation_price", "maintenance_margin").rows() == [(100, 60, None)]
    assert shown.select("distance", "least_distance", "margin_ratio", "largest_ratio").rows() == [(0.4, 0.04, 0.1, 0.4)]


@pytest.mark.parametrize(
    ("value", "bounds", "used"),
    [
        (0.02, {"max_value": 0.04}, 0.5),
        (0.1, {"min_value": 0.05}, 0.5),
        (0.025, {"min_value": 0.05}, 2),
        (0.0, {"min_value": 0.05}, None),
        (None, {"min_value": 0.05}, None),
        (3.0, {"max_value": 0}, None),
    ],
)
def test_use_of_a_cap_grows_towards_it(value: float | None, bounds: dict[str, float], used: float | None) -> None:
    suites = load_suites(SUITES)
    gate = suites[views.GATE]
    entry = next(each for each in gate.expectations if each.meta.entry == "daily_loss_share")
    kwargs = Bounds.model_validate({"metric": entry.kwargs.metric, **bounds})
    only = gate.model_copy(update={"expectations": [entry.model_copy(update={"kwargs": kwargs})]})
    metrics = metrics_frame(views.GATE, [Metric("portfolio", "daily_loss_share", value, 1)])
    assert views.risk_caps(replace(book(), metrics=metrics, suites={views.GATE: only}))["used"].to_list() == [used]


def test_book_without_a_value_has_no_rows() -> None:
    unknown = assessed(day(desk(bot(opening=None))))
    for view in (views.risk_exposures, views.risk_shocks, views.risk_concentration, views.risk_path):
        assert view(unknown).is_empty()
    assert "equity is unknown" in views.risk_bots(unknown)["because"][0]
