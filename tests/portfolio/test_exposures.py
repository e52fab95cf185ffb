"""Exposures of the book by hand: what is netted, what counts as concentrated, what a shock and open orders would do."""

from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.case import Case
from desks import NOON, desk, sources
from portfolio.books import MINUTE, balance, caps, day, joined, mids, opened, reasons, trade, with_risk
from tiers import quick


def two(first: str, second: str, pair: str = "ETH-USDT", price: str = "10", **more: Any) -> Case:
    of = desk(opened(), opened("b2", pairs=[pair]))
    rows = joined(trade(first), trade(second, price, name="b2", pair=pair))
    return day(with_risk(of, **more), fills=rows, mids=joined(mids("100"), mids(price, "b2", pair)))


def test_assets_are_not_netted_across_each_other() -> None:
    """Long 500 BTC and short 500 ETH of 2,000."""
    found = caps(two("5", "-50"))
    assert found["net_exposure_quote"] == pytest.approx(1000)
    assert found["gross_exposure_quote"] == pytest.approx(1000)
    assert found["leverage"] == pytest.approx(0.5)
    assert found["shock_loss_share"] == pytest.approx(0.025)


def test_assets_with_a_beta_are() -> None:
    """1 % of BTC is 0.8 % of ETH: 500 - 0.8 x 500."""
    found = caps(two("5", "-50", betas={"ETH": {"of": "BTC", "beta": 0.8}}))
    assert found["net_exposure_quote"] == pytest.approx(100)
    assert found["gross_exposure_quote"] == pytest.approx(1000)


@pytest.mark.slow
def test_short_perpetual_against_a_spot_long_is_hedged_and_gross_is_not() -> None:
    of = desk(opened(), opened("b2", connector="binance"))
    rows = joined(trade("5"), trade("-5", name="b2"))
    rows = [{**row, "side": "BUY" if row["bot"] == "b2" else "SELL"} for row in rows]
    found = caps(day(of, fills=rows, mids=joined(mids("100"), mids("100", "b2"))))
    assert found["net_exposure_quote"] == pytest.approx(0, abs=1e-6)
    assert found["gross_exposure_quote"] == pytest.approx(1000)


def test_one_bot_long_and_short_many_times_its_equity() -> None:
    """640 % long in one asset and 640 % short in another."""
    of = opened(pairs=["BTC-USDT", "ETH-USDT"])
    rows = joined(trade("64"), trade("-640", "10", pair="ETH-USDT", at=NOON + MINUTE))
    found = caps(day(of, fills=rows, mids=joined(mids("100"), mids("10", pair="ETH-USDT"))))
    assert found["leverage"] == pytest.approx(12.8)
    assert found["net_exposure_share"] == pytest.approx(12.8)


@pytest.mark.parametrize(
    ("first", "second", "share"),
    quick([("9", "10", 0.9), ("5", "50", 0.5), ("9", "9", 0.0), ("0.5", "5", 0.0)], 2),
)
def test_concentration_is_among_bots_with_enough_at_risk(first: str, second: str, share: float) -> None:
    """Bots with 900 and 100 count, one with 90 does not; alone a bot is no concentration."""
    assert caps(two(first, second))["concentration_share"] == pytest.approx(share)


def test_shocks_of_the_desk() -> None:
    shocks = {"crash": {"BTC": -0.2, "ETH": -0.3}, "squeeze": {"BTC": 0.1, "ETH": 0.5}}
    found = two("5", "-50", shocks=shocks)
    # The crash wins 150 and loses 100, the squeeze loses 250 and wins 50: 200 of 2,000.
    assert caps(found)["scenario_loss_share"] == pytest.approx(0.1)
    assert "squeeze" in reasons(found)["scenario_loss_share"]
    assert caps(two("5", "-50"))["scenario_loss_share"] == 0


def test_open_orders_count_on_their_worse_side() -> None:
    """Long 500; buys of 1,000 and sells of 300 are open: 1,500 of 1,000 if they fill."""
    about = {
        "leg": "exchange",
        "ts": NOON,
        "created_ts": NOON,
        "pair": "BTC-USDT",
        "status": "open",
        "price": Decimal(100),
    }
    orders = [
        {
            **about,
            "exchange_order_id": "1",
            "order_id": "1",
            "side": "BUY",
            "quantity": Decimal(12),
            "filled_quantity": Decimal(2),
        },
        {**about, "exchange_order_id": "2", "order_id": "2", "side": "SELL", "quantity": Decimal(3)},
    ]
    rows: dict[str, Any] = {"fills": trade("5"), "mids": mids("100")}
    assert caps(day(orders=orders, **rows))["leverage_if_filled"] == pytest.approx(1.5)
    orders[0]["price"] = None
    assert caps(day(orders=orders, **rows))["leverage_if_filled"] is None


def test_orders_that_no_export_lists_are_not_known_to_be_none() -> None:
    rows: dict[str, Any] = {"fills": trade("5"), "mids": mids("100")}
    there = [row for row in sources("local", "events", "exchange") if row["kind"] != "open_orders"]
    assert caps(day(sources=there, **rows))["leverage_if_filled"] is None


def test_other_assets_are_exposures_and_debts_are_less_capital() -> None:
    """5 ETH at 10 beside, and 300 USDC owed: 1,000 - 300 of capital; 50 + 300 of exposure."""
    balances = [balance(token, total) for token, total in (("ETH", "5"), ("USDC", "-300"), ("USDT", "1000"))]
    of = with_risk(desk(opened()), prices={"ETH": 10, "USDC": 1})
    found = day(of, balances=balances, mids=mids("100"))
    assert caps(found)["gross_exposure_quote"] == pytest.approx(350)
    assert caps(found)["leverage"] == pytest.approx(0.5)
    assert "capital 700.00" in reasons(found)["leverage"]
