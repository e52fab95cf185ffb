"""desk.toml -> Desk: the file is read, checked as a whole, and each complaint is said in one sentence.

Opens no source. Unknown keys are refused with the nearest known one, because a misspelt key that is ignored is a check
that never runs.
"""

import tomllib
from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError, model_validator

from deskgate.config.account_rules import account_complaints
from deskgate.config.accounting import Accounting
from deskgate.config.accounts import Account
from deskgate.config.actions import Actions, Control, HummingbotApi, MqttCommands, Outbox, RedisIntents, VenueKey
from deskgate.config.bot import RUNGS_OF, BaselineWindow, Bot, Expected, Funded, Opening
from deskgate.config.desk import FILE_NAME, Alerts, Audit, Deployment, Desk, Mqtt, OtherFolder, RedisStreams, Streams
from deskgate.config.errors import InputError, complaint, did_you_mean
from deskgate.config.instances import overlap
from deskgate.config.legs import LegsWaiver
from deskgate.config.monitoring import MonitoringTable
from deskgate.config.risk import Beta, Risk
from deskgate.config.rung import BotRung
from deskgate.config.secrecy import keys_with_secret_address
from deskgate.config.strict import Strict

__all__ = ["KNOWN_KEYS", "DeskFile", "find_desk", "load_desk"]


class _DeskTable(Strict):
    name: Annotated[str, Field(min_length=1)]
    quote: str = "USDT"
    suites: Annotated[str, Field(min_length=1)] | None = None
    ignore: list[OtherFolder] = Field(default_factory=list)
    accounting: Accounting = Accounting.AVERAGE


class _StoreTable(Strict):
    path: str | None = None


_AccountName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]


def _with_names(accounts: dict[str, Account]) -> dict[str, Account]:
    return {name: account.model_copy(update={"name": name}) for name, account in sorted(accounts.items())}


class DeskFile(Strict):
    """What a desk.toml may hold."""

    desk: _DeskTable
    store: _StoreTable = _StoreTable()
    stream: Streams = Streams()
    alerts: Alerts = Alerts()
    monitoring: MonitoringTable | None = None
    actions: Actions = Actions()
    risk: Risk = Risk()
    audit: Audit = Audit()
    deployment: Deployment = Deployment()
    accounts: Annotated[dict[_AccountName, Account], AfterValidator(_with_names)] = Field(default_factory=dict)
    bots: Annotated[dict[str, Bot], Field(min_length=1)]

    @model_validator(mode="after")
    def _instances_are_of_one_bot(self) -> "DeskFile":
        if wrong := overlap({name: bot.instances for name, bot in self.bots.items()}):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _betas_are_of_assets_without_one(self) -> "DeskFile":
        for asset, beta in self.risk.betas.items():
            if beta.of == asset or beta.of in self.risk.betas:
                raise ValueError(
                    f"risk.betas.{asset}.of is '{beta.of}', expected another asset that has no beta itself"
                )
        return self

    @model_validator(mode="after")
    def _shadows_exist(self) -> "DeskFile":
        for name, bot in self.bots.items():
            if bot.shadow is not None and (bot.shadow == name or bot.shadow not in self.bots):
                raise ValueError(
                    f"bots.{name}.shadow is '{bot.shadow}', expected another bot of this desk"
                    f"{did_you_mean(bot.shadow, set(self.bots) - {name})}"
                )
        return self

    @model_validator(mode="after")
    def _accounts_are_of_one_place(self) -> "DeskFile":
        if wrong := next(account_complaints(self.accounts, self.bots), None):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _rungs_are_of_modes(self) -> "DeskFile":
        for name, bot in self.bots.items():
            if bot.rung and bot.rung.name not in RUNGS_OF[bot.mode]:
                raise ValueError(
                    f"bots.{name}.rung.name is '{bot.rung.name}' and its mode is '{bot.mode}', expected"
                    f" {' or '.join(RUNGS_OF[bot.mode])} for that mode"
                )
        return self

    @model_validator(mode="after")
    def _openings_are_of_pairs(self) -> "DeskFile":
        for name, bot in self.bots.items():
            opening = bot.opening
            if opening and opening.position and not isinstance(opening.position, dict) and len(bot.pairs) > 1:
                raise ValueError(
                    f"bots.{name}.opening.position is one number for {len(bot.pairs)} pairs, expected a table by pair"
                )
            given = opening.entry_price if opening else None
            if given is not None and not isinstance(given, dict) and len(bot.pairs) > 1:
                raise ValueError(
                    f"bots.{name}.opening.entry_price is one number for {len(bot.pairs)} pairs, expected a table by pair"
                )
            for pair in given if isinstance(given, dict) else bot.pairs if given else []:
                # In hedge mode each side of a market may have a price of its own.
                sides = {pair, pair.removesuffix(" long").removesuffix(" short")}
                if not any(bot.opening_position(each) for each in sides):
                    raise ValueError(
                        f"bots.{name}.opening.entry_price names {pair}, of which the opening has no position; expected the"
                        " price of a pair in `position`"
                    )
        return self


