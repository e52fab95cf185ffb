"""The lease of a store on an object store: what the lock is to a local one.

An object beside the tables names its holder. It is only ever written on the condition that it is still the one that was
read, which the object store itself decides (`If-None-Match`, `If-Match`). Its holder writes it anew every few seconds;
whoever waits takes it over once it has stood still for `STILL_S` by its own clock, so that no two clocks are compared.

A holder that was cut off may still write after another has taken over. So the lease also keeps the last commit id that any
holder has taken: the next one takes a higher one, and the rows of the one before never count, for its commit id does not
come into the ledger.
"""

import json
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
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from deskgate.config.errors import InputError, RunError
from deskgate.config.plain_text import one_line

if TYPE_CHECKING:
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


@dataclass
class Lease:
    """A lease that this process holds, until it is given back or found to be lost."""

    location: str
    _objects: "ObjectStore"
    _name: str
    _e_tag: str | None
    _commit_id: int
    _held_at: float
    _owner: str = field(default_factory=lambda: uuid4().hex)
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
            raise RunError(
                f"{self.location}: the lease was lost, the object store was out of reach for {STILL_S:.0f} s or another run"
                " took it over; nothing of this commit counts, run this again"
            )

    def reserve(self, commit_id: int) -> int:
        """Return a commit id that no holder has taken, `commit_id` or a higher one, and take it.

        Raises
        ------
        RunError
            The lease is not held any more.
        """
        self._commit_id = max(commit_id, self._commit_id + 1)
        self.renew()
        self.check()
        return self._commit_id

    def renew(self, *, owner: str | None = None) -> None:
        """Write the lease anew where it is still the one that was written last; what cannot be written is tried again later."""
        with self._guard:
            if self._is_lost:
                return
            began = monotonic()
            content = _content(self._owner if owner is None else owner, self._commit_id)
            try:
                self._e_tag = _put(self._objects, self._name, content, self._e_tag)
            except _taken():
                # An answer that was lost may have been a success: then the object is this very content.
                if (found := _get(self._objects, self._name)) and found[1] == content:
                    self._e_tag = found[0]
                else:
                    self._is_lost = True
                    return
            except _failed():
                return
            self._held_at = began

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
        objects = _objects(location)
        found = _acquire(objects, location, name, wait_s=wait_s, alone=alone)
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
        found.renew(owner="")


def mark_alive(location: str) -> None:
    """Leave a sign of life of a follower; one that cannot be left now is left the next time."""
    with suppress(*_failed()):
        _put(_objects(location), _ALIVE, uuid4().bytes, _ANY)


def marked_alive(location: str) -> datetime | None:
    """Return the last sign of life of a follower by the object store's clock, UTC; None: there is none, or nobody can say."""
    with suppress(FileNotFoundError, *_failed()):
        return _objects(location).head(_ALIVE)["last_modified"]
    return None


_ANY: Final = "*"


def _acquire(objects: "ObjectStore", location: str, name: str, *, wait_s: float, alone: bool) -> Lease:
    owner, until = uuid4().hex, monotonic() + wait_s
    seen: tuple[str | None, float] = (None, 0.0)
    holder = ""
    while True:
        began, found = monotonic(), _get(objects, name)
        e_tag, text = found or (None, b'{"owner": "", "commit_id": 0}')
        held: dict[str, Any] = json.loads(text)
        if e_tag != seen[0]:
            if alone and seen[0] is not None and held["owner"]:
                raise LeaseHeldError(held["holder"])
            seen = (e_tag, began)
        holder = held.get("holder", "")
        if held["owner"] == owner:
            # It was written, and the answer was lost.
            return Lease(location, objects, name, e_tag, held["commit_id"], began, owner)
        if not held["owner"] or began - seen[1] >= STILL_S:
            with suppress(*_taken()):
                written = _put(objects, name, _content(owner, held["commit_id"]), e_tag)
                return Lease(location, objects, name, written, held["commit_id"], began, owner)
        if monotonic() >= until:
            raise LeaseHeldError(holder)
        sleep(_LOOK_S)


def _content(owner: str, commit_id: int) -> bytes:
    """Return a lease's content; no two are equal, for an object store may name a version by its content."""
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    return json.dumps({"owner": owner, "holder": holder, "commit_id": commit_id, "beat": uuid4().hex}).encode()


@cache
def _objects(location: str) -> "ObjectStore":
    """Return the object store, once it has shown that it keeps conditions."""
    try:
        import obstore
        from obstore.exceptions import AlreadyExistsError, GenericError, NotSupportedError
        from obstore.store import from_url
    except ImportError as error:
        raise InputError(
            f"{location}: a store on an object store needs obstore, which is not installed; install deskgate[object-store]"
        ) from error
    try:
        objects = from_url(f"{location}/{_FOLDER}", retry_config=_RETRY)
    except (GenericError, NotSupportedError, ValueError) as error:
        raise InputError(
            f"{location}: no object store that is known, {_first_line(error)}; expected [store] path to begin with s3://, gs:// or az://"
        ) from error
    with suppress(AlreadyExistsError, NotSupportedError):
        obstore.put(objects, _PROBE, b"", mode="create")
        # It was not there before; where it can be made again, conditions are passed over.
        obstore.put(objects, _PROBE, b"", mode="create")
        raise InputError(
            f"{location}: the object store ignores If-None-Match, with which two runs would overwrite each other; use one that keeps"
            " it (S3 does, MinIO too)"
        )
    return objects


def _get(objects: "ObjectStore", name: str) -> tuple[str | None, bytes] | None:
    import obstore

    try:
        found = obstore.get(objects, name)
    except FileNotFoundError:
        return None
    return found.meta["e_tag"], bytes(found.bytes())


def _put(objects: "ObjectStore", name: str, content: bytes, e_tag: str | None) -> str | None:
    """Write an object where its version is `e_tag`; None: where there is none, `_ANY`: whatever there is."""
    import obstore

    if e_tag is None:
        return obstore.put(objects, name, content, mode="create")["e_tag"]
    mode: Any = "overwrite" if e_tag == _ANY else {"e_tag": e_tag}
    return obstore.put(objects, name, content, mode=mode)["e_tag"]


def _taken() -> tuple[type[Exception], ...]:
    from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError

    return AlreadyExistsError, PreconditionError, NotFoundError


def _failed() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return BaseError, OSError


def out_of_reach(location: str, error: Exception) -> RunError:
    """Return the error of an object store that does not do what it is asked for."""
    return RunError(
        f"{location}: the object store is out of reach or refuses, {_first_line(error)}; make sure that it can be reached with the"
        " credentials of the environment, then run this again"
    )


def _first_line(error: Exception) -> str:
    """Return an error's first lines as one, without the object store's document."""
    text = _COLOURS.sub("", str(error)).split("Debug source:")[0].split(": <?xml")[0]
    return one_line(text.strip())[:300]
