"""The loop of the running store: collect, commit, acknowledge; look at the files; leave a sign of life.

Nothing is acknowledged before the commit that holds it has returned, so a kill at any moment costs nothing: what was
stored and not acknowledged comes again and is known by its id.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty
from time import monotonic

from filelock import FileLock, Timeout

from deskgate.collector.messages import Inbox, Message, Stream
from deskgate.collector.signals import until_signal
from deskgate.collector.signs import sign_in
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.store.ingest import Account, Ingestor
from deskgate.store.lease import STILL_S, Lease, LeaseHeldError, lease, mark_alive, marked_alive
from deskgate.store.parts import Part, stream_part
from deskgate.store.sums import refuse_damaged
from deskgate.store.tables import Store, is_local

__all__ = ["LOCK", "Pace", "follow", "last_sign"]

LOCK = ".follower.lock"
# Its time of change is the follower's last sign of life.
SIGN = ".follower.alive"
_FOLLOWER = "follower"


@dataclass(frozen=True)
class Pace:
    """How often the running store does what, in seconds; `batch` and `waiting` in messages, `compact` in commits."""

    batch: int = 5_000
    age_s: float = 2.0
    files_s: float = 2.0
    heartbeat_s: float = 60.0
    claim_idle_s: float = 60.0
    waiting: int = 20_000
    compact: int = 200


def follow(
    desk: Desk,
    store: Store,
    *,
    now: Callable[[], datetime],
    say: Callable[[str], None],
    pace: Pace = Pace(),
) -> Account:
    """Take in streams and growing files until SIGTERM or Ctrl-C, and return the account of it all.

    Parameters
    ----------
    now
        The clock: for the ledger, and for when a message of MQTT arrived.
    say
        Called once for each outage.

    Raises
    ------
    InputError
        There is nothing to follow, another follower is at work, a password is not set, or a file of the store is not as it
        was written.
    """
    refuse_damaged(store.location)
    inbox = Inbox(pace.waiting)
    with _only_follower(store) as held, until_signal(inbox.stopped):
        streams = _streams(desk, inbox, now=now, say=say, pace=pace)
        if not streams and not any(bot.events for bot in desk.bots.values()):
            raise InputError(
                f"{desk.file}: nothing to follow, expected [stream] mqtt or redis, or a bot's events; name one"
            )
        run = _Run(desk, store, streams, inbox, now, pace)
        for stream in streams:
            stream.start()
        paths = ", ".join([*(path for stream in streams for path in stream.paths), "the event files"])
        say(f"following {paths}; stop with Ctrl-C or SIGTERM")
        try:
            while not inbox.stopped.is_set():
                run.run_once()
                if held:
                    held.check()
            for stream in streams:
                stream.stop()
            run.take(inbox.left())
        finally:
            for stream in streams:
                stream.close()
    return run.account


def last_sign(location: str) -> datetime | None:
    """Return the last sign of life of the follower of a store, UTC; None: it never ran, or the object store does not answer."""
    return sign_in(Path(location) / SIGN) if is_local(location) else marked_alive(location)


class _Run:
    def __init__(
        self,
        desk: Desk,
        store: Store,
        streams: Sequence[Stream],
        inbox: Inbox,
        now: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self.account = Account()
        self._desk, self._store, self._streams, self._inbox, self._pace = desk, store, streams, inbox, pace
        self._ingestor = Ingestor(store, desk, now)
        self._files = self._ingestor.following()
        self._commits = 0
        self._files_at = self._heard_at = float("-inf")

    def run_once(self) -> None:
        """Take in one batch, or find that there is none, and what is due besides."""
        self.take(list(self._batch()))
        if monotonic() - self._files_at >= self._pace.files_s:
            self._files_at = monotonic()
            self.account.join(self._files.ingest_files())

    def take(self, messages: Sequence[Message]) -> None:
        """Commit messages, then acknowledge them."""
        parts = self._parts(messages)
        if parts:
            self.account.join(self._ingestor.commit(parts))
            self._commits += 1
        for stream in self._streams:
            stream.acknowledge([message for message in messages if message.path in stream.paths])
        if self._commits >= self._pace.compact:
            self._commits = 0
            self._store.compact()

    def _batch(self) -> Iterator[Message]:
        until = monotonic() + self._pace.age_s
        for _ in range(self._pace.batch):
            left = until - monotonic()
            if left <= 0 or self._inbox.stopped.is_set():
                return
            try:
                yield self._inbox.get(min(left, 0.2))
            except Empty:
                continue

    def _parts(self, messages: Sequence[Message]) -> list[Part]:
        by_path: dict[str, list[Message]] = {}
        for message in messages:
            by_path.setdefault(message.path, []).append(message)
        parts = [
            stream_part(
                self._desk,
                path,
                found[0].kind,
                [message.line for message in found if message.line],
                bot=found[0].bot,
                cursor=found[-1].cursor,
                missed=sum(message.missed for message in found),
            )
            for path, found in by_path.items()
        ]
        if monotonic() - self._heard_at < self._pace.heartbeat_s:
            return parts
        self._heard_at = monotonic()
        if is_local(self._store.location):
            (Path(self._store.location) / SIGN).touch()
        else:
            mark_alive(self._store.location)
        quiet = [(stream, path) for stream in self._streams if stream.connected() for path in stream.paths]
        return parts + [
            stream_part(self._desk, path, stream.paths[path], [], bot=stream.bot_of(path))
            for stream, path in quiet
            if path not in by_path
        ]


def _streams(
    desk: Desk, inbox: Inbox, *, now: Callable[[], datetime], say: Callable[[str], None], pace: Pace
) -> list[Stream]:
    streams: list[Stream] = []
    if desk.streams.mqtt:
        from deskgate.collector.mqtt import MqttStream

        streams.append(MqttStream(desk, desk.streams.mqtt, inbox, now=now, say=say))
    if desk.streams.redis:
        from deskgate.collector.redis_streams import RedisStream

        streams.append(RedisStream(desk, desk.streams.redis, inbox, claim_idle_s=pace.claim_idle_s, say=say))
    return streams


@contextmanager
def _only_follower(store: Store) -> Iterator[Lease | None]:
    """Hold a store against a second follower; two would only take each other's messages away."""
    try:
        if is_local(store.location):
            with FileLock(Path(store.location) / LOCK, timeout=0):
                yield None
        else:
            # A follower that was killed leaves its lease behind: whether it stands still is seen in time.
            with lease(store.location, _FOLLOWER, wait_s=2 * STILL_S, alone=True) as held:
                yield held
    except (Timeout, LeaseHeldError) as error:
        raise InputError(
            f"{store.location}: another follower is at work there, expected none; stop that one, or let it do its work"
        ) from error
