"""Patterns of desk.toml -> what they match; a folder that may not be looked into is an error, never an empty match.

`Path.glob` passes over a folder that it may not read, so that its files would seem not to be there.
"""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path, PurePosixPath

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError

__all__ = ["covers", "entries_below", "is_named", "matches", "rights"]


def matches(desk: Desk, where: str, pattern: str) -> list[Path]:
    """Return what a pattern matches, a dangling link too.

    Parameters
    ----------
    where
        The key of desk.toml that has it, for the message.

    Raises
    ------
    InputError
        The pattern is absolute or malformed, or a folder on its way may not be looked into.
    """
    try:
        # An absolute pattern, an empty one or a malformed `**`, and `.`: pathlib has an error of its own for each.
        found = list(desk.root.glob(pattern))
    except (NotImplementedError, ValueError, IndexError) as error:
        raise InputError(
            f"{desk.file}: {where} has '{pattern}', expected a pattern relative to {desk.root}; write it from there"
        ) from error
    with rights():
        _look([desk.root], Path(pattern).parts)
    if is_named(pattern) and not found and os.path.lexists(desk.root / pattern):
        found = [desk.root / pattern]
    return sorted(set(found))


def covers(pattern: str, path: str) -> bool:
    """Return whether a pattern would match a path, or a folder that it lies in, if it were there."""
    return _covers(PurePosixPath(pattern).parts, PurePosixPath(path).parts)


def _covers(pattern: Sequence[str], path: Sequence[str]) -> bool:
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_covers(pattern[1:], path[skipped:]) for skipped in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _covers(pattern[1:], path[1:])


def is_named(pattern: str) -> bool:
    """Return whether a pattern names one file or folder, without a wildcard."""
    return not has_magic(pattern)


@contextmanager
def rights() -> Iterator[None]:
    """Turn a denied permission into the sentence that says who has to do what.

    Raises
    ------
    InputError
        A file or folder may not be read.
    """
    try:
        yield
    except PermissionError as error:
        raise InputError(
            f"{error.filename}: permission denied, expected a file or folder that this user may read (a folder: enter"
            " too); give it that right, run as the user it belongs to, or take it out of desk.toml"
        ) from error


def _look(folders: list[Path], parts: tuple[str, ...]) -> None:
    """Look into every folder that a pattern of these parts leads through."""
    for place, part in enumerate(parts):
        if part == "**":
            for folder in folders:
                deque(entries_below(folder), maxlen=0)
            return
        if not has_magic(part):
            folders = [folder / part for folder in folders if _is_folder(folder / part)]
            continue
        inside = [entry for folder in folders for entry in _entries(folder)]
        if place + 1 == len(parts):
            return
        folders = [folder for folder in inside if folder.match(part) and _is_folder(folder)]


def entries_below(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what lies in a folder and in all folders in it, but for these folders; a link to a folder is not followed.

    Raises
    ------
    PermissionError
        One of them may not be looked into.
    """
    folders = [os.fspath(folder)]
    while folders:
        with os.scandir(folders.pop()) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry


def _entries(folder: Path) -> list[Path]:
    with os.scandir(folder) as found:
        return [Path(entry.path) for entry in found]


def _is_folder(place: Path) -> bool:
    try:
        place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        raise
    except OSError:
        return False
    return place.is_dir()
