"""Operations: what is not declared warns, what is declared and not shown is INSUFFICIENT, what failed fails."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.checks import operations
from deskgate.config.desk import Alerts, Desk
from deskgate.config.instants import stamp
from deskgate.config.monitoring import Monitoring
from desks import END, NOON, case, desk, values

HOOK = Alerts(urls=["json://127.0.0.1"])
ROUTES = {"grafana": "http://127.0.0.1:3000/api/health", "loki": "http://127.0.0.1:3100/ready"}


def row(
    kind: str, subject: str, ok: bool | None, at: datetime = END, late_s: int = 60, **content: Any
) -> dict[str, Any]:
    recorded = at + timedelta(seconds=late_s)
    body = json.dumps(content)
    return {"kind": kind, "subject": subject, "ok": ok, "content": body, "effective_at": at, "recorded_at": recorded}


def on(where: Desk, *probes: dict[str, Any], **tables: Any) -> Case:
    return case(where, probes=list(probes), **tables)


def channel(key: str, at: datetime = END) -> dict[str, Any]:
    return row("channel", key, None, at, channel=f"shown {key}")


def sent(key: str, ok: bool, at: datetime = NOON, late_s: int = 60) -> dict[str, Any]:
    return row("delivery", key, ok, at, late_s, what="an alert")


def alerting(*probes: dict[str, Any], alerts: Alerts = HOOK, **tables: Any) -> dict[str, float | None]:
    where = desk().model_copy(update={"alerts": alerts})
    return values(operations.check_alerting(on(where, *probes, **tables)).metrics, "portfolio")


@pytest.mark.parametrize(
    ("probes", "failing", "age_h"),
    [
        ([], None, None),
        ([sent("a", True)], None, None),  # no run has said which channels there are
        ([channel("a")], None, None),
        ([channel("a"), sent("a", True)], 0, 12),
        ([channel("a"), sent("a", False)], 1, None),
        ([channel("a"), sent("a", True), sent("a", False, END)], 1, 12),
        ([channel("a"), sent("a", False), sent("a", True, END)], 0, 0),
        # The last alert is the one that was sent last, not that of the latest day.
        ([channel("a"), sent("a", True, END), sent("a", False, late_s=90_000)], 1, 0),
        ([channel("a"), channel("b"), sent("a", True)], 0, None),
        ([channel("a"), channel("b"), sent("a", True), sent("b", True, END)], 0, 12),
        # A channel that was taken out of desk.toml says nothing of the one that came in.
        ([channel("a", NOON), channel("b"), sent("a", True)], None, None),
    ],
)
def test_channel_is_judged_by_its_last_alert(
    probes: list[dict[str, Any]], failing: float | None, age_h: float | None
) -> None:
    assert alerting(*probes) == {"alerts_declared": 1, "channels_failing": failing, "alert_delivery_age_h": age_h}


def test_instant_of_the_last_alert_is_one_that_a_command_takes() -> None:
    where = desk().model_copy(update={"alerts": HOOK})
    at = NOON + timedelta(seconds=7)
    (*_, age) = operations.check_alerting(on(where, channel("a"), sent("a", True, at))).metrics
    assert (age.note or "").endswith(stamp(at))


@pytest.mark.parametrize(("content", "failing"), [({"notified": {"a": []}}, 0), ({"notified": {}, "missed": ["a"]}, 1)])
def test_alert_of_an_action_counts_as_one(content: dict[str, Any], failing: float) -> None:
    alert = {"kind": "alert", "content": json.dumps(content), "effective_at": NOON, "recorded_at": NOON}
    assert alerting(channel("a"), actions=[alert])["channels_failing"] == failing


def test_desk_without_channels_is_told_to_name_one() -> None:
    assert alerting(alerts=Alerts()) == {"alerts_declared": None}
    declared = alerting(alerts=Alerts(urls_env="CHANNELS"))
    assert declared == {"alerts_declared": 1, "channels_failing": None, "alert_delivery_age_h": None}


def health(name: str, ok: bool, at: datetime = END, **content: Any) -> dict[str, Any]:
    return row("health", name, ok, at, **{"url": ROUTES[name], "says": "status 200", **content})


@pytest.mark.parametrize(
    ("probes", "failing"),
    [
        ([], None),
        ([health("grafana", True)], None),
        ([health("grafana", True), health("loki", True)], 0),
        ([health("grafana", True), health("loki", False)], 1),
        # Each run asks anew: what an earlier one saw is over.
        ([health("grafana", True), health("loki", True), health("loki", False, NOON)], 0),
        ([health("grafana", True, NOON), health("loki", True, NOON), health("loki", True)], None),
        ([health("grafana", True), health("loki", True, url="http://elsewhere/ready")], None),
    ],
)
def test_route_is_judged_by_the_last_run(probes: list[dict[str, Any]], failing: float | None) -> None:
    where = desk().model_copy(update={"monitoring": Monitoring(routes=ROUTES)})
    found = operations.check_monitoring(on(where, *probes)).metrics
    assert values(found, "portfolio") == {"monitoring_declared": 1, "routes_failing": failing}


def test_route_is_known_and_shown_without_its_parameters() -> None:
    routes = {"loki": f"{ROUTES['loki']}?who=a@b.c"}
    where = desk().model_copy(update={"monitoring": Monitoring(routes=routes)})
    for url in (ROUTES["loki"], routes["loki"]):
        (*_, failing) = operations.check_monitoring(on(where, health("loki", False, url=url))).metrics
        assert (failing.value, failing.note) == (1, f"loki ({ROUTES['loki']}): status 200")


def test_desk_without_routes_is_told_to_name_some() -> None:
    (found,) = operations.check_monitoring(on(desk())).metrics
    assert (found.value, found.note) == (None, "desk.toml has no [monitoring], so no health route is asked")


def looked(*kinds: str, files: int = 3, late_s: int = 60, unread: tuple[str, ...] = ()) -> dict[str, Any]:
    found = [{"kind": kind, "file": "desk.toml", "line": 4} for kind in kinds]
    return row("secrets", "desk", not kinds, late_s=late_s, files=files, found=found, unread=unread)


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        ([], (None, 0, "no run has looked for secrets")),
        ([looked()], (0, 1, None)),
        ([looked(files=0)], (0, 0, None)),
        ([looked("Private Key")], (1, 1, "Private Key in desk.toml line 4")),
        ([looked(unread=("logs/a.log",))], (None, 0, "not readable: logs/a.log")),
        ([looked("Private Key", unread=("logs/a.log",))], (1, 1, "Private Key in desk.toml line 4")),
        # The same instant again: the later run counts.
        ([looked("Private Key"), looked(late_s=120)], (0, 1, None)),
        ([looked(late_s=120), looked("Private Key", late_s=180)], (1, 1, "Private Key in desk.toml line 4")),
    ],
)
def test_secrets_are_counted_by_the_last_run(
    probes: list[dict[str, Any]], expected: tuple[float | None, int, str | None]
) -> None:
    (found,) = operations.check_secrets(on(desk(), *probes)).metrics
    assert (found.value, found.sample, found.note) == expected


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        ([], None),
        ([row("clock", "desk", None, behind_s="90.5")], 90.5),
        ([row("clock", "desk", None, behind_s=None)], None),
    ],
)
def test_clock_is_held_against_the_store(probes: list[dict[str, Any]], expected: float | None) -> None:
    assert values(operations.check_clock(on(desk(), *probes)).metrics, "portfolio") == {"clock_behind_s": expected}
