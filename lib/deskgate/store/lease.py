"""The lease of a store on an object store: what the lock is to a local one.

An object beside the tables names its holder. It is only ever written on the condition that it is still the one that was
read, which the object store itself decides (`If-None-Match`, `If-Match`). Its holder writes it anew every few seconds;
whoever waits takes it over once it has stood still for `STILL_S` by its own clock, so that no two clocks are compared.

A holder that was cut off may still write after another has taken over. So the lease also keeps the last commit id that any
holder has taken: the next one takes a higher one, and the rows of the one before never count, for its commit id does not
come into the ledger.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from msgspec import DecodeError, Struct, json

from deskgate.config.errors import InputError, RunError
from deskgate.config.plain_text import one_line

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore

__all__ = ["STILL_S", "Lease", "LeaseHeldError", "lease", "mark_alive", "marked_alive", "out_of_reach"]

# A lease that was not written for so long is nobody's; its holder writes it three times as often.
STILL_S = 45.0
_LOOK_S = 0.5
_FOLDER = ".leases"
# The libraries' messages are meant for a terminal.
_COLOURS = re.compile("\x1b\\[[0-9;]*m|↳ ?")
_ALIVE = "follower.alive"
_PROBE = "probe"
# What an outage of some seconds needs; later the lease is not held any more.
_RETRY: Any = {"retry_timeout": timedelta(seconds=STILL_S)}


class LeaseHeldError(Exception):
    """Another process holds the lease; `holder` says which."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class _Content(Struct, frozen=True):
    """What a lease says. No two are equal, for an object store may name a version by its content."""

    owner: str = ""
    holder: str = ""
    commit_id: int = 0
    beat: str = ""


@dataclass
class Lease:
    """A lease that this process holds, until it is given back or found to be lost."""

    location: str
    _objects: "ObjectStore"
    _name: str
    _owner: str
    _version: "UpdateVersion | None"
    _commit_id: int
    _held_at: float
    _is_lost: bool = False
    _guard: Any = field(default_factory=Lock)

    def check(self) -> None:
        """Refuse to go on where the lease is not held any more.

        Raises
        ------
        RunError
            Another process has taken it, or the object store was out of reach for so long that one may have.
        """
        if self._is_lost or monotonic() - self._held_at >= STILL_S:
            raise self._lost()

    def reserve(self, commit_id: int) -> int:
        """Return a commit id that no holder has taken, `commit_id` or a higher one, and take it.

        Raises
        ------
        RunError
            The lease is not held any more.
        """
        taken = max(commit_id, self._commit_id + 1)
        if not self._write(self._owner, taken):
            # Who takes over would not know of it, and take it again.
            raise self._lost()
        self.check()
        return taken

    def renew(self) -> None:
        """Write the lease anew where it is still the one that was written last; what cannot be written is tried again later."""
        self._write(self._owner, self._commit_id)

    def give_back(self) -> None:
        """Write that nobody holds it; where that cannot be written, it stands still."""
        self._write("", self._commit_id)

    def _write(self, owner: str, commit_id: int) -> bool:
        with self._guard:
            if self._is_lost:
                return False
            began = monotonic()
            content = _encoded(owner, max(commit_id, self._commit_id))
            try:
                self._version = _put(self._objects, self._name, content, self._version)
            except _taken():
                # An answer that was lost may have been a success: then the object is this very content.
                found = _get(self._objects, self._name)
                if found is None or found[1] != content:
                    self._is_lost = True
                    return False
                self._version = found[0]
            except _failed():
                return False
            self._commit_id = max(commit_id, self._commit_id)
            self._held_at = began
            return True

    def _lost(self) -> RunError:
        return RunError(
            f"{self.location}: the lease was lost, the object store was out of reach for {STILL_S:.0f} s or another run"
            " took it over; nothing of this commit counts, run this again"
        )

    def keep(self, ended: Event) -> None:
        """Renew it again and again, until it has `ended`."""
        while not ended.wait(STILL_S / 3):
            self.renew()


