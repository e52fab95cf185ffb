"""Bots whose files lie in the desk's folder and that no pattern of desk.toml names: nothing judges what they trade."""

import os
from collections.abc import Collection, Iterable, Iterator
from glob import escape
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instances import STAMP
from deskgate.config.patterns import covers, matches
from deskgate.schema import LEGS
from deskgate.sources.discovery.proposal import Find, FoundBot, propose_bot
from deskgate.sources.discovery.search import bots_of, find_files, owner_of
from deskgate.sources.registry import database_suffixes

__all__ = ["unnamed_bots"]


def unnamed_bots(desk: Desk, *, skipped: Collection[Path] = ()) -> list[tuple[FoundBot, list[str]]]:
    """Return the bots that are in the desk's folder and not in desk.toml, each with its files relative to the desk.

    A folder is named where a pattern matches any file of its bot; a database beside it that has another name is of another
    bot: an installation of Hummingbot keeps those of all its strategies in one folder. Deployments that were archived have
    stopped, and are left out. What cannot be read may be a bot: its patterns name the file or the folder. Where desk.toml says
    that no bot is (`ignore`), it is none; records that can be read are a bot's there too.

    Parameters
    ----------
    skipped
        Folders that are not looked into: the store's.

    Raises
    ------
    InputError
        `ignore` has a folder with files of a bot that desk.toml names.
    """
    named, places = set(_named(desk)), _Places(desk.root)
    _refuse_ignored(desk, named, places)
    folders = {folder for file in named if (folder := places.folder(file))}
    unreadable: list[Path] = []
    found: dict[str, list[Find]] = {}
    for name, find in _finds(desk, named, places, folders, skipped, unreadable):
        found.setdefault(name, []).append(find)
    bots = {name: propose_bot(desk.root, name, mine, mine) for name, mine in found.items()}
    files = {name: [_relative(desk, find.file) for find in mine] for name, mine in found.items()}
    for name, place in _hidden(desk, named, places, folders, unreadable):
        bots.setdefault(name, FoundBot(name)).local.append(escape(_relative(desk, place)))
        files.setdefault(name, []).append(_relative(desk, place))
    return [(bot, sorted(files[name])) for name, bot in sorted(bots.items())]


class _Places:
    """Whose bot's a file is. A folder is looked at once, however many files it has: they are ten more every day."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, tuple[str, Path | None] | None] = {}

    def owner(self, file: str) -> str:
        """Return the folder of a file's bot, else what its name begins with: one folder may hold the databases of all bots."""
        folder, name = os.path.split(file)
        inside = self._inside(folder)
        return inside[0] if inside else name.partition(".")[0]

    def folder(self, file: str) -> Path | None:
        """Return the folder of a file's bot; None where it lies among those of others."""
        inside = self._inside(os.path.split(file)[0])
        return inside[1] if inside else self._above(Path(file), self.owner(file))

    def _inside(self, place: str) -> tuple[str, Path | None] | None:
        if place not in self._seen:
            folder = Path(place)
            owner = owner_of(folder.relative_to(self._root).parts) if folder.is_relative_to(self._root) else None
            self._seen[place] = (owner, self._above(folder / "file", owner)) if owner else None
        return self._seen[place]

    def _above(self, file: Path, owner: str) -> Path | None:
        return next((folder for folder in file.parents if folder.name == owner and folder != self._root), None)


def _finds(
    desk: Desk,
    named: Collection[str],
    places: _Places,
    folders: Collection[Path],
    skipped: Collection[Path],
    unreadable: list[Path],
) -> Iterator[tuple[str, Find]]:
    """Yield bot and file of what no pattern names; what cannot be read is added to `unreadable`."""
    owners = {_stem(owner) for file in named if (owner := places.owner(file))}

    def is_wanted(file: Path) -> bool:
        folder = _folder_of(file, folders)
        return folder is None or _is_another(file, folder, named)

    found = find_files(desk.root, named=named, skipped=skipped, is_wanted=is_wanted, on_unreadable=unreadable.append)
    finds = [find for find in found if not find.archived and find.kind.tables and not find.kind.is_log]
    databases = {find.owner for find in finds if find.kind.database and find.owner}
    for find in finds:
        if _folder_of(find.file, folders):
            yield _stem(find.file.stem), find
            continue
        for instance in bots_of(desk.root, find, databases):
            if not _is_named(desk, find, instance, owners):
                yield _stem(instance), find


def _hidden(
    desk: Desk, named: Collection[str], places: _Places, folders: Collection[Path], unreadable: Iterable[Path]
) -> Iterator[tuple[str, Path]]:
    """Yield bot and place of what cannot be read; in a named bot's folder only databases, its keys may be closed to others."""
    for place in unreadable:
        folder = _folder_of(place, folders)
        if folder is None:
            if not _ignoring(desk, place):
                yield _stem(places.owner(str(place)) or place.name), place
        elif _is_another(place, folder, named):
            yield _stem(place.stem), place


def _ignoring(desk: Desk, place: Path) -> str | None:
    """Return the pattern of `ignore` that a place lies in."""
    return next((pattern for pattern in desk.ignore if covers(pattern, _relative(desk, place))), None)


def _refuse_ignored(desk: Desk, named: Iterable[str], places: _Places) -> None:
    """Refuse a pattern of `ignore` that has a file of a named bot, or another file in the folder of its bot, in it."""
    for file in sorted(named) if desk.ignore else ():
        for place in (Path(file), places.folder(file)):
            if place and place.is_relative_to(desk.root) and (pattern := _ignoring(desk, place)):
                raise InputError(
                    f"{desk.file}: desk.ignore has '{pattern}', in which {_relative(desk, Path(file))} of a named bot lies,"
                    " expected folders without a bot; write a narrower pattern"
                )


def _folder_of(place: Path, folders: Collection[Path]) -> Path | None:
    return next((parent for parent in place.parents if parent in folders), None)


def _is_another(file: Path, folder: Path, named: Collection[str]) -> bool:
    """Return whether a file in a named bot's folder is a database of another bot: a copy of the bot's own keeps its name."""
    if not file.name.endswith(database_suffixes()):
        return False
    return all(file.name != os.path.split(each)[1] for each in named if each.startswith(f"{folder}{os.sep}"))


def _named(desk: Desk) -> Iterator[str]:
    """Yield every file that desk.toml names for a leg of a bot.

    Files are strings here and in what asks about each: ten more come every day, and pathlib takes a path apart each time.
    """
    for bot in desk.bots.values():
        for leg in LEGS:
            for pattern in getattr(bot, leg):
                try:
                    places = matches(desk, f"bots.{bot.name}.{leg}", pattern)
                except InputError:
                    continue  # reading the desk says so
                for place in places:
                    yield from _all_in(place) if place.is_dir() else (str(place),)


def _all_in(place: Path) -> Iterator[str]:
    # A folder that may not be looked into stops nothing here: reading the desk says so.
    for folder, folders, names in os.walk(place):
        yield from (os.path.join(folder, name) for name in (*folders, *names))  # noqa: PTH118


def _is_named(desk: Desk, find: Find, instance: str, owners: Collection[str]) -> bool:
    """Return whether desk.toml names the bot: a file of its folder, or, of a file about several bots, the bot itself."""
    if find.kind.names_its_bots and desk.instances.bot_of(instance) is not None:
        return True
    return _stem(instance) in owners or (find.owner is not None and _stem(find.owner) in owners)


def _stem(instance: str) -> str:
    return STAMP.sub("", instance) or instance


def _relative(desk: Desk, file: Path) -> str:
    return file.relative_to(desk.root).as_posix()
