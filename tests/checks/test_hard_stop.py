"""What a bot did after its controllers said that they had stopped."""

from datetime import timedelta
from typing import Any

import pytest

from deskgate.case.findings import Metric
from deskgate.checks.hard_stop import check
from desks import END, NOON, START, case, fill

LOG = "logs/b1_a/minute.csv"


def minutes(*states: str, path: str = LOG, first: int = 0) -> list[dict[str, Any]]:
    """Return one record a minute from noon on."""
    return [
        {"ts": NOON + timedelta(minutes=first + n), "state": state, "path": path, "pair": "BTC-USDT"}
        for n, state in enumerate(states)
    ]


def after(seconds: float, leg: str = "local") -> dict[str, Any]:
    return fill(leg, f"t{seconds}", ts=NOON + timedelta(seconds=seconds))


def measured(rows: list[dict[str, Any]], **more: Any) -> Metric:
    (found,) = check(case(snapshots=rows, **more)).metrics
    return found


STOPPED = minutes("running", "HARD_STOP", "hard_stop", "hard_stop", "running")


@pytest.mark.parametrize(
    ("fills", "took"),
    [
        ([], 0),
        ([after(59.9), after(241)], 0),
        ([after(60)], 0),
        ([after(75)], 15),
        ([after(75), after(200, "exchange"), after(90)], 140),
    ],
)
def test_time_to_stop_is_to_the_last_fill_within_the_stop(fills: list[dict[str, Any]], took: float) -> None:
    found = measured(STOPPED, fills=fills)
    assert (found.value, found.sample) == (took, 1)


def test_order_made_in_a_hard_stop_counts_as_a_fill_does() -> None:
    order = {"created_ts": NOON + timedelta(seconds=130), "ts": NOON + timedelta(seconds=130), "order_id": "o1"}
    found = measured(STOPPED, orders=[order])
    assert found.value == 70
    assert "an order at" in str(found.note)


def test_of_several_stops_the_longest_counts_and_each_begins_anew() -> None:
    rows = minutes("hard_stop", "running", "kill_switch", "kill_switch")
    found = measured(rows, fills=[after(10), after(175)])
    assert (found.value, found.sample) == (55, 2)


def test_bot_has_stopped_when_all_of_its_controllers_have() -> None:
    other = minutes("running", "running", "running", "hard_stop", "hard_stop", path="logs/b1_b/minute.csv")
    assert measured([*STOPPED, *other], fills=[after(150)]).value == 0
    assert measured([*STOPPED, *other], fills=[after(200)]).value == 20


def test_without_a_stop_nothing_was_late_and_without_records_nothing_is_known() -> None:
    found = measured(minutes("running", "running"), fills=[after(30)])
    assert (found.value, found.sample) == (0, 0)
    assert measured([], fills=[after(30)]).value is None


def test_record_without_a_state_leaves_no_value() -> None:
    rows = [*minutes("running"), {**minutes("running", first=1)[0], "state": None}]
    assert measured(rows, fills=[after(75)]).value is None


def test_stop_between_the_days_end_and_the_runs_instant_counts() -> None:
    morning = [{"ts": END + timedelta(hours=n), "state": "hard_stop", "path": LOG, "pair": "BTC-USDT"} for n in (1, 2)]
    late = fill("local", "t9", ts=END + timedelta(hours=1, minutes=10))
    running = {"ts": START, "state": "running", "path": LOG, "pair": "BTC-USDT"}
    (found,) = check(case(as_of=END + timedelta(hours=3), snapshots=[running, *morning], fills=[late])).metrics
    assert found.value == 600
