"""Which logs a desk and its runs have, and which folders of logs cannot be looked into: those are named, never taken for empty."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from deskgate.config.patterns import covers, matches

if TYPE_CHECKING:
    from deskgate.config.desk import Desk

__all__ = ["LogFiles", "find_logs", "open_log"]

_UNPACKED: Mapping[str, Callable[..., object]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_NOT_UNPACKED = (".zst", ".zip", ".lz4", ".7z", ".Z", ".br")


@dataclass(frozen=True)
class LogFiles:
    """The logs, each as its current part and its last rotated one (name and file), and the names of folders that cannot be read."""

    logs: list[list[tuple[str, Path]]]
    unread: list[str]


def find_logs(desk: "Desk", out: Path) -> LogFiles:
    """Return the logs in a `logs` folder of the run, the desk, a folder in it or beside a bot's files.

    Names are relative to the desk, or to `out`. A folder that `desk.ignore` has may be closed.

    Raises
    ------
    InputError
        A folder that a pattern of desk.toml leads through may not be looked into.
    """
    roots = {os.path.realpath(folder / "logs"): desk.root for folder in _places(desk)}
    roots[os.path.realpath(out / "logs")] = out
    logs, unread = list[list[tuple[str, Path]]](), list[str]()
    for folder, root in sorted(roots.items()):
        try:
            logs += _in_folder(Path(folder), root)
        except OSError:
            name = _name(Path(folder), root)
            if root == out or not any(covers(pattern, name) for pattern in desk.ignore):
                unread.append(f"{name}/")
    return LogFiles(logs, unread)


def open_log(file: Path) -> IO[bytes]:
    """Open a log to read its content, unpacked by what its name ends with.

    Raises
    ------
    OSError
        It cannot be read, or is packed in another way than gzip, bzip2 or xz.
    """
    if file.suffix in _NOT_UNPACKED:
        raise OSError(f"{file.suffix} is not unpacked")
    return cast("IO[bytes]", _UNPACKED.get(file.suffix, open)(file, "rb"))


def _in_folder(folder: Path, root: Path) -> Iterator[list[tuple[str, Path]]]:
    """Yield the current and the last rotated part of each log in a folder; nothing where there is none."""
    groups: dict[str, list[Path]] = {}
    for log in _entries(folder):
        if ".log" in log.name and log.is_file():
            groups.setdefault(log.name.partition(".log")[0], []).append(log)
    for name, parts in sorted(groups.items()):
        current = [part for part in parts if part.name == f"{name}.log"]
        rotated = [part for part in parts if part.name != f"{name}.log"]
        last = sorted(rotated, key=lambda part: (part.stat().st_mtime_ns, part.name))[-1:]
        yield [(_name(log, root), log) for log in current + last]


def _places(desk: "Desk") -> set[Path]:
    """Return where a `logs` folder may be: the desk's, the folders in it, those of the bots' own files and those above these.

    Hummingbot's `logs` is beside its `data`.
    """
    found = {
        file.parent
        for name, bot in desk.bots.items()
        for where in ("local", "events", "config")
        for pattern in getattr(bot, where)
        for file in matches(desk, f"bots.{name}.{where}", pattern)
    }
    above = {folder.parent for folder in found if folder != desk.root}
    return {desk.root, *found, *above, *(entry for entry in _entries(desk.root) if entry.is_dir())}


def _entries(folder: Path) -> Iterable[Path]:
    """Return what is in a folder; nothing where there is none."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _name(place: Path, root: Path) -> str:
    return Path(os.path.relpath(place, root.resolve())).as_posix()
