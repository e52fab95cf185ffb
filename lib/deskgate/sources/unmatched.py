"""Patterns of desk.toml that match no file: each is one sentence, with the folder that was looked in and what lies there.

A leg may be there only later, so a pattern may match nothing, and what needs the leg then says so. But a slip of the pen looks the
same: an operator is told at once, not by the verdicts of the day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import escape, has_magic
from pathlib import Path

from deskgate.config.bot import Bot
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.patterns import matches, rights
from deskgate.schema import LEGS

__all__ = ["EVERY_KEY", "Unmatched", "refuse_without_files", "unmatched"]

# The keys of a bot that have patterns.
EVERY_KEY = (*LEGS, "config")
_SHOWN = 5


@dataclass(frozen=True)
class Unmatched:
    """A pattern that matches nothing. `awaits_snapshot` where it is the folder of an account that was never exported."""

    sentence: str
    awaits_snapshot: bool = False


def unmatched(desk: Desk, keys: Sequence[str] = EVERY_KEY) -> list[Unmatched]:
    """Return the patterns of the judged bots that match nothing.

    Raises
    ------
    InputError
        A pattern is absolute or malformed, or a folder on its way may not be looked into.
    """
    return [
        _unmatched(desk, bot, key, pattern)
        for bot, key, pattern in _patterns(desk, keys)
        if not matches(desk, f"bots.{bot.name}.{key}", pattern)
    ]


def refuse_without_files(desk: Desk, keys: Sequence[str] = LEGS) -> None:
    """Refuse a desk of which no pattern matches anything, and that listens to no stream.

    Raises
    ------
    InputError
        It is such a one.
    """
    every = list(_patterns(desk, keys))
    if desk.streams.mqtt or desk.streams.redis or not every:
        return
    if not any(matches(desk, f"bots.{bot.name}.{key}", pattern) for bot, key, pattern in every):
        raise InputError(
            f"{desk.file}: none of its {len(every)} patterns matches a file below {desk.root}, expected the records of its"
            " bots; correct the patterns, or move desk.toml to the folder that they are relative to"
        )


def _patterns(desk: Desk, keys: Sequence[str]) -> Iterator[tuple[Bot, str, str]]:
    for bot in desk.judged:
        for key in keys:
            for pattern in getattr(bot, key):
                yield bot, key, pattern


def _unmatched(desk: Desk, bot: Bot, key: str, pattern: str) -> Unmatched:
    of_account = next((each for each in bot.account if escape(desk.accounts[each].export_folder) == pattern), None)
    if key == "exchange" and of_account:
        return Unmatched(
            f"bots.{bot.name}: there is no export of its account {of_account} yet in {desk.root / pattern}; run"
            " `deskgate snapshot`",
            awaits_snapshot=True,
        )
    with rights():
        folder, missing = _looked_in(desk.root, pattern)
        names = sorted(each.name for each in folder.iterdir())
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    near = "" if has_magic(missing) else did_you_mean(missing, names)
    return Unmatched(
        f"bots.{bot.name}.{key} has '{pattern}', which matches nothing: in {folder} lie"
        f" {', '.join(names[:_SHOWN]) or 'no files'}{more}{near}; correct it in desk.toml, unless its files are still to come"
    )


def _looked_in(root: Path, pattern: str) -> tuple[Path, str]:
    """Return the innermost folder that is there on a pattern's way, and the part of the pattern that is not in it."""
    folder = root
    for part in Path(pattern).parts:
        if has_magic(part) or not (folder / part).is_dir():
            return folder, part
        folder /= part
    return folder.parent, folder.name
