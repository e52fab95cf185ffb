"""hummingbot-api's routes to stop a bot and to change a controller, over HTTP with basic authentication.

The outer `status` of an answer is always success; `response.success` counts. A stop is published over MQTT without waiting for
the bot, and a controller's file is read again by the bot within 10 s: either answer says that the API took the command, and
nothing of its effect. Source: hummingbot-api, routers/bot_orchestration.py and routers/controllers.py, 2026-06.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from deskgate.config.actions import HummingbotApi
from deskgate.config.desk import Desk
from deskgate.config.servers import secret
from deskgate.controls.intents import Command
from deskgate.controls.sinks.instances import instance_of
from deskgate.controls.sinks.sink import Answer, Outcome, as_stated

__all__ = ["HummingbotApiSink"]

# How often a connection is tried; a request that was sent is never sent again.
_RETRIES = 2
# The name, the password or the moment was wrong: nothing was done.
_NOT_TAKEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
Body = Mapping[str, Any]


class HummingbotApiSink:
    """One hummingbot-api. It knows no id of a command, and would do one twice."""

    name, idempotent = "hummingbot_api", False

    def __init__(self, desk: Desk, settings: HummingbotApi) -> None:
        self._desk = desk
        password = secret(settings.password_env)
        self._client = httpx.Client(
            base_url=settings.url,
            auth=(settings.username, password),
            timeout=settings.answer_within_s,
            transport=httpx.HTTPTransport(retries=_RETRIES),
            trust_env=False,
        )

    def send(self, command: Command) -> Answer:
        """Send the command, to each controller where it is a pause, and return the worst answer, in the words of all."""
        bot, action = self._desk.bots[command.bot], command.intent.action
        name = bot.control.api_name or instance_of(bot)
        if action == "kill_switch":
            body = {"bot_name": name, "skip_order_cancellation": False, "async_backend": True}
            return self._post("/bot-orchestration/stop-bot", body)
        if action != "soft_pause":
            return Answer(Outcome.REFUSED, f"hummingbot-api has no command to {action}")
        if not bot.control.controllers:
            return Answer(
                Outcome.REFUSED,
                f"hummingbot-api pauses controllers, and bots.{bot.name}.control.controllers names none",
            )
        answers = [
            self._post(f"/controllers/bots/{quote(name)}/{quote(each)}/config", {"manual_kill_switch": True})
            for each in bot.control.controllers
        ]
        worst = max((answer.outcome for answer in answers), key=list(Outcome).index)
        if len({answer.outcome for answer in answers}) == 1:
            return Answer(worst, "; ".join(answer.detail for answer in answers))
        # Which of the controllers are paused has to be known.
        return Answer(worst, "; ".join(f"{answer.outcome}, {answer.detail}" for answer in answers))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _post(self, route: str, body: Body) -> Answer:
        try:
            answer = self._client.post(route, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Answer(Outcome.FAILED, f"{route}: {as_stated(error)}")
        except httpx.HTTPError as error:
            return Answer(Outcome.UNKNOWN, f"{route}: {as_stated(error)}")
        if answer.status_code in _NOT_TAKEN:
            return Answer(Outcome.FAILED, f"{route}: HTTP {answer.status_code}")
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Answer(Outcome.UNKNOWN, f"{route}: HTTP {answer.status_code}")
        if not answer.is_success:
            return Answer(Outcome.REFUSED, f"{route}: HTTP {answer.status_code}")
        taken, words = _inner(answer)
        return Answer(Outcome.ACKNOWLEDGED if taken else Outcome.REFUSED, f"{route}: {words}")


def _inner(answer: httpx.Response) -> tuple[bool, str]:
    """Return whether the inner answer is a success, and its words; only the route of controllers has no inner one."""
    try:
        content = answer.json()
    except ValueError:
        return False, "the answer is not JSON"
    if not isinstance(content, dict):
        return False, "the answer is not a JSON object"
    inner = content.get("response", content)
    words = str(inner.get("message", "no message")) if isinstance(inner, dict) else "no inner response"
    if isinstance(inner, dict) and "success" in inner:
        return inner["success"] is True, words
    wrote = "response" not in content and "message" in content and content.get("status", "success") == "success"
    return wrote, words
