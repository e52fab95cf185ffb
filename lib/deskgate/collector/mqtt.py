"""Hummingbot's MQTT bridge, events and heartbeats: a persistent session at QoS 1, acknowledged by hand.

What the broker has taken it keeps for us while we are away. The bots themselves publish at QoS 0: what they lose on
the way to the broker never was in this session, and shows up as gaps and as fills without an event.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event, Thread
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from deskgate.collector.messages import Inbox, Message, json_or_text
from deskgate.config.desk import Desk, Mqtt
from deskgate.config.instances import unclaimed
from deskgate.config.servers import MQTT_PORTS, secret
from deskgate.sources.hummingbot.kinds import MQTT_EVENTS, MQTT_HEARTBEATS
from deskgate.sources.hummingbot.topics import Topic, is_heartbeat, topic_of

__all__ = ["MqttStream"]

# How many messages the broker may have sent without an acknowledgement; a batch is never larger.
IN_FLIGHT = 10_000
_NEVER = 0xFFFFFFFF
_BACK_OFF_S = (1, 60)


class MqttStream:
    """The topics of a desk's bots at one broker: their events, and the heartbeats that tell a quiet bot from a lost one."""

    def __init__(
        self, desk: Desk, settings: Mqtt, inbox: Inbox, *, now: Callable[[], datetime], say: Callable[[str], None]
    ) -> None:
        self._desk, self._inbox, self._now, self._say = desk, inbox, now, say
        where = urlsplit(settings.url)
        self._host, self._port = where.hostname or "", where.port or MQTT_PORTS[where.scheme]
        self._place = f"{where.scheme}://{self._host}:{self._port}"
        # Which instances of a bot there will be is not known: all are heard, and those of no bot are left alone.
        self._hears_all = any(bot.instances for bot in desk.judged)
        names = ["+"] if self._hears_all else [bot.name for bot in desk.judged]
        self._topics = [
            topic_of(settings.namespace, name, heartbeats=heartbeats) for name in names for heartbeats in (False, True)
        ]
        self.paths = {} if self._hears_all else {f"{self._place}/{topic}": _kind(topic) for topic in self._topics}
        self._sessions = 0
        self._up, self._complained = Event(), False
        client_id = settings.client_id or f"deskgate-{desk.name}"
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, manual_ack=True)
        if settings.username:
            client.username_pw_set(settings.username, secret(settings.password_env))
        if where.scheme == "mqtts":
            client.tls_set()
        client.reconnect_delay_set(*_BACK_OFF_S)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_connect_fail = self._failed
        client.on_message = self._message
        self._client = client
        self._thread = Thread(target=self._run, name="mqtt", daemon=True)

    def bot_of(self, path: str) -> str | None:
        """Return the bot of a topic."""
        return self._desk.instances.bot_of(Topic.parse(path.removeprefix(f"{self._place}/")).instance)

    def start(self) -> None:
        """Connect, and again whenever the connection is lost."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.SessionExpiryInterval = _NEVER
        properties.ReceiveMaximum = IN_FLIGHT
        self._client.connect_async(self._host, self._port, clean_start=False, properties=properties)
        self._thread.start()

    def stop(self) -> None:
        """Nothing to do: a message that is not taken is not acknowledged, and comes again."""

    def close(self) -> None:
        """Leave; the broker keeps the session."""
        self._client.disconnect()
        self._thread.join(timeout=5)

    def connected(self) -> bool:
        """Return whether the broker has answered the subscription."""
        return self._up.is_set()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Send the broker its acknowledgements; those of an earlier connection are void, the messages come again."""
        for message in messages:
            session, mid, qos = message.token
            if qos and session == self._sessions:
                self._client.ack(mid, qos)

    def _run(self) -> None:
        self._client.loop_forever(retry_first_connection=True)

    def _connected(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._complain(f"refused the connection: {reason}")
            return
        self._sessions += 1
        self._complained = False
        self._up.set()
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])

    def _disconnected(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self._up.clear()
        if reason.is_failure:
            self._complain(f"lost: {reason}")

    def _failed(self, _client: object, _data: object) -> None:
        self._complain("no broker answers there")

    def _complain(self, what: str) -> None:
        if not self._complained and not self._inbox.stopped.is_set():
            self._complained = True
            self._say(f"{self._place}: {what}; trying again until it answers")

    def _message(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        head = msgspec.json.encode({"topic": message.topic, "received_at": self._now().isoformat()})
        line = head[:-1] + b',"payload":' + json_or_text(bytes(message.payload)) + b"}"
        path = f"{self._place}/{message.topic}"
        bot = self.bot_of(path)
        if path not in self.paths:
            self.paths = {**self.paths, path: _kind(message.topic)}
            if not self._hears_all:
                # The broker has kept a subscription of an earlier desk.toml: what it holds is taken, and no more of it asked for.
                client.unsubscribe(message.topic)
            elif bot is None:
                # Its first message is kept in quarantine, as evidence of it; others may be of other desks.
                self._say(f"{self._place}: {unclaimed(Topic.parse(message.topic).instance or '')}")
        elif self._hears_all and bot is None:
            client.ack(message.mid, message.qos)
            return
        self._inbox.put(
            Message(
                path=path,
                kind=self.paths[path],
                line=line,
                token=(self._sessions, message.mid, message.qos),
                bot=bot,
            )
        )


def _kind(topic: str) -> str:
    return (MQTT_HEARTBEATS if is_heartbeat(topic) else MQTT_EVENTS).name
