"""Losses of the book by hand: what counts, what lasts, and what leaves the book without a value."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.case.findings import metrics_frame
from deskgate.checks import portfolio_risk
from deskgate.config.bot import Opening
from deskgate.config.paths import SUITES
from deskgate.controls.breaches import breaches_of
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import load_suites
from desks import END, NOON, START, bot, desk
from portfolio.books import HOUR, MINUTE, balance, caps, day, holding, mids, opened, reasons, trade
from tiers import quick


def acted(of: Case) -> list[str]:
    """Return the entries that call for an action."""
    gate = {"portfolio_risk": load_suites(SUITES)["portfolio_risk"]}
    metrics = metrics_frame("portfolio_risk", portfolio_risk.check(of).metrics)
    specs = {"portfolio_risk": {spec.name: spec for spec in portfolio_risk.METRICS}}
    judged = [each for each in gate["portfolio_risk"].expectations if each.kwargs.metric in specs["portfolio_risk"]]
    mine = {"portfolio_risk": gate["portfolio_risk"].model_copy(update={"expectations": judged})}
    return [each.entry for each in breaches_of(mine, evaluate(mine, metrics, of.desk, specs=specs), of.desk, of.day)]


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


def test_peak_of_one_bad_tick_is_no_high_water_mark() -> None:
    prices = mids(lambda n: "200" if n == 900 else "100")
    found = caps(day(fills=trade("10"), mids=prices))
    assert found["drawdown_share"] == pytest.approx(0, abs=1e-9)
    prices = mids(lambda n: "110" if 900 <= n < 960 else "100")
    assert caps(day(fills=trade("10"), mids=prices))["drawdown_share"] == pytest.approx(100 / 1100)


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
