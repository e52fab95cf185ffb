"""Which entries are calibrated: no rule, no limit, no schedule, no measure of evidence."""

import pytest

from deskgate.gates.calibration.kinds import not_calibrated
from entries import ENTRIES


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("reconciliation#wrong_side", "a rule"),
        ("event_store#events", "a rule"),
        ("soak#soak_clean_h", "a rule"),
        ("policy#widest_bound", "a rule"),
        ("reconciliation#drift_drill_age_h", "a schedule"),
        ("operations#alert_delivery_age_h", "a schedule"),
        ("portfolio_risk#leverage", "a limit"),
        ("parity#slippage_bps_delta_hard", "a limit"),
        ("parity#matched_share", "how much evidence"),
        ("parity#slippage_bps_delta", ""),
        ("event_store#gap_x", ""),
    ],
)
def test_kind_of_a_shipped_entry(entry: str, why: str) -> None:
    found = {f"{gate}#{each.meta.entry}": not_calibrated(gate, each) for gate, each in ENTRIES}[entry]
    assert found.startswith(why)
    assert bool(found) is bool(why)


def test_nothing_that_stops_acts_or_allows_none_is_calibrated() -> None:
    free = [each for gate, each in ENTRIES if not not_calibrated(gate, each)]
    assert free
    assert not any(each.meta.stop or each.meta.action or each.meta.coverage for each in free)
    assert not any(0 in (each.kwargs.min_value, each.kwargs.max_value) for each in free)
