"""The caps of the book by hand: what counts, what lasts, what is netted, and what leaves the book without a value."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.case.findings import metrics_frame
from deskgate.checks import portfolio_risk
from deskgate.config.bot import Mode, Opening
from deskgate.config.paths import SUITES
from deskgate.controls.breaches import breaches_of
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import load_suites
from deskgate.portfolio.outside import shared_fills
from desks import END, NOON, START, bot, desk, sources, values
from portfolio.books import HOUR, MINUTE, balance, day, holding, joined, mids, opened, trade, with_risk
from tiers import quick


def caps(of: Case, subject: str = "portfolio") -> dict[str, float | None]:
    return values(portfolio_risk.check(of).metrics, subject)


def acted(of: Case) -> list[str]:
    """Return the entries that call for an action."""
    gate = {"portfolio_risk": load_suites(SUITES)["portfolio_risk"]}
    metrics = metrics_frame("portfolio_risk", portfolio_risk.check(of).metrics)
    specs = {"portfolio_risk": {spec.name: spec for spec in portfolio_risk.METRICS}}
    judged = [each for each in gate["portfolio_risk"].expectations if each.kwargs.metric in specs["portfolio_risk"]]
    mine = {"portfolio_risk": gate["portfolio_risk"].model_copy(update={"expectations": judged})}
    return [each.entry for each in breaches_of(mine, evaluate(mine, metrics, of.desk, specs=specs), of.desk, of.day)]


def reasons(of: Case, subject: str = "portfolio") -> dict[str, str]:
    return {each.metric: each.note or "" for each in portfolio_risk.check(of).metrics if each.subject == subject}


def test_one_bot_long_through_a_falling_day() -> None:
    """10 at 100 against 1,000: they fall to 96 by the evening: 40 of 1,000 lost, 960 exposed of 960."""
    prices = mids(lambda n: "100" if n < 1200 else "96")
    found = caps(day(fills=trade("10"), mids=prices, positions=[holding("10", mark="96")]))
    assert found["daily_loss_share"] == pytest.approx(0.04)
    assert found["daily_loss_quote"] == pytest.approx(40)
    assert found["drawdown_share"] == pytest.approx(0.04)
    assert found["net_exposure_quote"] == found["gross_exposure_quote"] == pytest.approx(1000)
    assert found["leverage"] == found["net_exposure_share"] == pytest.approx(1)
    assert found["shock_loss_share"] == pytest.approx(0.05)
    assert found["concentration_share"] == 0
    assert found["leverage_if_filled"] == pytest.approx(1)


@pytest.mark.parametrize(("minutes", "share"), quick([(1, 0.0), (2, 0.0), (3, 0.04), (60, 0.04)], 2))
def test_loss_that_is_regained_counts_where_it_lasted(minutes: int, share: float) -> None:
    prices = mids(lambda n: "96" if 900 <= n < 900 + minutes else "100")
    found = caps(day(fills=trade("10"), mids=prices, positions=[holding("10", mark="100")]))
    assert found["daily_loss_share"] == pytest.approx(share, abs=1e-9)


def test_loss_of_the_last_minute_is_the_days() -> None:
    prices = mids(lambda n: "96" if n == 1439 else "100")
    found = caps(day(fills=trade("10"), mids=prices))
    assert found["daily_loss_share"] == pytest.approx(0.04)


@pytest.mark.slow
def test_bad_tick_now_is_no_loss_while_the_day_goes_on() -> None:
    rows: dict[str, Any] = {"fills": trade("10"), "mids": mids(lambda n: "50" if n >= 900 else "100")}
    at = START + 900 * MINUTE
    assert caps(day(as_of=at, **rows))["daily_loss_share"] == pytest.approx(0, abs=1e-9)
    assert caps(day(as_of=at + 2 * MINUTE, **rows))["daily_loss_share"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("amount", "at", "loss", "share"),
    quick(
        [
            # 1,000 came in before the loss of 50: it is no gain, and no capital that the day began with.
            ("1000", 6, 50, 0.05),
            # 800 of 1,000 were taken out: 50 are a quarter of what was left.
            ("-800", 6, 50, 0.25),
            # What came the day before is capital of this day.
            ("1000", -6, 50, 0.025),
        ],
        1,
    ),
)
def test_transfer_is_no_gain_and_counts_as_capital_only_where_it_was_there(
    amount: str, at: int, loss: float, share: float
) -> None:
    moved = {
        "leg": "exchange",
        "ts": START + at * HOUR,
        "token": "USDT",
        "amount": Decimal(amount),
        "transfer_id": "1",
    }
    early = opened(opening=Opening(at=START - timedelta(hours=12), balance={"USDT": Decimal(1000)}))
    prices = mids(lambda n: "100" if n < 1200 else "95")
    found = caps(day(early, fills=trade("10"), mids=prices, transfers=[moved]))
    assert found["daily_loss_quote"] == pytest.approx(loss)
    assert found["daily_loss_share"] == pytest.approx(share)


def test_equity_at_the_start_has_what_was_moved_in_before() -> None:
    moved = {"leg": "exchange", "ts": START - HOUR, "token": "USDT", "amount": Decimal(500), "transfer_id": "1"}
    early = opened(opening=Opening(at=START - 2 * HOUR, balance={"USDT": Decimal(1000)}))
    found = caps(day(early, transfers=[moved]), "b1")
    assert found["equity_quote"] == 1500


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


@pytest.mark.parametrize("minutes", quick([0, 1, 2, 5], 2))
def test_early_in_a_day_the_account_is_as_it_was_seen_the_day_before(minutes: int) -> None:
    """A watch that looks just after midnight has few readings of the day, and no snapshot of it."""
    at, before = START + minutes * MINUTE, START - HOUR
    early = opened(opening=Opening(at=before - HOUR, balance={"USDT": Decimal(1000)}))
    rows: dict[str, Any] = {
        "fills": trade("2", at=before),
        "mids": [{**row, "ts": row["ts"] - 2 * HOUR} for row in mids("100", until=at + 2 * HOUR)],
        "positions": [holding("2", mark="100", at=before + MINUTE)],
        "balances": [balance("USDT", "1000", at=before + MINUTE)],
    }
    assert acted(day(early, as_of=at, **rows)) == []


def test_negative_equity_has_no_share() -> None:
    found = day(opened(capital="-5"))
    assert caps(found)["daily_loss_share"] is None
    assert "no share of it exists" in reasons(found)["daily_loss_share"]


def test_book_that_lost_all_is_beyond_every_bound_and_never_without_one() -> None:
    found = caps(day(fills=trade("10"), mids=mids(lambda n: "100" if n < 1200 else "0.5")))
    assert found["daily_loss_share"] == pytest.approx(0.995)
    lost = caps(day(fills=trade("30"), mids=mids(lambda n: "100" if n < 1200 else "50")))
    assert lost["daily_loss_share"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("rows", "said"),
    quick(
        [
            ({"fills": trade("10"), "mids": mids("100", until=NOON)}, "no mid of the 5 minutes before"),
            ({"fills": trade("10"), "mids": []}, "no mid of the 5 minutes before"),
            (
                {"balances": [balance("BGB", "12.5")]},
                "holds 12.5 BGB, and no bot observes its price in USDT; add it to [risk.prices]",
            ),
            ({"balances": [balance("USDC", "-300")]}, "holds -300 USDC"),
            ({"balances": []}, "no balances of the account of b1 are on record"),
        ],
        2,
    ),
)
def test_book_with_something_unknown_has_no_value(rows: dict[str, Any], said: str) -> None:
    found = day(**rows)
    got = caps(found)
    assert {got[name] for name in ("daily_loss_share", "drawdown_share", "leverage", "concentration_share")} == {None}
    assert said in reasons(found)["leverage"]


def test_one_unknown_bot_leaves_the_whole_book_without_a_value() -> None:
    of = desk(opened(), bot("b2", opening=None))
    found = day(of, mids=mids("100"))
    assert caps(found)["daily_loss_share"] is None
    assert "b2" in reasons(found)["daily_loss_share"]


def test_other_assets_are_exposures_and_debts_are_less_capital() -> None:
    """5 ETH at 10 beside, and 300 USDC owed: 1,000 - 300 of capital; 50 + 300 of exposure."""
    balances = [balance(token, total) for token, total in (("ETH", "5"), ("USDC", "-300"), ("USDT", "1000"))]
    of = with_risk(desk(opened()), prices={"ETH": 10, "USDC": 1})
    found = day(of, balances=balances, mids=mids("100"))
    assert caps(found)["gross_exposure_quote"] == pytest.approx(350)
    assert caps(found)["leverage"] == pytest.approx(0.5)
    assert "capital 700.00" in reasons(found)["leverage"]


def test_peak_of_one_bad_tick_is_no_high_water_mark() -> None:
    prices = mids(lambda n: "200" if n == 900 else "100")
    found = caps(day(fills=trade("10"), mids=prices))
    assert found["drawdown_share"] == pytest.approx(0, abs=1e-9)
    prices = mids(lambda n: "110" if 900 <= n < 960 else "100")
    assert caps(day(fills=trade("10"), mids=prices))["drawdown_share"] == pytest.approx(100 / 1100)


@pytest.mark.parametrize(("mark", "share"), quick([("100", 0.0), ("90", 0.1), ("110", 0.1)], 1))
def test_venue_and_mids_must_agree_on_what_positions_are_worth(mark: str, share: float) -> None:
    found = day(fills=trade("10"), mids=mids("100"), positions=[holding("10", mark=mark)])
    assert caps(found, "b1")["valuation_gap_share"] == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(
    ("positions", "said"),
    [([], "no snapshot of the account"), ([holding("10")], "no mark of the venue")],
)
def test_what_the_venue_does_not_value_has_no_gap(positions: list[dict[str, Any]], said: str) -> None:
    found = day(fills=trade("10"), mids=mids("100"), positions=positions)
    assert caps(found, "b1")["valuation_gap_share"] is None
    assert said in reasons(found, "b1")["valuation_gap_share"]


def test_what_spot_holds_has_no_mark_to_compare_with() -> None:
    found = caps(day(opened(connector="binance"), fills=trade("5"), mids=mids("100")), "b1")
    assert "valuation_gap_share" not in found
    assert found["exposure_quote"] == pytest.approx(500)


@pytest.mark.slow
def test_time_without_a_price_and_a_silent_bot() -> None:
    gap = [row for row in mids("100") if not START + 13 * HOUR < row["ts"] < START + 14 * HOUR]
    found = caps(day(fills=trade("10"), mids=gap), "b1")
    # The mid of 13:00 is good for 5 minutes.
    assert found["unvalued_min"] == pytest.approx(54, abs=1)
    assert found["record_age_min"] == pytest.approx(1)
    silent = caps(day(fills=trade("1"), mids=mids("100", until=END - 2 * HOUR)), "b1")
    assert silent["record_age_min"] == pytest.approx(121)
    assert caps(day(), "b1")["record_age_min"] is None


OTHER = {
    "paper": ({"mode": Mode.PAPER}, {}, 1),
    "testnet": ({"mode": Mode.TESTNET}, {}, 1),
    "paper with a real one too": (
        {
            "mode": Mode.PAPER,
            "connector": "binance_perpetual",
            "connectors": ["binance_paper_trade", "binance_perpetual"],
        },
        {},
        1,
    ),
    "paper by name": ({"mode": Mode.PAPER, "connector": "bitget_paper_trade"}, {}, 0),
    "testnet by name": ({"mode": Mode.TESTNET, "connector": "binance_perpetual_testnet"}, {}, 0),
    "disabled": ({"mode": Mode.DISABLED}, {}, 0),
    "disabled and trading": ({"mode": Mode.DISABLED}, {"fills": trade("1", name="b2")}, 1),
    "disabled and holding": ({"mode": Mode.DISABLED}, {"positions": [holding("3", name="b2")]}, 1),
    "disabled and flat": ({"mode": Mode.DISABLED}, {"positions": [holding("0", name="b2")]}, 0),
}


@pytest.mark.parametrize(("of", "rows", "count"), quick(OTHER.values(), 3), ids=OTHER)
def test_real_money_outside_the_book(of: dict[str, Any], rows: dict[str, Any], count: int) -> None:
    there = desk(opened(), opened("b2", **of))
    assert caps(day(there, **rows))["outside_money"] == count


@pytest.mark.slow
def test_one_account_under_two_names() -> None:
    there = desk(opened(), opened("b2"))
    mine = [{**row, "path": "b1/my_trades"} for row in trade("1")]
    same = [{**row, "bot": "b2", "path": "b2/my_trades"} for row in mine]
    other = [{**row, "trade_id": "another"} for row in same]
    rows: dict[str, Any] = {"mids": joined(mids("100"), mids("100", "b2"))}
    assert caps(day(there, fills=joined(mine, same), **rows))["shared_fills"] == 1
    assert caps(day(there, fills=joined(mine, other), **rows))["shared_fills"] == 0
    assert caps(day(there, **rows))["shared_fills"] is None
    fuller = [{**row, "fee_token": "USDT"} for row in mine]
    assert shared_fills(day(there, fills=joined(mine, fuller), **rows)).sample == 1
