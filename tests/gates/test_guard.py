"""The guard, over every entry of every suite: only a value that is there, rests on a sample and is within bounds passes."""

import pytest

from deskgate.gates.evaluation import Status, evaluate
from deskgate.gates.suites import Entry
from entries import ABSENT, DESK, ENTRIES, SUITES_BY_GATE, Value, edges, metrics, name

BLOCKED = {Status.INSUFFICIENT}


def statuses(gate: str, entry: Entry, value: Value | None) -> set[Status]:
    """Return how one entry ends for all its subjects where each has this value; None: where none has a row."""
    only = SUITES_BY_GATE[gate].model_copy(update={"expectations": [entry]})
    rows = metrics({} if value is None else {(gate, entry.kwargs.metric): value})
    found = evaluate({gate: only}, rows, DESK)
    assert found
    return {verdict.status for verdict in found}


@pytest.mark.parametrize("item", ENTRIES, ids=name)
def test_entry_passes_only_on_a_value_within_bounds(item: tuple[str, Entry]) -> None:
    gate, entry = item
    enough = entry.kwargs.min_sample
    assert statuses(gate, entry, None) == BLOCKED
    assert all(statuses(gate, entry, (value, 10_000)) == BLOCKED for value in ABSENT)
    beyond = Status.INSUFFICIENT if entry.meta.coverage else Status.FAIL
    sides = edges(entry.kwargs)
    assert sides
    for value, passes in sides:
        assert statuses(gate, entry, (value, enough)) == {Status.PASS if passes else beyond}, value
        if enough:
            assert statuses(gate, entry, (value, enough - 1)) == BLOCKED


def test_every_entry_is_judged_of_somebody() -> None:
    verdicts = evaluate(SUITES_BY_GATE, metrics({}), DESK)
    assert {(item.gate, item.check) for item in verdicts} == {(gate, entry.meta.entry) for gate, entry in ENTRIES}
