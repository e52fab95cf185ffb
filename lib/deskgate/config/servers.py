"""The servers that desk.toml names, and secrets: desk.toml has the name of the environment's variable, never the secret."""

import os
import re
from typing import Annotated, overload
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from deskgate.config.errors import InputError
from deskgate.config.strict import Strict

__all__ = ["MQTT_PORTS", "HttpUrl", "MqttBroker", "RedisServer", "Variable", "is_variable", "secret"]

MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}


def _names_a_server(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_server = bool(parts.hostname) and (parts.port is None or parts.port > 0) and "@" not in parts.netloc
    except ValueError:  # a port that is no number up to 65535, or half an IPv6 address
        is_server = False
    if not is_server:
        raise PydanticCustomError(
            "server", "expected a host with nobody before it, and a port from 1 to 65535 where one is given"
        )
    return url


def is_variable(text: str) -> bool:
    """Return whether a text is the name of a variable in the environment: what is written in another way may be the secret itself."""
    return re.fullmatch("[A-Z_][A-Z0-9_]*", text) is not None


def _names_a_variable(text: str) -> str:
    if not is_variable(text):
        raise PydanticCustomError(
            "variable", "expected the NAME of a variable (capitals, digits and _), not the secret"
        )
    return text


Variable = Annotated[str, AfterValidator(_names_a_variable)]
_Server = AfterValidator(_names_a_server)
HttpUrl = Annotated[str, Field(pattern="^https?://"), _Server]


class MqttBroker(Strict):
    """How a broker is reached. The password stands in the environment, by its variable's name."""

    url: Annotated[str, Field(pattern=r"^mqtts?://[^@/]+$"), _Server]
    username: str | None = None
    password_env: Variable | None = None


class RedisServer(Strict):
    """How a Redis database is reached. The password stands in the environment, by its variable's name."""

    url: Annotated[str, Field(pattern=r"^rediss?://[^@]+$"), _Server]
    username: str | None = None
    password_env: Variable | None = None


@overload
def secret(name: str) -> str: ...
@overload
def secret(name: None) -> None: ...
@overload
def secret(name: str | None) -> str | None: ...
def secret(name: str | None) -> str | None:
    """Return the value of an environment variable; its name is what desk.toml may hold.

    Raises
    ------
    InputError
        The variable is not set.
    """
    if name is None:
        return None
    value = os.environ.get(name)
    if value is None:
        raise InputError(f"the environment has no {name}, expected the secret that desk.toml names by it; set it")
    return value
