"""desk.toml -> Desk: the bots, their modes, and where each leg's sources lie.

Reads and checks the file; it opens no source. Unknown keys are refused with the nearest known one, because a
misspelt key that is ignored is a check that never runs.
"""

import re
import tomllib
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instances import Instances, overlap

__all__ = [
    "Alerts",
    "Bot",
    "Desk",
    "Expected",
    "Mode",
    "Mqtt",
    "Opening",
    "RedisStreams",
    "Streams",
    "is_of_contracts",
    "is_paper",
    "load_desk",
    "unit_of",
]

FILE_NAME = "desk.toml"
_SYMBOL = re.compile(r"^[^/\s]+/[^/:\s]+(:[^/:\s]+)?$")
# How many coins one unit of a market is whose name says so: 1000PEPE, kPEPE, 1MBABYDOGE.
_UNIT = re.compile(r"^(?:(10{3,})|(1M)|(k))(?=[A-Z])")


def is_of_contracts(connector: str) -> bool:
    """Return whether a connector of Hummingbot's trades contracts: all that do are named so (20260922)."""
    return "perpetual" in connector


def is_paper(connector: str) -> bool:
    """Return whether a connector is simulated, as one configures it or as Hummingbot displays it."""
    return "paper" in connector.lower()


def unit_of(name: str) -> int:
    """Return how many coins one unit of a market is, by its name; ccxt writes kPEPE of Hyperliquid as KPEPE."""
    found = _UNIT.match(re.sub(r"^K(?=PEPE|SHIB|BONK|FLOKI|LUNC|DOGS|NEIRO)", "k", name))
    if not found:
        return 1
    digits, million, _ = found.groups()
    return int(digits) if digits else 1_000_000 if million else 1000


class Mode(StrEnum):
    """What a bot trades with. A disabled bot is listed, never judged."""

    LIVE = "live"
    PAPER = "paper"
    TESTNET = "testnet"
    DISABLED = "disabled"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Opening(_Strict):
    """Where the roll-forward of positions and balances starts."""

    at: AwareDatetime
    balance: dict[str, Decimal] = Field(default_factory=dict)
    position: Decimal | dict[str, Decimal] = Decimal(0)


class Expected(_Strict):
    """Constants that parity compares with where a bot has no shadow."""

    fill_ratio: float
    slippage_bps: float
    reject_rate: float
    realized_pnl_quote: float


