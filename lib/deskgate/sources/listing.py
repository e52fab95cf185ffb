"""desk.toml's patterns -> the files behind them, each once, with the bots that list it and as which leg.

A pattern may match nothing: the leg is then absent, and the checks report it. A file that is listed as two legs is an
error: no leg is evidence for another.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from deskgate.config.desk import Bot, Desk
from deskgate.config.errors import InputError
from deskgate.schema import LEGS
from deskgate.sources.lines import digest_of
from deskgate.sources.recognition import recognise
from deskgate.sources.registry import folder_suffixes, kind_named
from deskgate.sources.source_file import SourceFile

__all__ = ["source_files"]


def source_files(desk: Desk, kind_if_unchanged: Callable[[Path], str | None] = lambda _: None) -> list[SourceFile]:
    """Return the desk's source files by path.

    Parameters
    ----------
    kind_if_unchanged
        Gives the kind of a file that is as it was when it was read last, so that it need not be opened; None where it
        may have changed. A source that is listed this way has neither digest nor document.

    Raises
    ------
    InputError
        A pattern is absolute or malformed; a file is of no known kind, cannot be read, is listed as two legs, as
        another leg than its kind's, or by several bots though its records name none.
    """
    listed: dict[Path, dict[str, list[Bot]]] = {}
    for bot in desk.bots.values():
        for leg in LEGS:
            for file in _matches(desk, bot, leg):
                listed.setdefault(file, {}).setdefault(leg, []).append(bot)
    found = (
        each for file, legs in listed.items() for each in _for_each_bot(_source(desk, file, legs, kind_if_unchanged))
    )
    return sorted(found, key=lambda source: (source.path, source.bots[0].name))


def _for_each_bot(source: SourceFile) -> list[SourceFile]:
    if not source.kind.of_account:
        return [source]
    return [replace(source, bots=(bot,)) for bot in source.bots]


def _matches(desk: Desk, bot: Bot, leg: str) -> set[Path]:
    found: set[Path] = set()
    in_folder = [f"**/*{suffix}" for suffix in folder_suffixes()]
    for pattern in getattr(bot, leg):
        try:
            matched = list(desk.root.glob(pattern))
        except (NotImplementedError, ValueError) as error:
            raise InputError(
                f"{desk.file}: bots.{bot.name}.{leg} has '{pattern}', expected a pattern relative to {desk.root};"
                " write it from there"
            ) from error
        for place in matched:
            within = [file for glob in in_folder for file in place.glob(glob)] if place.is_dir() else [place]
            found.update(file for file in within if file.is_file())
    return found


def _source(
    desk: Desk, file: Path, legs: dict[str, list[Bot]], kind_if_unchanged: Callable[[Path], str | None]
) -> SourceFile:
    unchanged = kind_if_unchanged(file)
    kind, document = (kind_named(unchanged), None) if unchanged else recognise(file)
    bots = tuple(dict.fromkeys(bot.name for found in legs.values() for bot in found))
    for leg, found in legs.items():
        if leg != kind.leg:
            raise InputError(
                f"{file}: a {kind.name} is listed under bots.{found[0].name}.{leg}, expected under {kind.leg};"
                " no leg is evidence for another, so list it there or narrow the pattern"
            )
    if len(bots) > 1 and not (kind.names_its_bots or kind.of_account):
        raise InputError(
            f"{file}: a {kind.name} names no bot but is listed by {', '.join(bots)}, expected one; leave it with the bot"
            " it belongs to"
        )
    # What is read line by line is digested while it is read.
    size, sha256 = (file.stat().st_size, "") if unchanged or kind.by_line else digest_of(file)
    return SourceFile(
        file=file,
        path=file.relative_to(desk.root).as_posix(),
        kind=kind,
        bots=tuple(desk.bots[name] for name in bots),
        known=frozenset(desk.bots),
        size=size,
        sha256=sha256,
        document=document,
    )