# Of each table, by its place in the file, the keys that may stand in it.
KNOWN_KEYS = {
    (): set(DeskFile.model_fields),
    ("desk",): set(_DeskTable.model_fields),
    ("store",): set(_StoreTable.model_fields),
    ("stream",): set(Streams.model_fields),
    ("alerts",): set(Alerts.model_fields),
    ("monitoring",): set(MonitoringTable.model_fields),
    ("actions",): set(Actions.model_fields),
    ("actions", "outbox"): set(Outbox.model_fields),
    ("actions", "redis"): set(RedisIntents.model_fields),
    ("actions", "mqtt"): set(MqttCommands.model_fields),
    ("actions", "hummingbot_api"): set(HummingbotApi.model_fields),
    ("risk",): set(Risk.model_fields),
    ("risk", "betas", "*"): set(Beta.model_fields),
    ("audit",): set(Audit.model_fields),
    ("deployment",): set(Deployment.model_fields),
    ("accounts", "*"): set(Account.model_fields) - {"name"},
    ("stream", "mqtt"): set(Mqtt.model_fields),
    ("stream", "redis"): set(RedisStreams.model_fields),
    ("bots", "*"): set(Bot.model_fields) - {"name", "opens_at_first_snapshot", "no_opening"},
    ("bots", "*", "opening"): set(Opening.model_fields),
    ("bots", "*", "expected"): set(Expected.model_fields),
    ("bots", "*", "baseline_window"): set(BaselineWindow.model_fields),
    ("bots", "*", "funded"): set(Funded.model_fields),
    ("bots", "*", "control"): set(Control.model_fields),
    ("bots", "*", "rung"): set(BotRung.model_fields),
    ("bots", "*", "legs_waiver"): set(LegsWaiver.model_fields),
    ("bots", "*", "control", "venue"): set(VenueKey.model_fields),
}


def load_desk(where: Path) -> Desk:
    """Return the desk described by `where`, a desk folder or its desk.toml.

    Raises
    ------
    InputError
        The folder or file is missing, is no TOML, has an unknown key, a value of the wrong type or a secret in an address.
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
    for key, what in (("bots", "a bot"), ("accounts", "an account")):
        tables = raw.get(key)
        if isinstance(tables, dict) and any(isinstance(each, dict) and "name" in each for each in tables.values()):
            raise InputError(
                f"{file}: {what} has the key 'name', expected none: its name is the table's, [{key}.<name>]; remove the key"
            )
    # An alert channel may need its address whole; a gate looks for those with a secret.
    wrong = [found for found in keys_with_secret_address(raw) if not found[0].startswith("alerts.urls")]
    if wrong:
        key, what = wrong[0]
        raise InputError(
            f"{file}: {key} has {what} in its address, expected an address without one; keep a secret in the environment, and"
            " name its variable in a key that ends in _env, a user under username, where there are such keys"
        )
    try:
        parsed = DeskFile.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{file}: {_sentence(error)}") from error
    return Desk(
        name=parsed.desk.name,
        quote=parsed.desk.quote,
        file=file.resolve(),
        store=parsed.store.path,
        suites=parsed.desk.suites,
        ignore=parsed.desk.ignore,
        accounting=parsed.desk.accounting,
        streams=parsed.stream,
        alerts=parsed.alerts,
        monitoring=parsed.monitoring.routed if parsed.monitoring else None,
        textfile=parsed.monitoring.textfile if parsed.monitoring else None,
        actions=parsed.actions,
        risk=parsed.risk,
        audit=parsed.audit,
        deployment=parsed.deployment,
        accounts=parsed.accounts,
        bots={name: _named(name, bot, parsed.accounts) for name, bot in sorted(parsed.bots.items())},
    )


def find_desk(given: Path | None) -> Desk:
    """Return the desk at `given`, else config/desk.toml of the current directory, else the nearest desk.toml upwards.

    Raises
    ------
    InputError
        There is none; or as `load_desk`.
    """
    if given is not None:
        return load_desk(given)
    here = Path.cwd()
    for place in (here / "config" / FILE_NAME, *(folder / FILE_NAME for folder in (here, *here.parents))):
        if place.is_file():
            return load_desk(place)
    raise InputError(
        f"{here}: no {FILE_NAME} here or above, expected one; name it with --desk, or make one with `deskgate init DIR`"
    )


def _named(name: str, bot: Bot, accounts: Mapping[str, Account]) -> Bot:
    """Return a bot with its name, and with the exports of its accounts where desk.toml names none."""
    exchange = bot.exchange or [escape(accounts[each].export_folder) for each in bot.account]
    return bot.model_copy(update={"name": name, "exchange": exchange})


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
    table = (place[0], "*", *place[2:-1]) if place[:1] in {("bots",), ("accounts",)} else place[:-1]
    said = complaint(place, kind, message, got, KNOWN_KEYS.get(tuple(map(str, table)), set()))
    # A rule of one table does not know whose table it is.
    return f"{'.'.join(map(str, place))}: {said}" if place and kind == "value_error" else said
