"""What is at stake: one loss once, the losses of several bots together, and nothing where nobody can say it."""

from collections.abc import Sequence

import polars as pl
import pytest

from deskgate.case.metric_spec import PORTFOLIO
from deskgate.gates.bounds import Bounds
from deskgate.gates.evaluation import Status, Verdict
from deskgate.reports.stakes import Stake, stake_of
from desks import case
from reports.views.test_portfolio_risk import assessed
from verdicts import verdict


def cap(subject: str, observed: float, unit: str = "quote") -> tuple[Verdict, Bounds]:
    over = verdict(Status.FAIL, gate="portfolio_risk", subject=subject, observed=observed, unit=unit)
    return over, Bounds(metric="daily_loss_quote", max_value=100)


@pytest.mark.parametrize(
    ("over", "at_stake"),
    [
        ([], Stake()),
        ([("b1", 300)], Stake(200)),
        ([("b1", 300), ("b1", 150)], Stake(200)),
        ([("b1", 300), ("b2", 400)], Stake(500)),
        ([("b1", 300), ("b2", 400), (PORTFOLIO, 350)], Stake(500)),
        ([("b1", 300), (PORTFOLIO, 650)], Stake(550)),
        ([("b1", 300), ("b2", 400, "of equity")], Stake(None, "unknown, for the equity is unknown")),
    ],
)
def test_bots_add_up_and_two_caps_on_one_loss_do_not(over: Sequence[tuple[str, float]], at_stake: Stake) -> None:
    assert stake_of(assessed(case()), [cap(*each) for each in over], pl.DataFrame(), "USDT") == at_stake
