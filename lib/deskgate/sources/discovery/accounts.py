"""Bots as found -> the accounts at venues that they trade on: one a connector and a profile of credentials.

A profile is a set of keys: that of an installation, or one of hummingbot-api's. Which profile a deployment was given is not written
down; where several have the connector, a person says which.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskgate.config.accounts import Account
from deskgate.config.bot import Mode
from deskgate.sources.discovery.installations import Home, Installation
from deskgate.sources.discovery.proposal import FoundBot

__all__ = ["FoundAccount", "propose_accounts"]

_NAME_LIMIT = 60


@dataclass(frozen=True, order=True)
class FoundAccount:
    """One account as proposed; `is_used` where a bot is said to trade on it."""

    name: str
    connector: str
    is_used: bool = True

    @property
    def variables(self) -> str:
        """What the names of its variables in the environment begin with."""
        return Account(name=self.name, connector=self.connector).variables


def propose_accounts(
    root: Path,
    bots: Sequence[FoundBot],
    homes: Mapping[str, Sequence[Home]],
    profiles: Mapping[str, Sequence[str]],
) -> list[FoundAccount]:
    """Return the accounts, and set those of each live or testnet bot that has no exports of its own.

    Parameters
    ----------
    homes
        By bot the installations that it has files in.
    profiles
        By name the connectors that each profile of hummingbot-api has credentials of.
    """
    found: dict[tuple[str, str], FoundAccount] = {}

    def account(place: str, connector: str, *, is_used: bool) -> str:
        key = (place, connector)
        if key not in found or is_used > found[key].is_used:
            name = found[key].name if key in found else _name(place, connector, {each.name for each in found.values()})
            found[key] = FoundAccount(name, connector, is_used)
        return found[key].name

    trading = [bot for bot in bots if bot.mode in (Mode.LIVE, Mode.TESTNET) and not bot.exchange]
    for bot in trading:
        now = [home.installation for home in homes[bot.name] if not home.installation.archived]
        for connector in bot.connectors:
            if "/" in connector or connector == "unknown":
                bot.notes.append(f"{connector} trades from a wallet through Gateway: deskgate snapshot cannot read it")
                continue
            with_it = sorted(name for name, names in profiles.items() if connector in names)
            if len(with_it) > 1 and any(home.is_instance for home in now):
                names = [account(profile, connector, is_used=False) for profile in with_it]
                bot.missing.append(
                    f"which profile of credentials it was deployed with is not written down: uncomment one of"
                    f' {", ".join(f"[accounts.{name}]" for name in names)} and write account = "{names[0]}"'
                )
                continue
            place = (
                with_it[0] if with_it and any(home.is_instance for home in now) else _place(root, connector, now, homes)
            )
            bot.accounts.append(account(place, connector, is_used=True))
            if now and not with_it and not any(connector in home.connectors for home in now):
                bot.notes.append(f"conf/connectors has no credentials of {connector}: it has not been connected there")
    for bot in trading:
        others = [each.name for each in trading if each is not bot and set(each.accounts) & set(bot.accounts)]
        bot.shares_account = bool(others)
    return sorted(found.values())


def _place(
    root: Path,
    connector: str,
    now: Sequence[Installation],
    homes: Mapping[str, Sequence[Home]],
) -> str:
    """Return the folder of the installation where several have keys of a connector: each may be of another account."""
    every = {home.folder for home in _installations(homes) if connector in home.connectors}
    mine = [home.folder for home in now if connector in home.connectors and not home.is_instance]
    return mine[0].name if mine and mine[0] != root and len(every) > 1 else ""


def _installations(homes: Mapping[str, Sequence[Home]]) -> list[Installation]:
    return [home.installation for of_bot in homes.values() for home in of_bot]


def _name(place: str, connector: str, taken: set[str]) -> str:
    """Return the name of an account's table, which has letters, digits, _ and - alone."""
    wanted = f"{place}_{connector}" if place else connector
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted).strip("_-") or "account"
    name, number = plain[:_NAME_LIMIT], 2
    while name in taken:
        name, number = f"{plain[: _NAME_LIMIT - 4]}_{number}", number + 1
    return name
