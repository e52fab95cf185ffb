"""A folder -> the files of a known kind in it, and whose they are: recognised by their content, assigned by where they lie."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from deskgate.config.errors import InputError, UnknownKindError
from deskgate.sources import registry
from deskgate.sources.discovery.proposal import Find
from deskgate.sources.lines import DOCUMENT_LIMIT
from deskgate.sources.recognition import recognise
from deskgate.sources.source_kind import SourceKind

__all__ = ["MAX_DEPTH", "bots_of", "find_files", "owner_of", "walk"]

MAX_DEPTH = 6
_SKIPPED = {"node_modules", "__pycache__", "venv", "site-packages", "lost+found"}
# A day's folder of Deskgate has this name and this file: reports are no records of a bot.
_DAY, _REPORT = re.compile(r"\d{4}-\d{2}-\d{2}"), "artifacts.json"
# Folders inside a bot's own folder, beside those that a kind has for itself; the bot is what they are in.
_INNER = {"data", "exchange", "paper_ledger", "event_store", "events"}


def walk(
    root: Path, skipped: Collection[Path] = frozenset(), on_unreadable: Callable[[Path], None] = lambda _: None
) -> Iterator[tuple[Path, tuple[str, ...], list[str]]]:
    """Yield the folders that are looked at: each with its path below `root` and the names of its files.

    Not looked at are folders deeper than six levels, hidden ones, those of installed packages, Deskgate's own reports and
    `skipped`. `on_unreadable` gets each that may not be looked into.
    """
    for folder, folders, names in os.walk(root, onerror=lambda error: on_unreadable(Path(error.filename))):
        here = Path(folder)
        inside = here.relative_to(root).parts
        if _DAY.fullmatch(here.name) and _REPORT in names:
            folders.clear()
            continue
        folders[:] = sorted(
            name
            for name in folders
            if len(inside) < MAX_DEPTH and name not in _SKIPPED and name[0] not in "._" and here / name not in skipped
        )
        yield here, inside, sorted(names)


def find_files(
    root: Path,
    *,
    named: Collection[str] = frozenset(),
    skipped: Collection[Path] = frozenset(),
    is_wanted: Callable[[Path], bool] = lambda _: True,
    on_unreadable: Callable[[Path], None] = lambda _: None,
) -> Iterator[Find]:
    """Yield the files of a known kind under `root`; not those whose path is in `named`, and nothing below the folders in `skipped`.

    `is_wanted` is asked by a file's path before it is opened: what it refuses is left out.
    `on_unreadable` gets each folder that may not be looked into and each file that is named as a bot's own records and
    cannot be read: a bot may be in it.
    """
    suffixes = tuple({suffix for kind in registry.KINDS for suffix in kind.suffixes})
    for here, inside, names in walk(root, skipped, on_unreadable):
        folder = os.fspath(here)
        for name in names:
            if not name.endswith(suffixes) or os.path.join(folder, name) in named:  # noqa: PTH118 - there may be many
                continue
            file = here / name
            if not is_wanted(file):
                continue
            try:
                if not file.is_file() or (_is_document(name) and file.stat().st_size > DOCUMENT_LIMIT):
                    continue
                kind, document = recognise(file)
                if kind.is_foreign and kind.is_foreign(file):
                    continue
            except (InputError, OSError) as error:
                if _hides_records(file, error):
                    on_unreadable(file)
                continue
            yield Find(file, kind, document is not None, owner_of(inside), "archived" in inside)


def _is_document(name: str) -> bool:
    return ".json" in name and ".jsonl" not in name


def _hides_records(file: Path, error: InputError | OSError) -> bool:
    """Return whether a bot's own records may be in a file that could not be read."""
    if isinstance(error, UnknownKindError):
        # A log or a CSV of another program is no bot's; a database that is none is torn, unless nothing is in it.
        return file.name.endswith(registry.database_suffixes()) and file.stat().st_size > 0
    kinds = (kind for kind in registry.KINDS if not kind.is_log)
    return any(file.name.endswith(kind.suffixes) and _may_be_of(kind, file) for kind in kinds)


def _may_be_of(kind: SourceKind, file: Path) -> bool:
    """Return whether a file that cannot be read may be a bot's own; a CSV may be anybody's, unless it has the name of such records."""
    if kind.leg == "exchange":
        return False
    return kind.database or kind.by_line or any(re.match(name, file.name) for name in kind.signature.empty_names)


def owner_of(inside: tuple[str, ...]) -> str | None:
    """Return the bot's folder: the one above its logs, and above the folders that say what a file is."""
    inner = _INNER | registry.export_folders()
    parts = list(inside[: inside.index("logs")] if "logs" in inside else inside)
    while parts and parts[-1] in inner:
        parts.pop()
    return parts[-1] if parts else None


def bots_of(root: Path, find: Find, live: Collection[str]) -> Iterable[str]:
    """Return the instances that a file is of."""
    if find.kind.leg == "events" and not find.kind.desk_wide and find.owner and find.owner in live:
        # A stream beside a database is of the same bot, even where the instance has another name.
        return [find.owner]
    if find.kind.named_bots and (named := find.kind.named_bots(find.file, find.document)):
        return sorted(named)
    if find.archived and find.owner:
        matches = [name for name in live if find.owner == name or find.owner.startswith((f"{name}-", f"{name}_"))]
        return [max(matches, key=len, default=find.owner)]
    if find.owner:
        return [find.owner]
    stem = find.file.name.partition(".")[0].removeprefix(find.kind.log_prefix or "")
    return [
        stem
        if (find.kind.database or find.kind.is_log) and stem != "hummingbot_trades"
        else root.resolve().name or "bot"
    ]
