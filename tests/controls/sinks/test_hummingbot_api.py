"""A server on loopback with hummingbot-api's routes: the inner answer counts, and nothing is sent twice."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from collector.conftest import free_port
from deskgate.config.actions import HummingbotApi
from deskgate.controls.sinks import Outcome
from deskgate.controls.sinks.hummingbot_api import HummingbotApiSink

from ..logs import acting_desk, command
from .bots import Api

PAUSED = {"controllers": ["pmm_1", "pmm_2"], "api_name": "b1-container"}
STOP = "/bot-orchestration/stop-bot"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("API_PASSWORD", "secret")
    made = Api()
    yield made
    made.stop()


def sink(url: str, control: dict[str, Any] | None = None) -> HummingbotApiSink:
    settings = HummingbotApi(url=url, username="me", password_env="API_PASSWORD", answer_within_s=60)
    return HummingbotApiSink(acting_desk(control), settings)


def test_stop_and_pause_are_sent_as_the_routes_want_them(api: Api) -> None:
    target = sink(api.url, PAUSED)
    assert target.send(command("kill_switch")).outcome is Outcome.ACKNOWLEDGED
    assert target.send(command("soft_pause")).outcome is Outcome.ACKNOWLEDGED
    (stop, body), *pauses = api.heard
    assert (stop, body["bot_name"], body["skip_order_cancellation"]) == (STOP, "b1-container", False)
    route = "/controllers/bots/b1-container/{}/config"
    assert pauses == [(route.format(name), {"manual_kill_switch": True}) for name in ("pmm_1", "pmm_2")]


def test_outer_success_with_an_inner_failure_is_a_refusal(api: Api) -> None:
    api.success = False
    answer = sink(api.url).send(command())
    assert (answer.outcome, answer.detail) == (Outcome.REFUSED, f"{STOP}: bot not found")


@pytest.mark.parametrize(
    ("status", "raw", "outcome"),
    [
        (404, b"{}", Outcome.REFUSED),
        (403, b"{}", Outcome.FAILED),
        # It may have been done before it went wrong.
        (500, b"{}", Outcome.UNKNOWN),
        (200, b"no JSON", Outcome.REFUSED),
        (200, b"[]", Outcome.REFUSED),
        (200, b'{"status": "success"}', Outcome.REFUSED),
        (200, b'{"status": "success", "response": {}}', Outcome.REFUSED),
        (200, b'{"status": "success", "response": null}', Outcome.REFUSED),
        (200, b'{"status": "success", "response": {"success": "true"}}', Outcome.REFUSED),
    ],
)
def test_anything_but_an_inner_success_acknowledges_nothing(
    api: Api, status: int, raw: bytes, outcome: Outcome
) -> None:
    api.status, api.raw = status, raw
    assert sink(api.url).send(command()).outcome is outcome
    assert len(api.heard) == 1


def test_wrong_password_and_dead_server_are_answers_without_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PASSWORD", "wrong-one-of-mine")
    wrong = sink(api.url).send(command())
    assert (wrong.outcome, api.heard) == (Outcome.FAILED, [])
    gone = sink(f"http://127.0.0.1:{free_port()}").send(command())
    assert gone.outcome is Outcome.FAILED
    assert "wrong-one-of-mine" not in wrong.detail + gone.detail


def test_pause_that_only_some_controllers_took_names_each(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    target = sink(api.url, PAUSED)
    post = target._client.post

    def second_is_gone(route: str, **more: Any) -> Any:
        if "pmm_2" in route:
            raise httpx.ConnectError("refused")
        return post(route, **more)

    monkeypatch.setattr(target._client, "post", second_is_gone)
    answer = target.send(command("soft_pause"))
    assert answer.outcome is Outcome.FAILED
    first, second = answer.detail.split("; ")
    assert (first.startswith("acknowledged, "), "pmm_1" in first) == (True, True)
    assert (second.startswith("failed, "), "pmm_2" in second) == (True, True)


@pytest.mark.parametrize(
    ("action", "reason"), [("reduce", "no command to reduce"), ("soft_pause", "control.controllers names none")]
)
def test_what_the_api_cannot_do_is_refused_by_name(api: Api, action: str, reason: str) -> None:
    answer = sink(api.url).send(command(action))
    assert (answer.outcome, reason in answer.detail, api.heard) == (Outcome.REFUSED, True, [])