@contextmanager
def lease(location: str, name: str, *, wait_s: float, alone: bool = False) -> Iterator[Lease]:
    """Hold a lease of the store at `location`, and give it back.

    Parameters
    ----------
    location
        An object store's URL.
    name
        Which of its leases: there is one for each kind of work that only one process may do at a time.
    wait_s
        How long to wait for it.
    alone
        Whether a holder that is alive is a reason to give up at once, rather than to wait for it.

    Raises
    ------
    LeaseHeldError
        Another process holds it, and did so all the time.
    InputError
        There is no such object store, or it cannot hold a lease.
    RunError
        It is out of reach.
    """
    try:
        found = _acquire(_proven(location), location, name, wait_s=wait_s, alone=alone)
    except _failed() as error:
        raise out_of_reach(location, error) from error
    ended = Event()
    thread = Thread(target=found.keep, args=(ended,), name=f"lease of {location}", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
        found.give_back()


def mark_alive(location: str) -> None:
    """Leave a sign of life of a follower; one that cannot be left now is left the next time."""
    import obstore

    with suppress(*_failed()):
        obstore.put(_opened(location), _ALIVE, b"")


def marked_alive(location: str) -> datetime | None:
    """Return the last sign of life of a follower by the object store's clock, UTC; None: there is none, or nobody can say."""
    with suppress(FileNotFoundError, *_failed()):
        return _opened(location).head(_ALIVE)["last_modified"]
    return None


def _acquire(objects: "ObjectStore", location: str, name: str, *, wait_s: float, alone: bool) -> Lease:
    owner, until = uuid4().hex, monotonic() + wait_s
    seen: tuple[UpdateVersion | None, float] = (None, 0.0)
    while True:
        began, found = monotonic(), _get(objects, name)
        version, held = (found[0], _decoded(f"{location}/{_FOLDER}/{name}", found[1])) if found else (None, _Content())
        if version != seen[0]:
            if alone and seen[0] is not None and held.owner:
                raise LeaseHeldError(held.holder)
            seen = (version, began)
        if held.owner == owner:
            # It was written, and the answer was lost.
            return Lease(location, objects, name, owner, version, held.commit_id, began)
        if not held.owner or began - seen[1] >= STILL_S:
            with suppress(*_taken()):
                written = _put(objects, name, _encoded(owner, held.commit_id), version)
                return Lease(location, objects, name, owner, written, held.commit_id, began)
        if monotonic() >= until:
            raise LeaseHeldError(held.holder)
        sleep(_LOOK_S)


def _encoded(owner: str, commit_id: int) -> bytes:
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    return json.encode(_Content(owner, holder, commit_id, uuid4().hex))


def _decoded(place: str, text: bytes) -> _Content:
    try:
        return json.decode(text, type=_Content)
    except DecodeError as error:
        raise InputError(
            f"{place}: no lease, {one_line(str(error))}, expected one that Deskgate wrote; see who changed it, and remove it while"
            " nothing writes to this store"
        ) from error


@cache
def _opened(location: str) -> "ObjectStore":
    """Return the place of a store's leases."""
    try:
        from obstore.exceptions import GenericError, NotSupportedError
        from obstore.store import from_url
    except ImportError as error:
        raise InputError(
            f"{location}: a store on an object store needs obstore, which is not installed; install deskgate[object-store]"
        ) from error
    try:
        return from_url(f"{location}/{_FOLDER}", retry_config=_RETRY)
    except (GenericError, NotSupportedError, ValueError) as error:
        raise InputError(
            f"{location}: no object store that is known, {_in_short(error)}; expected [store] path to begin with s3://, gs:// or az://"
        ) from error


@cache
def _proven(location: str) -> "ObjectStore":
    """Return the place of a store's leases, once it has shown that it keeps both conditions: it may say yes, and pass over one."""
    from obstore.exceptions import AlreadyExistsError, NotSupportedError, PreconditionError

    objects = _opened(location)
    # It is there before the second time at the latest, and never of this version.
    proofs: tuple[tuple[str, UpdateVersion | None], ...] = (
        ("If-None-Match", None),
        ("If-None-Match", None),
        ("If-Match", {"e_tag": '"none"', "version": "0"}),
    )
    kept = set()
    for condition, version in proofs:
        try:
            _put(objects, _PROBE, b"", version)
        except (AlreadyExistsError, PreconditionError):
            kept.add(condition)
        except NotSupportedError:
            break
    if missing := sorted({condition for condition, _ in proofs} - kept):
        raise InputError(
            f"{location}: the object store does not keep the condition {missing[0]}, without which two runs would overwrite each"
            " other; use one that does"
        )
    return objects


def _get(objects: "ObjectStore", name: str) -> "tuple[UpdateVersion, bytes] | None":
    import obstore

    try:
        found = obstore.get(objects, name)
    except FileNotFoundError:
        return None
    return _version(found.meta["e_tag"], found.meta["version"]), bytes(found.bytes())


def _put(objects: "ObjectStore", name: str, content: bytes, version: "UpdateVersion | None") -> "UpdateVersion":
    """Write an object where it is that version, None: where there is none; return its version then."""
    import obstore

    done = obstore.put(objects, name, content, mode="create" if version is None else version)
    return _version(done["e_tag"], done["version"])


def _version(e_tag: str | None, version: str | None) -> "UpdateVersion":
    """Return a version with what this object store has of it."""
    found: UpdateVersion = {}
    if e_tag is not None:
        found["e_tag"] = e_tag
    if version is not None:
        found["version"] = version
    return found


def _taken() -> tuple[type[Exception], ...]:
    from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError

    return AlreadyExistsError, PreconditionError, NotFoundError


def _failed() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return BaseError, OSError


def out_of_reach(location: str, error: Exception) -> RunError:
    """Return the error of an object store that does not do what it is asked for."""
    return RunError(
        f"{location}: the object store is out of reach or refuses, {_in_short(error)}; make sure that it can be reached with the"
        " credentials of the environment, then run this again"
    )


def _in_short(error: Exception) -> str:
    """Return an error in a line, without the document that the object store sent."""
    text = _COLOURS.sub("", str(error)).split("Debug source:")[0].split(": <?xml")[0]
    return one_line(text.strip())[:300]
