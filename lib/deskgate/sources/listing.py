"""desk.toml's patterns -> the files behind them, each once, with the bots that list it and as which leg.

A pattern that matches nothing is no error: the leg is then absent, and the checks say so. A file that is listed as
two legs is one, for a bot must not be its own witness.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from deskgate.config.desk import Bot, Desk
from deskgate.config.errors import InputError
from deskgate.schema import LEGS
from deskgate.sources.kinds import LEG_OF_KIND, LINE_KINDS, kind_of
from deskgate.sources.lines import digest_of
from deskgate.sources.records import SourceFile

__all__ = ["source_files"]

# What a pattern that is a folder means.
_IN_FOLDER = ("**/*.json", "**/*.json.gz", "**/*.jsonl", "**/*.jsonl.gz")
# The records of these kinds say whose they are; all others belong to the one bot that lists them.
_NAME_THEIR_BOT = {"mqtt_events", "event_envelopes", "account_snapshot"}
# These belong to an account, which several bots may share: each gets all of its records, and the checks tell whose.
_OF_AN_ACCOUNT = {
    "my_trades",
    "closed_orders",
    "canceled_orders",
    "open_orders",
    "funding_history",
    "transfers",
    "positions",
    "balance",
}


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
        A pattern is absolute or no pattern; a file is of no known kind, cannot be read, is listed as two legs, as
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
    if source.kind not in _OF_AN_ACCOUNT:
        return [source]
    return [replace(source, bots=(bot,)) for bot in source.bots]


def _matches(desk: Desk, bot: Bot, leg: str) -> set[Path]:
    found: set[Path] = set()
    for pattern in getattr(bot, leg):
        try:
            matched = list(desk.root.glob(pattern))
        except (NotImplementedError, ValueError) as error:
            raise InputError(
                f"{desk.file}: bots.{bot.name}.{leg} has '{pattern}', expected a pattern relative to {desk.root};"
                " write it from there"
            ) from error
        for place in matched:
            within = [file for each in _IN_FOLDER for file in place.glob(each)] if place.is_dir() else [place]
            found.update(file for file in within if file.is_file())
    return found


def _source(
    desk: Desk, file: Path, legs: dict[str, list[Bot]], kind_if_unchanged: Callable[[Path], str | None]
) -> SourceFile:
    unchanged = kind_if_unchanged(file)
    kind, document = (unchanged, None) if unchanged else kind_of(file)
    bots = tuple(dict.fromkeys(bot.name for found in legs.values() for bot in found))
    for leg, found in legs.items():
        if leg != LEG_OF_KIND[kind]:
            raise InputError(
                f"{file}: a {kind} is listed under bots.{found[0].name}.{leg}, expected under {LEG_OF_KIND[kind]};"
                " no leg can vouch for another, so list it there or narrow the pattern"
            )
    if len(bots) > 1 and kind not in _NAME_THEIR_BOT | _OF_AN_ACCOUNT:
        raise InputError(
            f"{file}: a {kind} names no bot but is listed by {', '.join(bots)}, expected one; leave it with the bot it"
            " belongs to"
        )
    # What is read line by line is digested while it is read.
    size, sha256 = (file.stat().st_size, "") if unchanged or kind in LINE_KINDS else digest_of(file)
    return SourceFile(
        file=file,
        path=file.relative_to(desk.root).as_posix(),
        kind=kind,
        leg=LEG_OF_KIND[kind],
        bots=tuple(desk.bots[name] for name in bots),
        known=frozenset(desk.bots),
        size=size,
        sha256=sha256,
        document=document,
    )
