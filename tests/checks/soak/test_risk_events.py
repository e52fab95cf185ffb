"""Kills, audits and risk actions in the stream, and the hard stops that a record explains."""

import json
from datetime import timedelta
from typing import Any

import pytest

from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from desks import NOON, START, case, sources

NAMES = ("kill_events", "critical_audits", "error_audits", "risk_actions_per_h")


def event(kind: str, at_min: float = 0, **payload: Any) -> dict[str, Any]:
    told = {"leg": "events", "ts": NOON + timedelta(minutes=at_min), "event_id": f"{kind}{at_min}", "event_type": kind}
    return {**told, "id_derived": False, "payload": json.dumps(payload)}


def measured(**rows: Any) -> dict[str, Metric]:
    return {metric.metric: metric for metric in check(case(**rows)).metrics}


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("risk_decision", {"decision": "allow"}, (0, 0, 0, 0)),
        ("risk_decision", {"action": "kill_switch"}, (1, 0, 0, 1)),
        ("risk_decision", {"decision": "allow", "action": "KILL-SWITCH"}, (1, 0, 0, 1)),
        ("execution_intent", {"action": "Hard Stop"}, (1, 0, 0, 1)),
        ("execution_intent", {"action": "soft_pause"}, (0, 0, 0, 1)),
        ("execution_intent", {"action": "resume"}, (0, 0, 0, 0)),
        ("execution_intent", {"action": "no such word"}, (0, 0, 0, 1)),
        # What does not say what it is may be a kill.
        ("execution_intent", {}, (None, 0, 0, 1)),
        ("risk_decision", {"reason": "loss"}, (None, 0, 0, 1)),
        ("audit", {"severity": "info"}, (0, 0, 0, 0)),
        ("audit", {"severity": "WARNING"}, (0, 0, 0, 0)),
        ("audit", {"severity": "error"}, (0, 0, 1, 0)),
        ("audit", {"severity": "critical"}, (0, 1, 0, 0)),
        ("audit", {"severity": "panic"}, (0, 1, 0, 0)),
        ("audit", {}, (0, 1, 0, 0)),
        ("market_snapshot", {"action": "kill_switch"}, (0, 0, 0, 0)),
    ],
)
def test_what_an_event_counts_as(kind: str, payload: dict[str, Any], expected: tuple[float | None, ...]) -> None:
    got = measured(events=[event(kind, **payload)])
    assert [got[name].value for name in NAMES[:3]] == list(expected[:3])
    assert got[NAMES[3]].value == pytest.approx((expected[3] or 0) / 24)


def test_note_has_the_last_one_and_its_reason() -> None:
    rows = [event("risk_decision", at, action="kill_switch", reason=f"loss {at}") for at in (0, 5)]
    note = "the last at 2026-05-04 12:05 UTC: risk_decision kill_switch (loss 5)"
    assert measured(events=rows)["kill_events"].note == note


def test_bot_without_a_stream_has_no_value() -> None:
    got = measured(sources=sources("local"))
    assert {got[name].value for name in NAMES} == {None}


@pytest.mark.parametrize(
    ("kind", "at_min", "heard"),
    [
        ("heartbeat", 0, True),
        ("order_created", -12 * 60, True),
        ("heartbeat", -12 * 60 - 1, False),
        ("notice", 0, False),
    ],
)
def test_silent_stream_shows_no_absence_of_kills(kind: str, at_min: float, heard: bool) -> None:
    got = measured(events=[event(kind, at_min)])
    assert {got[name].value for name in NAMES} == ({0} if heard else {None})
    lacks = "the stream of b1 has no event or heartbeat since 2026-05-04 00:00 UTC"
    assert {got[name].note for name in NAMES} == ({None} if heard else {lacks})


def drill(at_min: float, bot: str = "b1", *, passed: bool = True, **evidence: Any) -> dict[str, Any]:
    at = NOON + timedelta(minutes=at_min)
    return {
        "drill": "kill",
        "passed": passed,
        "evidence": json.dumps({"bot": bot, **evidence}),
        "effective_at": at,
        "recorded_at": at,
    }


def action(at_min: float, bot: str = "b1", word: str = "kill_switch") -> dict[str, Any]:
    at = NOON + timedelta(minutes=at_min)
    content = json.dumps({"bots": [bot], "action": word})
    return {"event_id": "i", "kind": "intent", "content": content, "effective_at": at, "recorded_at": at}


@pytest.mark.parametrize(
    ("on_record", "kills", "unexplained"),
    [
        ({}, 1, 1),
        ({"drills": [drill(-1)]}, 0, 0),
        ({"drills": [drill(-1, "b2")]}, 1, 1),
        ({"drills": [drill(-16)]}, 1, 1),
        ({"drills": [drill(6)]}, 1, 1),
        # An action explains why the bot stopped, and the kill was a real one.
        ({"actions": [action(-1)]}, 1, 0),
        ({"actions": [action(-1, "b2")]}, 1, 1),
        # A pause or a reduction stops no bot for good.
        ({"actions": [action(-1, word="hard_stop")]}, 1, 0),
        ({"actions": [action(-1, word="soft_pause")]}, 1, 1),
        ({"actions": [action(-1, word="reduce")]}, 1, 1),
        # A drill that did not pass explains a stop where its receipt shows one.
        ({"drills": [drill(-1, passed=False)]}, 1, 1),
        ({"drills": [drill(-1, passed=False, receipt={"is_complete": False})]}, 1, 1),
        ({"drills": [drill(-1, passed=False, receipt={"is_complete": True})]}, 0, 0),
        # It began before it ended; one that has not ended explains nothing.
        ({"drills": [drill(-1, passed=False, intent={}), drill(7)]}, 0, 0),
        ({"drills": [drill(-1, passed=False, intent={})]}, 1, 1),
    ],
)
def test_drill_or_action_on_record_explains_a_stop(on_record: Any, kills: float, unexplained: float) -> None:
    minutes = [
        {"ts": NOON + timedelta(minutes=n), "path": "a/minute.csv", "state": "hard_stop" if n in (0, 1) else "running"}
        for n in range(-5, 5)
    ]
    got = measured(events=[event("execution_intent", action="kill_switch")], snapshots=minutes, **on_record)
    assert (got["kill_events"].value, got["unexplained_hard_stops"].value) == (kills, unexplained)
    assert got["hard_stop_min"].value == 2


@pytest.mark.parametrize(("days", "unexplained"), [(-1, 0), (-8, 1)])
def test_stop_that_began_before_the_records_is_explained_by_the_days_before(days: float, unexplained: float) -> None:
    rows = [{"ts": START, "path": "a/minute.csv", "state": "hard_stop"}]
    got = measured(snapshots=rows, actions=[action(days * 1440)])
    assert got["unexplained_hard_stops"].value == unexplained


def test_stop_whose_beginning_is_on_record_is_not_explained_by_the_days_before() -> None:
    def stopped(*hours: float) -> list[dict[str, Any]]:
        at = [(START + timedelta(hours=hour), hour) for hour in (-20.0, *hours)]
        return [
            {"ts": ts, "path": "a/minute.csv", "state": "running" if h in (-20, 6) else "hard_stop"} for ts, h in at
        ]

    meant = [action(-15 * 60)]
    found = [
        measured(snapshots=stopped(*hours), actions=meant)["unexplained_hard_stops"].value
        # Without the records of the night the stop is the same one.
        for hours in ((-1, 1, 5, 6), (-1, 5, 6), (-1, 6), (1, 5, 6))
    ]
    assert found == [1, 1, 1, 1]
