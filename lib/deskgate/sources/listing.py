"""desk.toml's patterns -> the files behind them, each once, with the bots that list it and as which leg.

A pattern may match nothing: the leg is then absent, and the checks report it. What is passed over is noted. A file that is
listed as two legs is an error: no leg is evidence for another.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime
from glob import escape
from pathlib import Path

from deskgate.config.bot import Bot
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, UnknownKindError
from deskgate.config.instances import STAMP, Instances
from deskgate.config.patterns import entries_below, is_named, matches, rights
from deskgate.schema import LEGS
from deskgate.sources.lines import digest_of
from deskgate.sources.recognition import recognise
from deskgate.sources.registry import KINDS, folder_suffixes, kind_named
from deskgate.sources.source_file import SourceFile, may_have_changed, size_in, stat_of
from deskgate.sources.source_kind import SourceKind

__all__ = ["Notes", "opened", "source_files"]

Notes = dict[str, str]
_NO_KINDS: Mapping[str, Collection[str]] = {}


def source_files(
    desk: Desk,
    *,
    legs: Collection[str] = LEGS,
    looked_at: datetime | None = None,
    kinds: Mapping[str, Collection[str]] = _NO_KINDS,
    stays_closed: Callable[[SourceFile], bool] = lambda _: False,
    notes: Notes | None = None,
) -> list[SourceFile]:
    """Return the desk's source files by path.

    Parameters
    ----------
    legs
        The legs whose files are wanted; those of others only show which instance is which bot.
    looked_at
        The instant at which the listing begins, as `stat_of` takes it.
    kinds
        By path, the kinds as which a file has been read before.
    stays_closed
        Whether a source need not be opened; it has neither digest nor document then. A file that several bots list
        stays closed only if all sources of it do.
    notes
        Takes what is passed over, by path or pattern, with the reason: a file of no known kind that a wildcard or a
        folder has found, a link to nothing, a pattern that matches nothing.

    Raises
    ------
    InputError
        A pattern is absolute or malformed; a folder may not be looked into; a file cannot be read, is listed as two
        legs, as another leg than its kind's, or by several bots though its records name none; one that is named without
        a wildcard is of no known kind, a link to nothing, or a folder.
    """
    listed: dict[Path, dict[str, list[Bot]]] = {}
    named: set[Path] = set()
    notes = {} if notes is None else notes
    for bot in desk.bots.values():
        for leg in LEGS:
            # What is not read cannot stop the reading.
            with nullcontext() if leg in legs else suppress(InputError):
                for file, is_named_so in _matches(desk, bot, leg, notes if leg in legs else {}).items():
                    listed.setdefault(file, {}).setdefault(leg, []).append(bot)
                    named |= {file} if is_named_so else set()
    desk = _with_deployments(desk, listed)
    found: list[SourceFile] = []
    for file, by_leg in listed.items():
        if by_leg.keys().isdisjoint(legs):
            continue
        mine = _of_its_instance(desk, file, by_leg)
        with rights():
            stat = stat_of(file, looked_at)
        try:
            found += _closed(desk, file, mine, stat, kinds, stays_closed) or _read(desk, file, mine, stat)
        except UnknownKindError as error:
            # One harmless file that a wildcard finds too must not stop the desk.
            _pass_over(desk, file, notes, error, named=file in named)
    return sorted(found, key=lambda source: (source.path, source.bots[0].name))


def opened(desk: Desk, sources: Sequence[SourceFile], *, looked_at: datetime | None, notes: Notes) -> list[SourceFile]:
    """Return the sources of one file that was listed without being opened, after opening it; its kind may be another.

    Raises
    ------
    InputError
        As `source_files` raises.
    """
    file = sources[0].file
    bots = [bot for source in sources for bot in source.bots]
    leg = sources[0].leg
    try:
        found = _read(desk, file, {leg: bots}, stat_of(file, looked_at))
    except UnknownKindError as error:
        patterns = [pattern for bot in bots for pattern in getattr(bot, leg)]
        named = any(is_named(pattern) and desk.root / pattern == file for pattern in patterns)
        _pass_over(desk, file, notes, error, named=named)
        return []
    return [replace(source, instances=sources[0].instances) for source in found]


def _pass_over(desk: Desk, file: Path, notes: Notes, error: UnknownKindError, *, named: bool) -> None:
    """Note a file of no known kind; one that desk.toml names itself is an error.

    Raises
    ------
    UnknownKindError
        It is named without a wildcard.
    """
    if named:
        raise error
    notes[_path(desk, file)] = str(error).removeprefix(f"{file}: ").partition(", expected")[0]


def _matches(desk: Desk, bot: Bot, leg: str, notes: Notes) -> dict[Path, bool]:
    """Return the files of a bot's leg, each with whether desk.toml names it without a wildcard."""
    found: dict[Path, bool] = {}
    for pattern in getattr(bot, leg):
        where, named = f"bots.{bot.name}.{leg}", is_named(pattern)
        places = matches(desk, where, pattern)
        if not places:
            notes[f"{where} '{pattern}'"] = "matches nothing"
        for place in places:
            for file, why in _files_at(desk, place, where, named=named):
                if why:
                    notes[_path(desk, file)] = why
                else:
                    found[file] = found.get(file, False) or (named and file == place)
    return found