class Bot(_Strict):
    """One bot of the desk.

    `connector` is its first connector and `connectors` all of them; in desk.toml either may be a list. `symbols` says by
    which unified symbol of ccxt the venue's exports call a pair of Hummingbot's, where no built-in rule does.
    """

    name: str = ""
    mode: Mode
    connector: str
    connectors: list[str] = Field(default_factory=list)
    symbols: dict[str, str] = Field(default_factory=dict)
    pairs: Annotated[list[str], Field(min_length=1)]
    shadow: str | None = None
    expected: Expected | None = None
    local: list[str] = Field(default_factory=list)
    events: list[str] = Field(default_factory=list)
    exchange: list[str] = Field(default_factory=list)
    config: list[str] = Field(default_factory=list)
    instances: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default_factory=list)
    opening: Opening | None = None

    @model_validator(mode="before")
    @classmethod
    def _lists_connectors(cls, raw: object) -> object:
        """Take one connector, or a list of them, under either key."""
        if not isinstance(raw, dict):
            return raw
        given = raw.get("connectors") or raw.get("connector")
        listed = [given] if isinstance(given, str) else given
        first = raw.get("connector")
        if not isinstance(listed, list) or not listed or not all(isinstance(each, str) for each in listed):
            return raw
        if isinstance(first, str) and first not in listed:
            raise ValueError(f"connector is '{first}', expected one of its connectors {', '.join(listed)}")
        # Of spot and contracts the contracts come first: theirs are the plain names of pairs.
        names = sorted(dict.fromkeys(listed), key=is_of_contracts, reverse=True)
        return {**raw, "connector": names[0], "connectors": names}

    @model_validator(mode="after")
    def _markets_can_be_told_apart(self) -> "Bot":
        kinds = [is_of_contracts(each) for each in self.connectors]
        if len(kinds) != len(set(kinds)):
            raise ValueError(
                f"connectors are {', '.join(self.connectors)}, expected at most one of spot and one of contracts: the"
                " exports of two venues cannot be told apart; declare a bot for each"
            )
        for pair, symbol in self.symbols.items():
            if not _SYMBOL.match(symbol):
                raise ValueError(
                    f"symbols names '{symbol}' for {pair}, expected a unified symbol of ccxt such as BTC/USDT:USDT"
                )
            units = [unit_of(name) for name in (pair, symbol)]
            if units[0] != units[1]:
                raise ValueError(
                    f"symbols names '{symbol}' for {pair}, expected a market of one unit: {units[0]} and {units[1]} coins"
                    " are not the same amount"
                )
        return self

    @property
    def judged(self) -> bool:
        """Whether the gates look at this bot."""
        return self.mode is not Mode.DISABLED

    @property
    def is_paper(self) -> bool:
        """Whether its trades are simulated: its records then name no real market."""
        return self.mode is Mode.PAPER or is_paper(self.connector)

    def opening_position(self, pair: str) -> Decimal:
        """Return the signed opening position of `pair` in base; a single number means the bot's only pair."""
        if self.opening is None:
            return Decimal(0)
        if isinstance(self.opening.position, dict):
            return self.opening.position.get(pair, Decimal(0))
        return self.opening.position


class Mqtt(_Strict):
    """The broker that Hummingbot's bridge publishes to. The password stands in the environment, by its variable's name."""

    url: Annotated[str, Field(pattern=r"^mqtts?://[^@/]+$")]
    namespace: str = "hbot"
    client_id: str | None = None
    username: str | None = None
    password_env: str | None = None


class RedisStreams(_Strict):
    """The Redis streams that a control plane writes its events to."""

    url: Annotated[str, Field(pattern=r"^rediss?://[^@]+$")]
    streams: Annotated[list[str], Field(min_length=1)]
    group: str = "deskgate"
    username: str | None = None
    password_env: str | None = None


class Streams(_Strict):
    """What the running store listens to, beside the event files of the bots."""

    mqtt: Mqtt | None = None
    redis: RedisStreams | None = None


class Alerts(_Strict):
    """Where alerts go, as Apprise addresses; those with a secret stand in the environment, by the variable's name."""

    urls: list[str] = Field(default_factory=list)
    urls_env: str | None = None


class Desk(_Strict):
    """A desk: its name, its quote currency, its bots, its streams and its alerts."""

    name: str
    quote: str = "USDT"
    streams: Streams = Streams()
    alerts: Alerts = Alerts()
    file: Path = Path(FILE_NAME)
    store: str | None = None
    suites: str | None = None
    bots: dict[str, Bot]

    @property
    def judged(self) -> list[Bot]:
        """The bots that the gates look at, by name."""
        return sorted((bot for bot in self.bots.values() if bot.judged), key=lambda bot: bot.name)

    @cached_property
    def instances(self) -> Instances:
        """Which instance is which bot."""
        return Instances({bot.name: bot.instances for bot in self.bots.values()})

    @property
    def root(self) -> Path:
        """The folder that paths and globs are relative to."""
        return self.file.parent


class _DeskTable(_Strict):
    name: Annotated[str, Field(min_length=1)]
    quote: str = "USDT"
    suites: Annotated[str, Field(min_length=1)] | None = None


class _StoreTable(_Strict):
    path: str | None = None


