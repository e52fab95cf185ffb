"""Great Expectations and the evaluation without it agree. The one test that imports it: that takes seconds."""

from collections import defaultdict

import pytest

from deskgate.gates.evaluation import Status, evaluate
from deskgate.gates.suites import TYPE
from entries import DESK, ENTRIES, turns

# It warns about its own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def test_great_expectations_agrees_on_every_entry() -> None:
    from deskgate.gates.expectation import ExpectMetricWithinBounds, validate

    assert ExpectMetricWithinBounds.expectation_type == TYPE
    seen = defaultdict(set)
    for suites, metrics in turns():
        plain = evaluate(suites, metrics, DESK)
        assert evaluate(suites, metrics, DESK, evaluator=validate) == plain
        for verdict in plain:
            seen[verdict.gate, verdict.check].add(verdict.status)
    # The frames decide each entry both ways.
    for gate, entry in ENTRIES:
        assert {Status.PASS, Status.INSUFFICIENT} <= seen[gate, entry.meta.entry]
        assert entry.meta.coverage or Status.FAIL in seen[gate, entry.meta.entry]
