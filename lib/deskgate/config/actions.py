"""The tables [actions] and [bots.x.control] of desk.toml: where actions on a breach go, and how a bot is reached.

A secret is never in desk.toml: keys that end in `_env` name the environment's variable that holds it.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from deskgate.config.servers import HttpUrl, MqttBroker, RedisServer, Variable
from deskgate.config.strict import Strict

__all__ = ["Actions", "Control", "HummingbotApi", "MqttCommands", "Outbox", "RedisIntents", "VenueKey"]

_Seconds = Annotated[float, Field(gt=0, le=3600)]
_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/+#\s]+$")]


class Outbox(Strict):
    """A file of one JSON object a line; `path` is relative to the desk, without one it lies in `--out`."""

    path: Annotated[str, Field(min_length=1)] | None = None


class RedisIntents(RedisServer):
    """The stream that a control plane reads execution intents from."""

    stream: Annotated[str, Field(min_length=1)] = "hb.execution_intent.v1"


class MqttCommands(MqttBroker):
    """The broker over which Hummingbot's MQTT bridge takes commands, and how long its answer is awaited."""

    namespace: _Name = "hbot"
    answer_within_s: _Seconds = 10.0


class HummingbotApi(Strict):
    """The address of a hummingbot-api, which wants a name and a password on every route."""

    url: HttpUrl
    username: Annotated[str, Field(min_length=1)]
    password_env: Variable
    answer_within_s: _Seconds = 10.0


class Actions(Strict):
    """What becomes of a breach: for how long an intent holds, which sinks take it, and when a receipt is overdue.

    Without a sink it is the outbox. `reads_apart_s` is the least time between the two reads of a receipt.
    """

    validity_min: Annotated[float, Field(gt=0, le=1440)] = 5.0
    receipt_within_s: Annotated[float, Field(ge=20, le=3600)] = 120.0
    reads_apart_s: Annotated[float, Field(ge=20, le=3600)] = 20.0
    watch_every_s: _Seconds = 60.0
    outbox: Outbox | None = None
    redis: RedisIntents | None = None
    mqtt: MqttCommands | None = None
    hummingbot_api: HummingbotApi | None = None

    @model_validator(mode="after")
    def _reads_fit_the_bound(self) -> "Actions":
        if self.receipt_within_s < self.reads_apart_s:
            raise ValueError(
                f"receipt_within_s is {self.receipt_within_s:g}, expected at least reads_apart_s"
                f" ({self.reads_apart_s:g}): a receipt takes two reads"
            )
        return self


class VenueKey(Strict):
    """A read-only key of the bot's account, for ccxt: it looks at open orders, fills and positions, and at nothing else."""

    exchange: _Name
    api_key_env: Variable
    secret_env: Variable
    password_env: Variable | None = None
    default_type: Literal["spot", "swap", "future"] | None = None


class Control(Strict):
    """How a bot is reached: its instance and controllers as Hummingbot names them, its name at hummingbot-api, a key."""

    instance: _Name | None = None
    controllers: list[_Name] = Field(default_factory=list)
    api_name: _Name | None = None
    venue: VenueKey | None = None
