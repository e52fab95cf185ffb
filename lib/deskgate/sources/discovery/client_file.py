"""Hummingbot's conf_client.yml -> the instance's name and its MQTT broker; passwords, tokens and user names are not kept."""

import re
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path

from deskgate.sources.discovery.strategy_files import read_yaml

__all__ = ["Broker", "Client", "read_client"]

_INSTANCE = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NAMESPACE = re.compile(r"[A-Za-z0-9][\w/-]*")
_DEFAULT_PORT = 1883


@dataclass(frozen=True, order=True)
class Broker:
    """The broker that a bridge publishes to; `has_login` where it asks for a user, `starts` where the bridge starts with the bot."""

    url: str
    namespace: str
    has_login: bool = False
    starts: bool = True


@dataclass(frozen=True)
class Client:
    """What one conf_client.yml says: the instance's name in topics, the broker, and why something of it cannot be read."""

    instance: str | None = None
    broker: Broker | None = None
    problem: str | None = None


def read_client(file: Path) -> Client | None:
    """Return what the file says, None where there is none, or where its folder may not be entered."""
    # Unlike pathlib's, it is False where the folder may not be entered.
    if not isfile(file):  # noqa: PTH113
        return None
    document, problem = read_yaml(file)
    if not isinstance(document, dict):
        return Client(problem=problem or "holds no settings, expected those of Hummingbot's client")
    instance = document.get("instance_id")
    named = instance if isinstance(instance, str) and _INSTANCE.fullmatch(instance) else None
    bridge = document.get("mqtt_bridge")
    if not isinstance(bridge, dict):
        return Client(named)
    wrong = [
        f"mqtt_bridge.{key} is not {what}; write [stream] mqtt by hand"
        for key, what, is_valid in (
            ("mqtt_host", "the name of a host", lambda value: isinstance(value, str) and _HOST.fullmatch(value)),
            ("mqtt_port", "a port", lambda value: type(value) is int and 0 < value < 2**16),
            (
                "mqtt_namespace",
                "a part of a topic",
                lambda value: isinstance(value, str) and _NAMESPACE.fullmatch(value),
            ),
        )
        if key in bridge and not is_valid(bridge[key])
    ]
    if wrong:
        return Client(named, problem=wrong[0])
    host, port = bridge.get("mqtt_host", "localhost"), bridge.get("mqtt_port", _DEFAULT_PORT)
    namespace = bridge.get("mqtt_namespace", "hbot")
    return Client(
        named,
        Broker(
            f"{'mqtts' if bridge.get('mqtt_ssl') is True else 'mqtt'}://{host}:{port}",
            namespace,
            has_login=bool(bridge.get("mqtt_username") or bridge.get("mqtt_password")),
            starts=bridge.get("mqtt_autostart") is True,
        ),
    )
