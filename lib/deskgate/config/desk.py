"""What a desk is: its bots, their modes, where each leg's sources lie, and how it alerts, acts and signs.

The models alone; `deskgate.config.desk_file` reads desk.toml into them.
"""

import re
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from deskgate.config.accounting import Accounting
from deskgate.config.accounts import Account
from deskgate.config.actions import Actions
from deskgate.config.bot import Bot
from deskgate.config.instances import Instances
from deskgate.config.monitoring import Monitoring
from deskgate.config.risk import Risk
from deskgate.config.servers import MqttBroker, RedisServer, Variable
from deskgate.config.strict import Strict

__all__ = ["FILE_NAME", "Alerts", "Audit", "Deployment", "Desk", "Mqtt", "OtherFolder", "RedisStreams", "Streams"]

FILE_NAME = "desk.toml"


class Mqtt(MqttBroker):
    """The broker that Hummingbot's bridge publishes to."""

    namespace: str = "hbot"
    client_id: str | None = None


class RedisStreams(RedisServer):
    """The Redis streams that a control plane writes its events to."""

    streams: Annotated[list[str], Field(min_length=1)]
    group: str = "deskgate"


class Streams(Strict):
    """What the running store listens to, beside the event files of the bots."""

    mqtt: Mqtt | None = None
    redis: RedisStreams | None = None


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise PydanticCustomError("time_of_day", 'expected a time of day in UTC such as "06:30"')
    return text


class Alerts(Strict):
    """Where alerts go, as Apprise addresses; those with a secret stand in the environment, by the variable's name.

    `run_by` is the time of day (UTC) by which the day before must have been decided; None: nobody waits for it.
    """

    urls: list[str] = Field(default_factory=list)
    urls_env: Variable | None = None
    run_by: Annotated[str, AfterValidator(_time_of_day)] | None = None

    @property
    def is_declared(self) -> bool:
        """Whether desk.toml names a channel."""
        return bool(self.urls or self.urls_env)


class Deployment(Strict):
    """How the bots are started: their compose files, relative to the desk, a later one over an earlier one."""

    compose: list[str] = Field(default_factory=list)


_PublicKey = Annotated[str, Field(pattern=r"^ed25519:[A-Za-z0-9+/]{43}=$")]


class Audit(Strict):
    """The key that signs the audit trail's checkpoints: the public part, and where the private one lies.

    `former_keys` are public parts of keys that signed earlier checkpoints. `sign_offs` are the roles without whose signature a
    decision is on HOLD.
    """

    key: Annotated[str, Field(min_length=1)] | None = None
    public_key: _PublicKey | None = None
    former_keys: list[_PublicKey] = Field(default_factory=list)
    sign_offs: tuple[Literal["strategy", "risk", "ops"], ...] = ()

    @property
    def awaits(self) -> dict[str, list[str]] | None:
        """The roles that must sign a GO, and the key that counts: one that is no longer used signs none; None without roles."""
        if not self.sign_offs or self.public_key is None:
            return None
        return {"roles": list(self.sign_offs), "keys": [self.public_key]}

    @property
    def keys(self) -> list[str]:
        """All public keys that are named, the present one first."""
        return [key for key in (self.public_key, *self.former_keys) if key is not None]

    @model_validator(mode="after")
    def _sign_offs_have_a_key(self) -> "Audit":
        if self.sign_offs and self.public_key is None:
            raise ValueError(
                "sign_offs asks for signatures and public_key is missing, expected the key to sign with; make one with"
                " `deskgate audit key`"
            )
        if len(set(self.sign_offs)) < len(self.sign_offs):
            raise ValueError(f"sign_offs names {', '.join(self.sign_offs)}, expected each role once")
        return self


def _holds_no_bot(pattern: str) -> str:
    parts = PurePosixPath(pattern).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise PydanticCustomError(
            "folder", "expected a folder or a pattern of folders in the desk's own, relative to it"
        )
    return pattern


# A folder of the desk in which no bot is.
OtherFolder = Annotated[str, AfterValidator(_holds_no_bot)]


class Desk(Strict):
    """A desk: its name, its quote currency, its bots, its streams, its alerts, where actions go, the key of its audit trail."""

    name: str
    quote: str = "USDT"
    streams: Streams = Streams()
    alerts: Alerts = Alerts()
    monitoring: Monitoring | None = None
    textfile: str | None = None
    actions: Actions = Actions()
    risk: Risk = Risk()
    audit: Audit = Audit()
    deployment: Deployment = Deployment()
    file: Path = Path(FILE_NAME)
    store: str | None = None
    suites: str | None = None
    ignore: list[OtherFolder] = Field(default_factory=list)
    accounting: Accounting = Accounting.AVERAGE
    accounts: dict[str, Account] = Field(default_factory=dict)
    bots: dict[str, Bot]

    @property
    def judged(self) -> list[Bot]:
        """The bots that the gates look at, by name."""
        return sorted((bot for bot in self.bots.values() if bot.judged), key=lambda bot: bot.name)

    def bots_of(self, account: Account) -> list[Bot]:
        """Return the bots that trade on an account, by name; those that are not judged too: what they trade moves its balance."""
        return sorted((bot for bot in self.bots.values() if account.name in bot.account), key=lambda bot: bot.name)

    @property
    def modes(self) -> dict[str, str]:
        """Bot -> what it trades with, as decision.json has it."""
        return {name: str(bot.mode) for name, bot in self.bots.items()}

    @cached_property
    def instances(self) -> Instances:
        """Which instance is which bot."""
        return Instances({bot.name: bot.instances for bot in self.bots.values()})

    @property
    def root(self) -> Path:
        """The folder that paths and globs are relative to."""
        return self.file.parent

    @property
    def audit_key_file(self) -> Path | None:
        """Where desk.toml says that the private key lies (relative to the desk), None where it does not say."""
        return None if self.audit.key is None else self.root / Path(self.audit.key).expanduser()
