"""Which hard stops an incident answers, and which papers answer none."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from desks import END, START, bot, case, desk

HOUR = timedelta(hours=1)


def steps(
    opened: float = 11,
    closed: float = 20,
    *,
    title: str = "b1 stopped hard: margin call",
    owner: str = "bob",
    by: tuple[str, str] = ("ann", "bob"),
    entered: datetime | None = None,
    conditions: list[list[str]] | None = None,
    files: int = 1,
) -> list[dict[str, Any]]:
    """Return the opening and the close of an incident, at hours of the day."""
    told: dict[str, Any] = {"owner": owner, "todo": "", "day": None, "conditions": conditions or []}
    content = {"open": told, "close": {"evidence": [{"file": "note.md", "sha256": "0"}] * files}}
    return [
        {
            "incident_id": "i1",
            "step": step,
            "by": who,
            "text": title,
            "content": json.dumps(content[step]),
            "effective_at": START + hour * HOUR,
            "recorded_at": entered or START + hour * HOUR,
        }
        for step, who, hour in zip(("open", "close"), by, (opened, closed), strict=True)
    ]


def records(*stopped: tuple[float, float]) -> list[dict[str, Any]]:
    """Return half an hour's records of a day, in hard_stop from one hour to another."""
    return [
        {
            "ts": START + n * HOUR / 2,
            "path": "a/minute.csv",
            "state": "hard_stop" if any(begin <= n / 2 < end for begin, end in stopped) else "running",
        }
        for n in range(48)
    ]


def unexplained(incidents: list[dict[str, Any]], *stopped: tuple[float, float]) -> Metric:
    found = check(case(incidents=incidents, snapshots=records(*(stopped or [(10, 12)])))).metrics
    return next(metric for metric in found if metric.metric == "unexplained_hard_stops")


def test_stop_that_somebody_owned_and_another_one_saw_over_is_explained() -> None:
    got = unexplained(steps())
    assert (got.value, got.note) == (0, "1 of 1 hard stops are explained")
    assert unexplained([]).value == 1


@pytest.mark.parametrize(
    ("incident", "why"),
    [
        (steps()[:1], "it is open"),
        (steps(title="the venue was down"), "it does not say of whom"),
        (steps(title="b1 lost money"), "it is of no stop"),
        (steps(title="b10 stopped hard"), "it is another bot's"),
        (steps(owner=" "), "it has no owner"),
        (steps(by=("ann", "Ann ")), "who opened it closed it"),
        (steps(files=0), "it was closed without evidence"),
        (steps(opened=9), "it was there before the stop"),
        (steps(closed=11.5), "the bot was still stopped when it was closed"),
        (steps(entered=END + HOUR), "it was entered after the decision and dated back"),
        (steps(conditions=[["soak", "unexplained_hard_stops", "b1"]], owner="no owner yet"), "a STOP opened it"),
    ],
)
def test_what_answers_no_stop(incident: list[dict[str, Any]], why: str) -> None:
    assert unexplained(incident).value == 1, why


@pytest.mark.parametrize(
    ("name", "title", "left"),
    [
        ("desk one.a", "desk one.a stopped hard: margin call", 0),
        ("desk one.a", "kill of (desk one.a)", 0),
        ("desk one.a", "desk oneXa stopped hard", 1),
        ("one", "one-two stopped hard", 1),
        # Another bot of the desk.
        ("one", "one.b stopped hard", 1),
        ("one", "one and one.b stopped hard", 0),
        ("stop", "stop was killed", 0),
        ("stop", "stop lost money", 1),
    ],
)
def test_title_names_a_bot_of_any_name(name: str, title: str, left: int) -> None:
    rows = [{**row, "bot": name} for row in records((10, 12))]
    found = check(case(desk(bot(name), bot("one.b")), incidents=steps(title=title), snapshots=rows)).metrics
    got = {metric.subject: metric.value for metric in found if metric.metric == "unexplained_hard_stops"}
    assert got[name] == left


def test_one_incident_answers_one_stop() -> None:
    assert unexplained(steps(opened=16), (4, 5), (10, 12), (14, 15)).value == 2
    # What comes after it is another one.
    assert unexplained(steps(), (10, 12), (14, 15)).value == 1


@pytest.mark.parametrize(("opened", "left"), [(10, 0), (18, 0), (18.5, 1)])
def test_incident_is_opened_within_a_day_of_the_stop(opened: float, left: float) -> None:
    night = [{**row, "ts": row["ts"] - 24 * HOUR} for row in records((18, 24))]
    found = check(case(incidents=steps(opened=opened), snapshots=night + records((0, 2)))).metrics
    assert next(metric for metric in found if metric.metric == "unexplained_hard_stops").value == left
