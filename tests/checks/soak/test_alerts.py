"""Which alerts of the soak nobody got."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from deskgate.checks.operations import deliveries
from deskgate.checks.soak.check import check
from deskgate.config.desk import Alerts, Desk
from desks import END, bot, case

HOUR = timedelta(hours=1)
DESK = Desk(name="desk", bots={"b1": bot("b1")}, alerts=Alerts(urls=["json://127.0.0.1"]))
TAKEN, LOST = True, False


def sent(ok: bool, hours_before: float = 1, what: str = "the alert of a STOP", **more: str) -> dict[str, Any]:
    at, to = END - hours_before * HOUR, more.pop("to", "c1")
    told = {"kind": "delivery", "subject": to, "ok": ok, "content": json.dumps({"what": what, **more})}
    return {**told, "effective_at": at, "recorded_at": at}


def both(hours_before: float, incident: str) -> list[dict[str, Any]]:
    return [sent(TAKEN, hours_before, to=to, incident=incident) for to in ("c1", "c2")]


def action(event: str, at: datetime, *missed: str) -> dict[str, Any]:
    content = json.dumps({"notified": [] if missed else ["c1"], "missed": list(missed)})
    return {"event_id": event, "kind": "alert", "content": content, "effective_at": at, "recorded_at": at}


def undelivered(*probes: dict[str, Any], **rows: Any) -> tuple[float | None, str | None]:
    found = check(case(DESK, probes=list(probes), **rows)).metrics
    return next((each.value, each.note) for each in found if each.metric == "alerts_undelivered")


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        ([sent(TAKEN)], 0),
        ([sent(LOST)], 1),
        # The last one arrived, the one before did not.
        ([sent(LOST, 3, incident="i1"), sent(TAKEN, 1, incident="i2")], 1),
        ([sent(LOST, 3, incident="i1"), sent(TAKEN, 1, incident="i1")], 0),
        ([sent(TAKEN, 3, incident="i1"), sent(LOST, 1, incident="i1")], 1),
        ([sent(LOST, 3, incident="i1"), sent(LOST, 1, incident="i1")], 1),
        ([sent(LOST, 3, to="c2", incident="i1"), sent(TAKEN, 1, incident="i1")], 1),
        # What lapsed, failed or did not run is one alert for each occurrence.
        ([sent(LOST, 3, cause="a"), sent(TAKEN, 1, cause="a")], 0),
        ([sent(LOST, 3, cause="a"), sent(TAKEN, 1, cause="b")], 1),
        # One that arrived settles neither another incident's nor another channel's: each alert and channel counts.
        (
            [sent(LOST, 4, incident="i1"), sent(LOST, 3, incident="i2"), *both(2, "i3"), sent(TAKEN, 1, incident="i2")],
            1,
        ),
        ([sent(LOST, 4, incident="i1"), sent(LOST, 3, incident="i2"), *both(2, "i3")], 2),
        ([sent(LOST, 4, incident="i1"), sent(LOST, 4, to="c2", incident="i1"), *both(2, "i3")], 2),
        # Open breaks are sent again, with those that came to them.
        ([sent(LOST, 3, "the alert of 2 critical breaks"), sent(TAKEN, 1, "the alert of 5 critical breaks")], 0),
        ([sent(LOST, 3, "the alert of 2 critical breaks"), sent(TAKEN, 1, "the alert of a drill")], 1),
        ([sent(LOST, 25), sent(TAKEN, 1, incident="i1")], 0),
    ],
)
def test_alert_counts_until_its_channel_took_it(probes: list[dict[str, Any]], expected: float) -> None:
    assert undelivered(*probes)[0] == expected


def named(*keys: str) -> list[dict[str, Any]]:
    about = {"kind": "channel", "ok": None, "effective_at": END, "recorded_at": END}
    return [{**about, "subject": key, "content": json.dumps({"channel": key})} for key in keys]


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        ([*named("c2"), sent(LOST, 3, incident="i1"), sent(TAKEN, 1, to="c2", incident="i1")], 0),
        ([*named("c2"), sent(TAKEN, 4, to="c2", incident="i1"), sent(LOST, 3, incident="i1")], 0),
        ([*named("c2"), sent(LOST, 3, incident="i1")], 1),
        ([*named("c2"), sent(LOST, 3, incident="i1"), sent(TAKEN, 1, to="c2", incident="i2")], 1),
        ([*named("c2", "c3"), sent(LOST, 3, incident="i1"), sent(TAKEN, 1, to="c2", incident="i1")], 1),
        # It is named still, and lost it itself.
        ([*named("c1", "c2"), sent(LOST, 3, incident="i1"), sent(TAKEN, 1, to="c2", incident="i1")], 1),
    ],
)
def test_loss_of_a_channel_that_is_gone_is_over_once_all_named_ones_took_the_alert(
    probes: list[dict[str, Any]], expected: float
) -> None:
    assert undelivered(*probes)[0] == expected


def test_alert_of_an_action_is_sent_once() -> None:
    rows = [action("e1", END - 3 * HOUR, "c1"), action("e2", END - HOUR)]
    assert undelivered(actions=rows) == (1, "the alert of an action at 2026-05-04 21:00 UTC")


def test_deliveries_are_parsed_once_a_case() -> None:
    of = case(DESK, probes=[sent(TAKEN)])
    assert deliveries(of) is deliveries(of)


def test_without_an_alert_on_record_nothing_is_known_and_without_a_channel_nothing_is_asked() -> None:
    assert undelivered() == (None, "no alert to a channel is on record")
    assert "alerts_undelivered" not in {metric.metric for metric in check(case()).metrics}
