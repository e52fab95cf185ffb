"""What other suites would have said of a day: which verdicts and decisions flip, and which HOLD was a false one."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from deskgate.gates.backtest import Flip, RecordedDay, ReplayedDay, compare_day, explain_holds, same_entries
from deskgate.gates.evaluation import Status, Verdict
from entries import SUITES_BY_GATE
from verdicts import verdict

DAY = date(2026, 5, 4)
PASS, FAIL, NONE, WAIVED = Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.WAIVED


def recorded(*verdicts: Verdict, decision: str = "HOLD", after: int = 0, **options: Any) -> RecordedDay:
    return RecordedDay(DAY + timedelta(days=after), decision, verdicts, **options)


@pytest.mark.parametrize(
    ("day", "now", "expected"),
    [
        (recorded(verdict(FAIL)), [verdict()], "GO"),
        (recorded(verdict(), decision="GO"), [verdict(FAIL)], "HOLD"),
        (recorded(verdict(), decision="GO"), [verdict(FAIL, stop=True)], "STOP"),
        (recorded(verdict(), decision="GO"), [verdict(NONE)], "HOLD"),
        (recorded(verdict(FAIL), failures=("02_event_store",)), [verdict()], "HOLD"),
        (recorded(verdict(FAIL), provisional=True), [verdict()], "HOLD"),
        (recorded(verdict(), awaits=True), [verdict()], "HOLD"),
        (recorded(verdict(), awaits=True), [verdict(FAIL, stop=True)], "STOP"),
        (recorded(verdict(FAIL)), [verdict(severity="warning")], "HOLD"),
        (recorded(verdict(FAIL)), [], "HOLD"),
    ],
)
def test_decision_under_other_suites(day: RecordedDay, now: list[Verdict], expected: str) -> None:
    assert compare_day(day, now).decision == expected


def test_verdicts_that_flip_say_before_and_now() -> None:
    before = [verdict(FAIL, bound="<= 1"), verdict(check="same"), verdict(check="gone"), verdict(check="severity")]
    now = [
        verdict(bound="<= 2"),
        verdict(check="same"),
        verdict(NONE, check="new"),
        verdict(check="severity", severity="info"),
    ]
    flips = compare_day(recorded(*before), now).flips
    assert [(each.check, each.before, each.now) for each in flips] == [
        ("c", "FAIL (<= 1)", "PASS (<= 2)"),
        ("gone", "PASS (<= 1)", "not judged"),
        ("severity", "PASS (<= 1), critical", "PASS (<= 1), info"),
        ("new", "not judged", "INSUFFICIENT (<= 1)"),
    ]
    assert flips[0] == Flip("g", "c", "b1", "FAIL (<= 1)", "PASS (<= 2)", 1.0, "")


@pytest.mark.parametrize(
    ("same", "stop", "expected"), [({("g", "c")}, False, WAIVED), (set(), False, FAIL), ({("g", "c")}, True, FAIL)]
)
def test_waiver_holds_for_the_entry_that_was_waived_unless_it_is_a_stop(
    same: set[tuple[str, str]], stop: bool, expected: Status
) -> None:
    day = recorded(verdict(WAIVED, waiver="w1"), decision="GO")
    found = compare_day(day, [verdict(FAIL, stop=stop)], same).verdicts[0]
    assert (found.status, found.waiver) == (expected, "w1" if expected is WAIVED else "")


@pytest.mark.parametrize(
    ("place", "changes", "same"),
    [
        ("meta", {"title": "another title"}, True),
        ("kwargs", {"max_value": 7.0}, False),
        ("kwargs", {"min_sample": 5}, False),
        ("kwargs", {"whole_interval": True}, False),
        ("kwargs", {"metric": "coverage_h"}, False),
        ("meta", {"stop": True}, False),
        ("meta", {"action": "reduce"}, False),
        ("entry", {"severity": "info"}, False),
    ],
)
def test_entry_is_the_same_where_all_but_its_texts_is(place: str, changes: dict[str, Any], same: bool) -> None:
    suite = SUITES_BY_GATE["event_store"]
    entry = next(each for each in suite.expectations if each.meta.entry == "gap_x")
    part = entry if place == "entry" else getattr(entry, place)
    part = part.model_copy(update=changes)
    other = part if place == "entry" else entry.model_copy(update={place: part})
    before, now = ({"event_store": suite.model_copy(update={"expectations": [each]})} for each in (entry, other))
    assert same_entries(before, now) == ({("event_store", "gap_x")} if same else set())
    assert same_entries({}, now) == set()


def freed(blocker: Sequence[Verdict], *after: RecordedDay) -> ReplayedDay:
    """Return how a HOLD by some blockers that would be GO is explained by the days after it."""
    days = [recorded(*blocker), *after]
    return explain_holds([compare_day(day, [verdict()]) for day in days])[0]


@pytest.mark.parametrize(
    ("blocker", "after", "words"),
    [
        ([verdict(NONE)], [recorded(verdict(), after=1)], "had too little evidence"),
        ([verdict(FAIL)], [], "2026-05-05 is not among the days"),
        ([verdict(FAIL)], [recorded(verdict(), after=2)], "2026-05-05 is not among the days"),
        ([verdict(FAIL)], [recorded(verdict(FAIL), after=1)], "g#c of b1 was FAIL on 2026-05-05"),
        (
            [verdict(FAIL)],
            [recorded(verdict(), after=1), recorded(verdict(NONE), after=3)],
            "INSUFFICIENT on 2026-05-07",
        ),
        ([verdict(FAIL)], [recorded(verdict(WAIVED), after=1)], "was WAIVED"),
        ([verdict(FAIL)], [recorded(verdict(check="other"), after=1)], "not judged on 2026-05-05"),
        ([], [recorded(verdict(), after=1)], "nothing was judged"),
    ],
)
def test_hold_that_would_be_go_is_no_false_one(blocker: list[Verdict], after: list[RecordedDay], words: str) -> None:
    replayed = freed(blocker, *after)
    assert (replayed.decision, replayed.is_false_hold) == ("GO", False)
    assert replayed.hold.startswith("HOLD that would be GO")
    assert words in replayed.hold


def test_hold_whose_blockers_passed_on_the_days_after_it_is_false() -> None:
    later = recorded(verdict(FAIL), after=4)
    replayed = freed([verdict(FAIL)], recorded(verdict(), after=1), recorded(verdict(), after=3), later)
    assert replayed.hold == "false HOLD: g#c of b1 passed on the 2 days after it"
    assert replayed.is_false_hold


def test_day_that_stays_on_hold_and_a_stop_are_not_explained() -> None:
    stop = compare_day(recorded(verdict(FAIL, stop=True), decision="STOP"), [verdict()])
    hold = compare_day(recorded(verdict(FAIL), after=1), [verdict(FAIL)])
    assert [(each.hold, each.is_false_hold) for each in explain_holds([stop, hold])] == [("", False)] * 2