class _File(_Strict):
    desk: _DeskTable
    store: _StoreTable = _StoreTable()
    stream: Streams = Streams()
    alerts: Alerts = Alerts()
    bots: Annotated[dict[str, Bot], Field(min_length=1)]

    @model_validator(mode="after")
    def _instances_are_of_one_bot(self) -> "_File":
        if wrong := overlap({name: bot.instances for name, bot in self.bots.items()}):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _shadows_exist(self) -> "_File":
        for name, bot in self.bots.items():
            if bot.shadow is not None and (bot.shadow == name or bot.shadow not in self.bots):
                raise ValueError(
                    f"bots.{name}.shadow is '{bot.shadow}', expected another bot of this desk"
                    f"{did_you_mean(bot.shadow, set(self.bots) - {name})}"
                )
            if (
                bot.opening
                and not isinstance(bot.opening.position, dict)
                and len(bot.pairs) > 1
                and bot.opening.position
            ):
                raise ValueError(
                    f"bots.{name}.opening.position is one number for {len(bot.pairs)} pairs, expected a table by pair"
                )
        return self


_KNOWN = {
    (): set(_File.model_fields),
    ("desk",): set(_DeskTable.model_fields),
    ("store",): set(_StoreTable.model_fields),
    ("stream",): set(Streams.model_fields),
    ("alerts",): set(Alerts.model_fields),
    ("stream", "mqtt"): set(Mqtt.model_fields),
    ("stream", "redis"): set(RedisStreams.model_fields),
    ("bots", "*"): set(Bot.model_fields) - {"name"},
    ("bots", "*", "opening"): set(Opening.model_fields),
    ("bots", "*", "expected"): set(Expected.model_fields),
}


def load_desk(where: Path) -> Desk:
    """Return the desk described by `where`, a desk folder or its desk.toml.

    Raises
    ------
    InputError
        The folder or file is missing, is no TOML, has an unknown key or a value of the wrong type.
    """
    try:
        file = where / FILE_NAME if where.is_dir() else where
        there = file.is_file()
    except OSError as error:
        raise InputError(_unreadable(error, where)) from error
    if not there:
        raise InputError(
            f"{file}: no desk there, expected a folder with a {FILE_NAME}; make one with `deskgate init {where}`"
        )
    try:
        # Some editors put a byte order mark before the first line.
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(_unreadable(error, file)) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file}: not readable as UTF-8, {error.reason} at byte {error.start}; save it as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file}: not readable as TOML, {error}; correct that line") from error
    bots = raw.get("bots")
    if isinstance(bots, dict) and any(isinstance(bot, dict) and "name" in bot for bot in bots.values()):
        raise InputError(
            f"{file}: a bot has the key 'name', expected none: its name is the table's, [bots.<name>]; remove the key"
        )
    try:
        parsed = _File.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{file}: {_sentence(error)}") from error
    return Desk(
        name=parsed.desk.name,
        quote=parsed.desk.quote,
        file=file.resolve(),
        store=parsed.store.path,
        suites=parsed.desk.suites,
        streams=parsed.stream,
        alerts=parsed.alerts,
        bots={name: bot.model_copy(update={"name": name}) for name, bot in sorted(parsed.bots.items())},
    )


def _unreadable(error: OSError, place: Path) -> str:
    return (
        f"{error.filename or place}: {(error.strerror or 'unreadable').lower()}, expected a {FILE_NAME} that this user"
        " may read; give it that right, or run as the user it belongs to"
    )


def _sentence(error: ValidationError) -> str:
    """Say every complaint of pydantic about the file in one sentence a person can act on."""
    return (
        "; ".join(_complaint(item["loc"], item["type"], item["msg"], item["input"]) for item in error.errors())
        + "; correct desk.toml"
    )


def _complaint(place: tuple[int | str, ...], kind: str, message: str, got: object) -> str:
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        table = ("bots", "*", *place[2:-1]) if place[0] == "bots" else place[:-1]
        return f"unknown key {name}{did_you_mean(str(place[-1]), _KNOWN.get(tuple(map(str, table)), set()))}"
    if kind == "missing":
        return f"missing key {name}"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return f"{name}: {message[0].lower()}{message[1:]}, got {got!r}"
