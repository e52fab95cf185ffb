"""Which verdicts call for an action, and for whom."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from deskgate.case.findings import Metric, metrics_frame
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec
from deskgate.config.bot import Mode
from deskgate.controls.breaches import Breach, breaches_of
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import Suite
from deskgate.portfolio.book import THE_BOOK
from desks import DAY, bot, desk

DESK = desk(bot("a"), bot("b"), bot("p", Mode.PAPER), bot("t", Mode.TESTNET), bot("off", Mode.DISABLED))
SPECS = {
    "risk": {
        "loss": MetricSpec("loss", "share", THE_PORTFOLIO, "doc"),
        "age": MetricSpec("age", "min", THE_BOOK, "doc"),
    }
}


def entry(metric: str, action: str | None, applies_to: str) -> dict[str, Any]:
    meta = {"entry": metric, "title": f"The {metric}", "why": "w", "what_to_do": "d", "stop": action != "reduce"}
    return {
        "type": "expect_metric_within_bounds",
        "severity": "critical",
        "kwargs": {"metric": metric, "max_value": 1},
        "meta": {**meta, "action": action, "applies_to": applies_to},
    }


SUITES = {
    "risk": Suite.model_validate(
        {
            "name": "risk",
            "meta": {"title": "Risk", "notebook": "05"},
            "expectations": [entry("loss", "kill_switch", "book"), entry("age", "soft_pause", "bot")],
        }
    )
}


def found(values: Mapping[tuple[str, str], float | None]) -> list[Breach]:
    metrics: pl.DataFrame = metrics_frame(
        "risk", [Metric(who, name, value, 1) for (who, name), value in values.items()]
    )
    return breaches_of(SUITES, evaluate(SUITES, metrics, DESK, specs=SPECS), DESK, DAY)


FINE: dict[tuple[str, str], float | None] = {(PORTFOLIO, "loss"): 0, ("a", "age"): 0, ("b", "age"): 0}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (FINE, []),
        ({**FINE, (PORTFOLIO, "loss"): 1}, []),
        ({**FINE, (PORTFOLIO, "loss"): 2}, [("kill_switch", "portfolio", ("a", "b"), True)]),
        ({**FINE, (PORTFOLIO, "loss"): None}, [("kill_switch", "portfolio", ("a", "b"), False)]),
        ({**FINE, ("b", "age"): 2}, [("soft_pause", "b", ("b",), True)]),
        (
            {**FINE, ("b", "age"): None, ("a", "age"): 2, (PORTFOLIO, "loss"): 2},
            [
                ("kill_switch", "portfolio", ("a", "b"), True),
                ("soft_pause", "a", ("a",), True),
                ("soft_pause", "b", ("b",), False),
            ],
        ),
        (
            {},
            [
                ("kill_switch", "portfolio", ("a", "b"), False),
                ("soft_pause", "a", ("a",), False),
                ("soft_pause", "b", ("b",), False),
            ],
        ),
    ],
)
def test_breach_is_for_the_live_bots_that_its_entry_names(
    values: dict[tuple[str, str], float | None], expected: list[tuple[str, str, tuple[str, ...], bool]]
) -> None:
    assert [(each.action, each.subject, each.bots, each.is_known) for each in found(values)] == expected


def test_breach_says_which_verdict_it_is() -> None:
    (one,) = found({**FINE, ("a", "age"): 2})
    assert (one.verdict_id, one.title) == (f"{DAY.isoformat()}:risk:age:a", "The age")
    assert "bound <= 1" in one.reason