def _files_at(desk: Desk, place: Path, where: str, *, named: bool) -> Iterator[tuple[Path, str | None]]:
    """Yield the files at a place that a pattern matches, and what is none with the reason."""
    if place.is_dir():
        every = {suffix for kind in KINDS for suffix in kind.suffixes}
        if place.name.endswith(tuple(every)):
            yield place, _refuse_named(desk, place, where, "a folder, expected a file", named=named)
            return
        suffixes = folder_suffixes()
        with rights():
            inside = [entry for entry in entries_below(place) if entry.name.endswith(suffixes)]
        if not inside and named:
            yield place, f"a folder without a file that ends in {', '.join(suffixes)}"
        for entry in sorted(inside, key=lambda entry: entry.path):
            file = Path(entry.path)
            # What is no link is known from the folder; a link that cannot be followed is an error of its own there, not of a path.
            if entry.is_file(follow_symlinks=False) or file.is_file():
                yield file, None
            elif not file.is_dir():
                yield file, "a link to nothing, or no file"
    elif place.is_file():
        yield place, None
    else:
        yield place, _refuse_named(desk, place, where, "a link to nothing, or no file", named=named)


def _refuse_named(desk: Desk, place: Path, where: str, found: str, *, named: bool) -> str:
    """Return why a place is passed over; one that desk.toml names itself is an error.

    Raises
    ------
    InputError
        It is named without a wildcard.
    """
    if named:
        raise InputError(f"{place}: {found}, under {where} in {desk.file}; correct the link or desk.toml")
    return found


def _with_deployments(desk: Desk, listed: Mapping[Path, Mapping[str, Sequence[Bot]]]) -> Desk:
    """Return the desk with the deployments that its bots' own files show: hummingbot-api names a folder by the instance.

    A folder counts whose name ends in the time of a deployment, and in which one bot alone lists its own files.
    """
    within: dict[str, set[str]] = {}
    for file, legs in listed.items():
        # pathlib takes a path apart each time, and a desk may have a hundred thousand files.
        within.setdefault(os.path.dirname(file), set()).update(bot.name for bot in legs.get("local", []))  # noqa: PTH120
    bots_in: dict[str, set[str]] = {}
    for place, names_in in within.items():
        for folder in Path(place).relative_to(desk.root).parts:
            if STAMP.search(folder) and desk.instances.bot_of(folder) is None:
                bots_in.setdefault(folder, set()).update(names_in)
    shown: dict[str, list[str]] = {}
    for folder, names in sorted(bots_in.items()):
        if len(names) == 1:
            shown.setdefault(names.pop(), []).append(escape(folder))
    if not shown:
        return desk
    patterns = {bot.name: [*bot.instances, *shown.get(bot.name, [])] for bot in desk.bots.values()}
    return desk.model_copy(update={"instances": Instances(patterns)})


