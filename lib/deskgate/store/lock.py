"""The lock of a local store: one writer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from deskgate.config.errors import InputError, RunError

__all__ = ["is_local", "lock"]

LOCK_TIMEOUT_S = 300.0
_LOCK = ".lock"


def is_local(location: str) -> bool:
    """Return whether a store's place is a folder, not an object store's URL."""
    return not urlsplit(location).scheme


@contextmanager
def lock(location: str) -> Iterator[None]:
    """Hold the lock of a local store; an object store has none, there Delta's own conflicts decide.

    Raises
    ------
    RunError
        Another run kept the store busy.
    InputError
        No store can be kept there.
    """
    if not is_local(location):
        yield
        return
    folder = Path(location)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder / _LOCK, timeout=LOCK_TIMEOUT_S)
        held.acquire()
    except Timeout as error:
        raise RunError(
            f"{folder}: busy for {LOCK_TIMEOUT_S:.0f} s, expected another run to finish; end that one, then run this"
            " again"
        ) from error
    except OSError as error:
        raise InputError(
            f"{folder}: no store can be kept there, {error.strerror}; choose another place with --out or [store] path"
            " in desk.toml"
        ) from error
    try:
        yield
    finally:
        held.release()
