"""Bots whose files lie in the desk's folder and that no pattern of desk.toml names: nothing judges what they trade."""

from collections.abc import Collection, Iterator
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instances import STAMP
from deskgate.config.patterns import matches
from deskgate.schema import LEGS
from deskgate.sources.discovery.proposal import Find, FoundBot, propose_bot
from deskgate.sources.discovery.search import bots_of, find_files, owner_of

__all__ = ["unnamed_bots"]


def unnamed_bots(desk: Desk, *, skipped: Collection[Path] = ()) -> list[tuple[FoundBot, list[str]]]:
    """Return the bots that are in the desk's folder and not in desk.toml, each with its files relative to the desk.

    A folder is named where a pattern matches any file of its bot. Deployments that were archived have stopped, and are
    left out.

    Parameters
    ----------
    skipped
        Folders that are not looked into: the store's.
    """
    named = set(_named(desk))
    owners = {_stem(owner) for file in named if (owner := _owner(desk, file))}
    folders = {folder for file in named if (folder := _folder(desk, file))}
    finds = [
        find
        for find in find_files(desk.root, named=named, skipped=skipped)
        if not find.archived and find.kind.tables and folders.isdisjoint(find.file.parents)
    ]
    databases = {find.owner for find in finds if find.kind.database and find.owner}
    found: dict[str, list[Find]] = {}
    for find in finds:
        for instance in bots_of(desk.root, find, databases):
            if not _is_named(desk, find, instance, owners):
                found.setdefault(_stem(instance), []).append(find)
    return [
        (propose_bot(desk.root, name, mine, mine), sorted(_relative(desk, find.file) for find in mine))
        for name, mine in sorted(found.items())
    ]


def _named(desk: Desk) -> Iterator[Path]:
    """Yield every file that desk.toml names for a leg of a bot."""
    for bot in desk.bots.values():
        for leg in LEGS:
            for pattern in getattr(bot, leg):
                try:
                    places = matches(desk, f"bots.{bot.name}.{leg}", pattern)
                except InputError:
                    continue  # reading the desk says so
                for place in places:
                    yield from place.rglob("*") if place.is_dir() else (place,)


def _is_named(desk: Desk, find: Find, instance: str, owners: Collection[str]) -> bool:
    """Return whether desk.toml names the bot: a file of its folder, or, of a file about several bots, the bot itself."""
    if find.kind.names_its_bots and desk.instances.bot_of(instance) is not None:
        return True
    return _stem(instance) in owners or (find.owner is not None and _stem(find.owner) in owners)


def _owner(desk: Desk, file: Path) -> str | None:
    """Return the folder of a file's bot, else what its name begins with: one folder may hold the databases of all bots."""
    inside = owner_of(file.parent.relative_to(desk.root).parts) if file.is_relative_to(desk.root) else None
    return inside or file.name.partition(".")[0]


def _folder(desk: Desk, file: Path) -> Path | None:
    """Return the folder of a file's bot; None where it lies among those of others."""
    owner = _owner(desk, file)
    return next((folder for folder in file.parents if folder.name == owner and folder != desk.root), None)


def _stem(instance: str) -> str:
    return STAMP.sub("", instance) or instance


def _relative(desk: Desk, file: Path) -> str:
    return file.relative_to(desk.root).as_posix()