def _of_its_instance(desk: Desk, file: Path, legs: Mapping[str, list[Bot]]) -> dict[str, list[Bot]]:
    """Return who lists a file: one of a bot's own that lies in the folder of an instance, or is named by one, is that bot's.

    So all bots may list `bots/instances/*/data/*.sqlite`.
    """
    mine = legs.get("local", [])
    if not mine:
        return dict(legs)
    inside = file.relative_to(desk.root)
    claimed = {desk.instances.claimant(name) for name in (*inside.parts[:-1], inside.name.partition(".")[0])} - {None}
    if not claimed:
        return dict(legs)
    theirs = [bot for bot in mine if bot.name in claimed]
    if not theirs:
        raise InputError(
            f"{file}: it is listed under bots.{mine[0].name}.local, and by its name an instance of"
            f" {', '.join(sorted(filter(None, claimed)))}, expected one bot; narrow the pattern, or the bot's instances"
        )
    return {**legs, "local": theirs}


def _path(desk: Desk, file: Path) -> str:
    return file.as_posix().removeprefix(f"{desk.root.as_posix()}/")


def _closed(
    desk: Desk,
    file: Path,
    legs: Mapping[str, Sequence[Bot]],
    stat: str,
    kinds: Mapping[str, Collection[str]],
    stays_closed: Callable[[SourceFile], bool],
) -> list[SourceFile]:
    """Return the sources of a file that need not be opened, none where one of them must be."""
    path = _path(desk, file)
    for name in kinds.get(path, ()):
        found = _sources(desk, file, path, kind_named(name), legs, stat)
        if all(map(stays_closed, found)):
            _refuse_misplaced(file, found[0].kind, legs)
            return found
    return []


def _read(desk: Desk, file: Path, legs: Mapping[str, Sequence[Bot]], stat: str) -> list[SourceFile]:
    kind, document = recognise(file)
    # What is read line by line is digested while it is read.
    size, sha256 = (file.stat().st_size, "") if kind.by_line else digest_of(file)
    if document is not None and may_have_changed(stat, stat_of(file, None)):
        # The digest may be of newer content than was parsed, which would then pass for read.
        kind, document = recognise(file)
    _refuse_misplaced(file, kind, legs)
    return [
        replace(source, size=size, sha256=sha256, document=document)
        for source in _sources(desk, file, _path(desk, file), kind, legs, stat)
    ]


def _refuse_misplaced(file: Path, kind: SourceKind, legs: Mapping[str, Sequence[Bot]]) -> None:
    for leg, found in legs.items():
        if leg != kind.leg:
            raise InputError(
                f"{file}: a {kind.name} is listed under bots.{found[0].name}.{leg}, expected under {kind.leg};"
                " no leg is evidence for another, so list it there or narrow the pattern"
            )
    bots = _names(legs)
    if len(bots) > 1 and not (kind.names_its_bots or kind.of_account):
        raise InputError(
            f"{file}: a {kind.name} names no bot but is listed by {', '.join(bots)}, expected one; leave it with the bot"
            " it belongs to"
        )


def _sources(
    desk: Desk, file: Path, path: str, kind: SourceKind, legs: Mapping[str, Sequence[Bot]], stat: str
) -> list[SourceFile]:
    source = SourceFile(
        file=file,
        path=path,
        kind=kind,
        bots=tuple(desk.bots[name] for name in _names(legs)),
        known=frozenset(desk.bots),
        instances=desk.instances,
        size=size_in(stat),
        sha256="",
        stat=stat,
    )
    return (
        [replace(source, bots=(bot,)) for bot in source.bots] if kind.of_account and len(source.bots) > 1 else [source]
    )


def _names(legs: Mapping[str, Sequence[Bot]]) -> list[str]:
    return list(dict.fromkeys(bot.name for found in legs.values() for bot in found))
