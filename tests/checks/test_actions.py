"""Actions without a receipt, and the age of the drills of controls."""

import json
from datetime import timedelta
from typing import Any

import pytest

from deskgate.checks import actions, drills
from desks import END, NOON, case, values


def row(kind: str, event_id: str = "e1", **content: Any) -> dict[str, Any]:
    body = json.dumps({"event_id": event_id, **content})
    return {"kind": kind, "event_id": event_id, "content": body, "effective_at": NOON, "recorded_at": NOON}


def intent(*bots: str, event_id: str = "e1") -> dict[str, Any]:
    about = {"action": "kill_switch", "entry": "daily_loss", "issued_at": "2026-05-04T12:00:00Z"}
    return row("intent", event_id, bots=list(bots), **about)


def receipt(bot: str, event_id: str = "e1", *, is_complete: bool = True) -> dict[str, Any]:
    return row("receipt", event_id, bot=bot, is_complete=is_complete)


SENT = row("sent", bot="b1", sink="mqtt", outcome="delivered")
ACKNOWLEDGED = row("acknowledged", bot="b1", sink="mqtt")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], 0),
        ([intent("b1")], 1),
        # What was answered was not seen.
        ([intent("b1"), SENT, ACKNOWLEDGED], 1),
        ([intent("b1"), receipt("b1", is_complete=False)], 1),
        ([intent("b1"), receipt("b1")], 0),
        ([intent("b1", "b2"), receipt("b1")], 1),
        ([intent("b1", "b2"), receipt("b1"), receipt("b2")], 0),
        ([intent("b1"), receipt("b1", "e2"), intent("b1", event_id="e3")], 2),
        ([intent("b1"), row("override", "e2"), intent("b1", event_id="e2")], 1),
    ],
)
def test_only_a_receipt_for_each_bot_closes_an_action(rows: list[dict[str, Any]], expected: int) -> None:
    found = actions.check(case(actions=rows)).metrics
    assert values(found, "portfolio") == {"open_actions": expected}
    assert (found[0].note is None) is (expected == 0)


def test_empty_store_does_not_say_that_nothing_is_open() -> None:
    assert values(actions.check(case(sources=[])).metrics, "portfolio") == {"open_actions": None}


def test_note_names_what_is_open() -> None:
    (found,) = actions.check(case(actions=[intent("b1", "b2", "b3", "b4")])).metrics
    assert found.note is not None
    assert "kill_switch of b1 for daily_loss, 2026-05-04T12:00:00Z" in found.note
    assert "and 1 more" in found.note


@pytest.mark.parametrize("drill", [drills.BREACH, drills.KILL])
def test_each_drill_of_controls_has_an_age_of_its_own(drill: str) -> None:
    at = END - timedelta(hours=3)
    ran = {"drill": drill, "passed": True, "evidence": "{}", "effective_at": at, "recorded_at": at}
    found = values(drills.check_controls(case(drills=[ran])).metrics, "portfolio")
    assert found == {name: 3.0 if name.startswith(drill) else None for name in found}
    assert len(found) == 2
