"""A folder -> the desk in it: bots with their files and configuration, accounts at venues, brokers, and what is missing.

It looks in the usual places of Hummingbot, hummingbot-api and controller logs, recognises files by their content, and
only proposes: a person reads the draft before anything is judged. Nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deskgate.config.accounts import EXPORTS
from deskgate.config.instances import STAMP, Instances, overlap, patterns_of
from deskgate.sources.discovery.accounts import FoundAccount, propose_accounts
from deskgate.sources.discovery.bot_configuration import bot_configuration, home_of, written
from deskgate.sources.discovery.client_file import Broker
from deskgate.sources.discovery.installations import Home, Installation, installations, profiles
from deskgate.sources.discovery.proposal import Find, FoundBot, propose_bot
from deskgate.sources.discovery.search import bots_of, find_files, walk
from deskgate.sources.discovery.shadows import propose_shadows

__all__ = ["FoundDesk", "discover"]


@dataclass
class FoundDesk:
    """What was found under a folder: bots by name, accounts, brokers, and what a person should know about the desk."""

    bots: list[FoundBot]
    accounts: list[FoundAccount] = field(default_factory=list)
    brokers: list[Broker] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def discover(root: Path) -> FoundDesk:
    """Return the desk whose files lie under `root`.

    Folders deeper than six levels, hidden ones, those of installed packages and the exports of accounts are not looked at. Files
    that are of no known kind are left out; a folder, a configuration or a bot's records that cannot be read are a note.
    """
    skipped = {root / EXPORTS}
    folders = [folder for folder, _, _ in walk(root, skipped)]
    places = installations(folders, root)
    closed: list[Path] = []
    finds = list(find_files(root, skipped=skipped, on_unreadable=closed.append))
    by_bot, instances = _by_bot(root, finds)
    homes = {name: _homes(mine, finds, places) for name, mine in by_bot.items()}
    for name, home in _without_files(places, finds, homes):
        by_bot.setdefault(name, [])
        instances.setdefault(name, set()).add(home.folder.name if home.is_instance else name)
        homes.setdefault(name, []).append(Home(home, frozenset(), is_alone=home.folder != root))
    patterns = patterns_of(instances)
    bots = [
        propose_bot(
            root,
            name,
            by_bot[name],
            finds,
            configured=bot_configuration(root, homes[name], name=name),
            instances=instances[name],
            patterns=patterns[name],
            expected=_expected(root, name, homes[name], by_bot[name]),
        )
        for name in sorted(by_bot)
    ]
    _name_instances(bots, homes)
    propose_shadows(bots)
    found = FoundDesk(bots, propose_accounts(root, bots, homes, profiles(folders)))
    found.notes += [
        f"{place.relative_to(root)}: cannot be read, so what it holds is not in the draft; give this user the right to (it may also be torn)"
        for place in closed
    ]
    now = [home for home in places if not home.archived]
    found.notes += [f"{file.relative_to(root)}: {why}" for home in now for file, why in home.problems]
    brokers = [home.client.broker for home in now if home.client and home.client.broker]
    found.brokers += list(dict.fromkeys(brokers))
    return found


def _by_bot(root: Path, finds: list[Find]) -> tuple[dict[str, list[Find]], dict[str, set[str]]]:
    """Return by bot its files, and its instances."""
    live = {find.owner for find in finds if find.kind.database and find.owner and not find.archived}
    by_bot: dict[str, list[Find]] = {}
    instances: dict[str, set[str]] = {}
    for find in finds:
        for instance in bots_of(root, find, live):
            name = STAMP.sub("", instance) or instance
            instances.setdefault(name, set()).add(instance)
            if find not in by_bot.setdefault(name, []):
                by_bot[name].append(find)
    # The client writes a log before it has a configuration, and keeps those of configurations that are gone.
    for name in [name for name, mine in by_bot.items() if all(find.kind.is_log for find in mine)]:
        del by_bot[name], instances[name]
    return by_bot, instances


def _homes(mine: list[Find], finds: list[Find], places: list[Installation]) -> list[Home]:
    """Return the installations that a bot has files in."""
    found: list[Home] = []
    for home in places:
        inside = [find for find in mine if home_of(find.file, places) is home]
        if not inside or not any(find.kind.leg == "local" for find in inside):
            continue
        others = [
            find for find in finds if find.kind.database and find not in mine and home_of(find.file, places) is home
        ]
        stems = frozenset(find.file.name.partition(".")[0] for find in inside if find.kind.database)
        found.append(Home(home, stems, is_alone=not others))
    return found


def _without_files(
    places: list[Installation], finds: list[Find], homes: dict[str, list[Home]]
) -> list[tuple[str, Installation]]:
    """Return the bots of installations that are configured and have no database yet: one each, in the desk's own folder one a file."""
    taken = {home.installation.folder for found in homes.values() for home in found}
    empty = [home for home in places if home.folder not in taken and not home.archived]
    found: list[tuple[str, Installation]] = []
    for home in empty:
        if any(find.kind.database and home_of(find.file, places) is home for find in finds):
            continue
        if home.is_instance or any(other.folder != home.folder for other in places):
            name = STAMP.sub("", home.folder.name) or home.folder.name
            found += [(name, home)] if home.strategies or home.controllers else []
        else:
            found += [(each.database, home) for each in home.strategies]
    return found


def _expected(root: Path, name: str, homes: Sequence[Home], mine: list[Find]) -> list[str]:
    """Return where the database of a bot will be that has none yet."""
    if any(find.kind.leg == "local" and not find.kind.is_log for find in mine):
        return []
    return [
        f"{written(root, home.installation.folder / 'data')}/*.sqlite"
        if home.installation.folder != root
        else written(root, root / "data" / f"{name}.sqlite")
        for home in homes
    ]


def _name_instances(bots: list[FoundBot], homes: dict[str, list[Home]]) -> None:
    """Add the instance that a bot's client has in topics, where it is one bot's alone."""
    named: dict[str, list[FoundBot]] = {}
    for bot in bots:
        places = [home.installation for home in homes[bot.name] if not home.installation.archived]
        clients = [place.client for place in places if place.client]
        for instance in dict.fromkeys(client.instance for client in clients if client.instance):
            named.setdefault(instance, []).append(bot)
    for instance, claimed in named.items():
        for bot in claimed:
            if instance == bot.name or Instances({bot.name: bot.instances}).bot_of(instance):
                continue
            claims = {each.name: [*each.instances, *([instance] if each is bot else [])] for each in bots}
            if len(claimed) == 1 and not overlap(claims):
                bot.instances.append(instance)
                continue
            bot.notes.append(
                f"its topics carry the instance {instance}, and those of another bot may too: write instances ="
                f' ["{instance}"] at the one that runs, or give each client an instance_id of its own'
            )
