"""Metrics over several days: sums of sums, and the worst there was."""

from collections.abc import Mapping
from typing import Any

import pytest

from deskgate.gates.ladder.days import Kind
from deskgate.gates.ladder.figures import METRICS, Figure, figures_of
from deskgate.gates.ladder.worth import drawdown_share, returns, unknown_worth
from ladder_days import FIRST, RULES, days, row


def _figure(metric: str, *rows: Mapping[str, Any]) -> Figure:
    made = [each for number, of in enumerate(rows) for each in days(*[Kind.COUNTS] * (number + 1), **of)[-1:]]
    return figures_of(made, FIRST, made[-1].day, RULES, list(METRICS))[metric]


def test_ratio_is_of_sums_and_not_a_mean_of_ratios() -> None:
    small = {"maker_share_num": 10.0, "maker_share_den": 10.0, "maker_share_of": 10.0}
    assert _figure("maker_share", {}, small).value == pytest.approx(610 / 1010)


def test_percentile_weighs_a_day_by_its_fills() -> None:
    dear = {"slippage_bps": [30.0, 40.0], "slippage_p95_bps_den": 4.0, "slippage_p95_bps_of": 4.0}
    assert _figure("slippage_p95_bps", {}, dear) == Figure(30.0, 54)
    assert (
        _figure("slippage_p95_bps", {}, {**dear, "slippage_p95_bps_den": 2.0, "slippage_p95_bps_of": 2.0}).value == 1.0
    )


def test_percentile_of_one_day_is_that_of_its_values() -> None:
    values = {"slippage_bps": [float(each) for each in range(1, 101)], "slippage_p95_bps_den": 100.0}
    assert _figure("slippage_p95_bps", {**values, "slippage_p95_bps_of": 100.0}).value == 95.0


def test_fall_over_days_is_one_drawdown() -> None:
    falls = [row(worth_start=1000.0 - 10 * n, worth_end=990.0 - 10 * n, worth_low=990.0 - 10 * n) for n in range(3)]
    falls = [each | {"worth_high": each["worth_start"], "equity_low": each["worth_low"]} for each in falls]
    assert drawdown_share(falls) == pytest.approx(30 / 1000)


def test_loss_of_a_day_that_is_not_on_record_shows_in_the_next_one() -> None:
    first = row(worth_start=1000.0, worth_end=1000.0, worth_low=1000.0, worth_high=1000.0)
    later = row(
        worth_start=950.0, worth_end=950.0, worth_low=950.0, worth_high=950.0, equity_start=950.0, equity_low=950.0
    )
    assert drawdown_share([first, later]) == pytest.approx(0.05)
    assert returns([first, later]) == pytest.approx([0.0, -50 / 950])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no day"),
        ([row(), row(opened_quote=5.0)], "opening"),
        ([row(), row(worth_end=None, worth_why="no mid")], "the last day has no value of the account: no mid"),
        ([row(worth_end=None, worth_why="no mid"), row()], "only 1 of 2 days"),
        ([row(equity_start=0.0)], "without equity"),
        ([row(), row()], ""),
    ],
)
def test_worth_that_does_not_add_up(rows: list[dict[str, Any]], words: str) -> None:
    why = unknown_worth(rows, 0.95, len(rows))
    assert words in why
    assert bool(why) is bool(words)


def test_no_day_on_record_has_no_figure() -> None:
    found = figures_of(days(Kind.ABSENT), FIRST, FIRST, RULES, list(METRICS))
    assert {name for name, figure in found.items() if figure.value is not None} == {
        "days",
        "trading_days",
        "calendar_days",
    }
