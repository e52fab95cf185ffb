"""One writer of a store at a time: by a lock of a local store, by a lease of one on an object store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from deskgate.config.errors import InputError, RunError
from deskgate.store.lease import Lease, LeaseHeldError, lease

__all__ = ["is_local", "lock", "writer"]

LOCK_TIMEOUT_S = 300.0
_LOCK = ".lock"
_WRITER = "writer"


def is_local(location: str) -> bool:
    """Return whether a store's place is a folder, not an object store's URL."""
    return not urlsplit(location).scheme


@contextmanager
def lock(location: str) -> Iterator[None]:
    """Hold the lock of a local store; an object store has none, and what is read or made there needs none.

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


@contextmanager
def writer(location: str) -> Iterator[Lease | None]:
    """Hold a store as the one that writes to it, and return the lease of one on an object store.

    Raises
    ------
    RunError
        Another run kept the store busy, or the object store is out of reach.
    InputError
        No store can be kept there.
    """
    if is_local(location):
        with lock(location):
            yield None
        return
    try:
        with lease(location, _WRITER, wait_s=LOCK_TIMEOUT_S) as held:
            yield held
    except LeaseHeldError as error:
        raise RunError(
            f"{location}: busy for {LOCK_TIMEOUT_S:.0f} s, {error.holder} writes to it, expected it to finish; end that one, then run this again"
        ) from error
