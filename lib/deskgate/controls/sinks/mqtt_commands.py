"""Hummingbot's MQTT commands: `stop` ends a bot, `config` sets `manual_kill_switch` for a pause; each is answered or not.

The broker's acknowledgement shows that it has the command, the bot's answer that the bot took it, and neither that an order
was cancelled. A handler that raises is not answered. Hummingbot 20260922 knows only keys of the client and of the script in
`config` and refuses those of controllers by name; a pause is taken only where the answer lists the keys among its changes.
Source: hummingbot 20260922, remote_iface/mqtt.py and messages.py.
"""

import json
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from deskgate.config.actions import MqttCommands
from deskgate.config.bot import Bot
from deskgate.config.desk import Desk
from deskgate.config.servers import MQTT_PORTS, secret
from deskgate.controls.intents import Command
from deskgate.controls.sinks.instances import instance_of
from deskgate.controls.sinks.sink import Answer, Outcome, as_stated

__all__ = ["MqttSink"]

_CONNECT_S = 5.0
# MQTT 5, reason 16: the broker took the message and nobody is subscribed to its topic.
_NOBODY = 16
_SUCCESS = 200
_SWITCH = "manual_kill_switch"
Request = tuple[str, dict[str, Any], list[str]]


class MqttSink:
    """One broker. Hummingbot knows no id of a command, and would do one twice."""

    name, idempotent = "mqtt", False

    def __init__(self, desk: Desk, settings: MqttCommands) -> None:
        self._desk, self._settings = desk, settings
        where = urlsplit(settings.url)
        self._host, self._port = where.hostname or "", where.port or MQTT_PORTS[where.scheme]
        self._place, self._is_secured = f"{where.scheme}://{self._host}:{self._port}", where.scheme == "mqtts"
        self._password = secret(settings.password_env)

    def send(self, command: Command) -> Answer:
        """Publish the command, and wait for the broker's acknowledgement and then for the bot's answer."""
        bot, action = self._desk.bots[command.bot], command.intent.action
        request = _request(bot, action)
        if request is None:
            return Answer(Outcome.REFUSED, f"Hummingbot has no MQTT command to {action}")
        word, data, changes = request
        topic = f"{self._settings.namespace}/{instance_of(bot)}/{word}"
        talk = _Talk(command)
        try:
            self._connect(talk.client)
        except OSError as error:
            return Answer(Outcome.FAILED, f"{self._place}: {as_stated(error)}")
        talk.client.loop_start()
        try:
            return self._exchange(talk, topic, data, changes)
        finally:
            with suppress(OSError, ValueError):
                talk.client.disconnect()
            talk.client.loop_stop()

    def close(self) -> None:
        """Do nothing: a connection lives as long as one command."""

    def _connect(self, client: mqtt.Client) -> None:
        if self._settings.username:
            client.username_pw_set(self._settings.username, self._password)
        if self._is_secured:
            client.tls_set()
        for attempt in Retrying(
            stop=stop_after_attempt(3),
            wait=wait_exponential(multiplier=0.1, max=1),
            retry=retry_if_exception_type(OSError),
            reraise=True,
        ):
            with attempt:
                client.connect(self._host, self._port)

    def _exchange(self, talk: "_Talk", topic: str, data: dict[str, Any], changes: list[str]) -> Answer:
        if not talk.ready.wait(_CONNECT_S) or talk.refusal:
            return Answer(Outcome.FAILED, f"{self._place}: {talk.refusal or 'the broker does not answer'}")
        header = {"reply_to": talk.reply_to, "timestamp": talk.issued_ms}
        talk.client.publish(topic, json.dumps({"header": header, "data": data}), qos=1)
        if not talk.published.wait(_CONNECT_S):
            return Answer(Outcome.UNKNOWN, f"{topic}: the broker did not acknowledge the command")
        if talk.reason is not None and talk.reason.value == _NOBODY:
            return Answer(Outcome.FAILED, f"{topic}: nobody listens there")
        if talk.reason is not None and talk.reason.is_failure:
            return Answer(Outcome.FAILED, f"{topic}: {talk.reason}")
        wait_s = self._settings.answer_within_s
        try:
            return _read(topic, talk.replies.get(timeout=wait_s), changes)
        except Empty:
            return Answer(Outcome.DELIVERED, f"{topic}: the broker has it, the bot did not answer within {wait_s:g} s")


class _Talk:
    """One connection: subscribed to where the answer goes before anything is asked."""

    def __init__(self, command: Command) -> None:
        self.ready, self.published = Event(), Event()
        self.refusal = ""
        self.reason: ReasonCode | None = None
        self.reply_to = f"deskgate/{command.command_id}/reply"
        self.issued_ms = int(command.intent.issued_at.timestamp() * 1000)
        self.replies: SimpleQueue[bytes] = SimpleQueue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, reconnect_on_failure=False)
        self.client.on_connect, self.client.on_subscribe = self._connected, self._subscribed
        self.client.on_publish, self.client.on_message = self._acknowledged, self._message

    def _connected(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self.refusal = f"refused the connection: {reason}"
            self.ready.set()
        else:
            client.subscribe(self.reply_to, qos=1)

    def _subscribed(
        self, _client: object, _data: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        if reasons[0].is_failure:
            self.refusal = f"refused to answer on {self.reply_to}: {reasons[0]}"
        self.ready.set()

    def _acknowledged(self, _client: object, _data: object, _mid: int, reason: ReasonCode, _properties: object) -> None:
        self.reason = reason
        self.published.set()

    def _message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        self.replies.put(bytes(message.payload))


def _request(bot: Bot, action: str) -> Request | None:
    """Return the command's word, its data, and the keys that the answer has to list; None where there is no such command."""
    if action == "kill_switch":
        return "stop", {"skip_order_cancellation": False, "async_backend": True}, []
    if action == "soft_pause":
        keys = [f"{controller}.{_SWITCH}" for controller in bot.control.controllers] or [_SWITCH]
        return "config", {"params": [[key, True] for key in keys]}, keys
    return None


def _read(topic: str, reply: bytes, changes: list[str]) -> Answer:
    try:
        content = json.loads(reply)
        data = content.get("data", content)
        status, words = data["status"], str(data.get("msg") or "")
        changed = [str(change[0]) for change in data.get("changes") or []]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        return Answer(Outcome.DELIVERED, f"{topic}: an answer that cannot be read ({as_stated(error)})")
    if status != _SUCCESS:
        return Answer(Outcome.REFUSED, f"{topic}: the bot answered {status} {words}".rstrip())
    if missing := sorted(set(changes) - set(changed)):
        return Answer(Outcome.REFUSED, f"{topic}: the bot answered 200 without changing {', '.join(missing)}")
    return Answer(Outcome.ACKNOWLEDGED, f"{topic}: the bot answered {status} {words}".rstrip())
