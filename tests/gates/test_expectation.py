"""Great Expectations and the evaluation without it agree. The one test that imports it: that takes seconds."""

from collections import defaultdict
from collections.abc import Mapping

import pytest

from deskgate.case.metric_spec import MetricSpec
from deskgate.gates.evaluation import Status, evaluate_subjects
from deskgate.gates.suites import TYPE
from entries import ENTRIES, SUITES_BY_GATE, decisive, metrics, metrics_of

# It warns about its own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def judged(_gate: str, spec: MetricSpec, measured: Mapping[tuple[str, str], float | None]) -> list[str]:
    """Return the subjects that have a row of the metric, and one that has none."""
    return [*sorted(subject for name, subject in measured if name == spec.name), "without a row"]


def test_great_expectations_agrees_on_every_entry() -> None:
    from deskgate.gates.expectation import ExpectMetricWithinBounds, validate

    assert ExpectMetricWithinBounds.expectation_type == TYPE
    # A subject for each value that decides: all of them are in one batch.
    values = {
        (gate, f"value {number}", name): value
        for (gate, name), found in decisive().items()
        for number, value in enumerate(found)
    }
    seen = defaultdict(set)
    for frame in (metrics({}), metrics_of(values)):
        plain = evaluate_subjects(SUITES_BY_GATE, frame, judged)
        assert evaluate_subjects(SUITES_BY_GATE, frame, judged, evaluator=validate) == plain
        for verdict in plain:
            seen[verdict.gate, verdict.check].add(verdict.status)
    # The values decide each entry both ways.
    for gate, entry in ENTRIES:
        assert {Status.PASS, Status.INSUFFICIENT} <= seen[gate, entry.meta.entry]
        assert entry.meta.coverage or Status.FAIL in seen[gate, entry.meta.entry]
