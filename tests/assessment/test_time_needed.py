"""What is not decided says in about how many more hours it would be."""

import pytest

from checks.test_parity import two_days
from deskgate.assessment.time_needed import with_hours_needed
from deskgate.case.findings import metrics_frame
from deskgate.checks.parity import check
from deskgate.config.paths import SUITES
from deskgate.gates.suites import load_suites
from parity.trading_days import day, shadowed


def notes(mean: int) -> dict[str, str | None]:
    found = day(*shadowed(), rows=two_days(mean))
    metrics = metrics_frame("parity", check(found).metrics)
    added = with_hours_needed(metrics, found, load_suites(SUITES))
    assert added.drop("note").equals(metrics.drop("note"))
    return dict(added.select("metric", "note").iter_rows())


@pytest.mark.slow
def test_an_undecided_difference_says_how_long_it_takes_and_a_decided_one_does_not() -> None:
    undecided, decided = notes(-6), notes(-10)
    assert "more hours like these would decide" in (undecided["slippage_bps_soak_delta"] or "")
    assert "more hours" not in (undecided["slippage_bps_delta"] or "")
    assert "more hours" not in (decided["slippage_bps_soak_delta"] or "")
