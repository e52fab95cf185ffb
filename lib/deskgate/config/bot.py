"""One bot of desk.toml: what it trades with, where its sources lie, and what it opened with."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AwareDatetime, BeforeValidator, Field, field_validator, model_validator

from deskgate.config.actions import Control
from deskgate.config.connectors import is_of_contracts, is_paper, unit_of
from deskgate.config.errors import did_you_mean
from deskgate.config.legs import ALL_LEGS, Leg, LegsWaiver
from deskgate.config.rung import BotRung, Rung
from deskgate.config.strict import Strict

__all__ = ["FIRST_SNAPSHOT", "RUNGS_OF", "BaselineWindow", "Bot", "Expected", "Funded", "Mode", "Opening"]

# What `opening` may be instead of a table.
FIRST_SNAPSHOT = "first_snapshot"
_SYMBOL = re.compile(r"^[^/\s]+/[^/:\s]+(:[^/:\s]+)?$")


class Mode(StrEnum):
    """What a bot trades with. A disabled bot is listed, never judged."""

    LIVE = "live"
    PAPER = "paper"
    TESTNET = "testnet"
    DISABLED = "disabled"


# The rungs that a bot may be on, by what it trades with; a disabled one keeps the one it had.
RUNGS_OF = {
    Mode.PAPER: (Rung.PAPER,),
    Mode.TESTNET: (Rung.TESTNET,),
    Mode.LIVE: (Rung.MICRO, Rung.SIZE),
    Mode.DISABLED: tuple(Rung),
}


def _as_list(given: object) -> object:
    return [given] if isinstance(given, str) else given


_Price = Annotated[Decimal, Field(gt=0)]


class Opening(Strict):
    """Where the roll-forward of positions and balances starts, and the profit from there on.

    `balance` is the wallet's: without what a position of contracts has gained or lost so far. `entry_price` is what the
    position cost a unit of base; where it is not given, the position is valued at the mid then.
    """

    at: AwareDatetime
    balance: dict[str, Decimal] = Field(default_factory=dict)
    position: Decimal | dict[str, Decimal] = Decimal(0)
    entry_price: _Price | dict[str, _Price] | None = None


class Expected(Strict):
    """Constants that parity compares with where a bot has neither a shadow nor a window; the PnL is of 24 hours."""

    fill_ratio: float
    slippage_bps: float
    reject_rate: float
    realized_pnl_quote: float


class Funded(Strict):
    """What a live bot has to have shown: that it traded for so many hours with at least so much equity, in the desk's quote."""

    equity: Annotated[float, Field(gt=0)]
    hours: Annotated[float, Field(gt=0, le=720)] = 24.0


class BaselineWindow(Strict):
    """A span of the bot's own past that parity compares with, [since, until)."""

    since: AwareDatetime
    until: AwareDatetime

    @model_validator(mode="after")
    def _is_a_span(self) -> "BaselineWindow":
        if self.since >= self.until:
            raise ValueError(f"begins at {self.since} and ends at {self.until}, expected an end after its beginning")
        return self


class Bot(Strict):
    """One bot of the desk.

    `connector` is its first connector and `connectors` all of them; in desk.toml either may be a list. `symbols` says by
    which unified symbol of ccxt the venue's exports call a pair of Hummingbot's, where no built-in rule does. `account` are the
    accounts of desk.toml that it trades on, one or a list; where `exchange` is empty, their exports are the venue's leg.
    `opening = "first_snapshot"` sets `opens_at_first_snapshot`: the opening is then what the account's first snapshot holds, and None
    until a day is assessed that has one; `no_opening` then says why a snapshot that is there does not count. `legs` are those that are judged; without the event stream only by `legs_waiver`.
    `log_timezone` is the time zone that the clock of its process shows, and with it the lines of its log.
    """

    name: str = ""
    mode: Mode
    connector: str
    connectors: list[str] = Field(default_factory=list)
    symbols: dict[str, str] = Field(default_factory=dict)
    pairs: Annotated[list[str], Field(min_length=1)]
    shadow: str | None = None
    baseline_window: BaselineWindow | None = None
    funded: Funded | None = None
    expected: Expected | None = None
    local: list[str] = Field(default_factory=list)
    events: list[str] = Field(default_factory=list)
    exchange: list[str] = Field(default_factory=list)
    account: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)
    config: list[str] = Field(default_factory=list)
    instances: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default_factory=list)
    opening: Opening | None = None
    opens_at_first_snapshot: Annotated[bool, Field(exclude=True)] = False
    no_opening: Annotated[str | None, Field(exclude=True)] = None
    control: Control = Control()
    rung: BotRung | None = None
    legs: Annotated[tuple[Leg, ...], Field(min_length=1)] = ALL_LEGS
    legs_waiver: LegsWaiver | None = None
    log_timezone: str = "UTC"

    @field_validator("log_timezone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        if name not in (known := available_timezones()):
            raise ValueError(
                f"is '{name}', expected a name of the IANA time zone database such as Europe/Berlin{did_you_mean(name, known)}"
            )
        return name

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

    @model_validator(mode="before")
    @classmethod
    def _may_open_at_first_snapshot(cls, raw: object) -> object:
        """Take the word that stands for an opening."""
        if not isinstance(raw, dict):
            return raw
        if found := sorted({"opens_at_first_snapshot", "no_opening"} & raw.keys()):
            raise ValueError(f'has {found[0]}, expected opening = "{FIRST_SNAPSHOT}"; write it so')
        if not isinstance(raw.get("opening"), str):
            return raw
        if raw["opening"] != FIRST_SNAPSHOT:
            raise ValueError(
                f"opening is '{raw['opening']}', expected a table, or \"{FIRST_SNAPSHOT}\""
                f"{did_you_mean(raw['opening'], {FIRST_SNAPSHOT})}"
            )
        return {**raw, "opening": None, "opens_at_first_snapshot": True}

    @model_validator(mode="after")
    def _has_one_reference(self) -> "Bot":
        given = [name for name in ("shadow", "baseline_window", "expected") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}, expected one of them to compare with; remove the others")
        return self

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

    @model_validator(mode="after")
    def _legs_are_waived_by_name(self) -> "Bot":
        if sorted(self.legs) not in (sorted(ALL_LEGS), sorted({*ALL_LEGS} - {"events"})):
            raise ValueError(
                f"legs are {', '.join(self.legs)}, expected local and exchange, and events unless legs_waiver says why not"
            )
        if "events" in self.legs:
            if self.legs_waiver:
                raise ValueError("has legs_waiver and all legs, expected legs without events; remove one of the two")
        elif not self.legs_waiver:
            raise ValueError(
                "has legs without events and no legs_waiver, expected who asks for it, who approves, why and until when:"
                ' legs_waiver = { by = "...", approver = "...", why = "...", since = 2026-03-01, until = 2026-04-01 }'
            )
        elif self.events:
            raise ValueError(
                "has legs without events and names event files, expected one of the two; a stream that is there is judged"
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
        return self.opening.position if pair in self.pairs else Decimal(0)

    def entry_price(self, pair: str) -> Decimal | None:
        """Return what a unit of the opening position of `pair` cost; None where the opening does not say it."""
        price = self.opening.entry_price if self.opening else None
        if isinstance(price, dict):
            return price.get(pair)
        return price if pair in self.pairs else None
