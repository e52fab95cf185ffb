"""Redis Streams through a consumer group: every entry is delivered to us, kept pending, and acknowledged by hand.

What a consumer of the group left pending when it died is claimed. What was trimmed before it could be read is counted:
Redis says how many entries were ever added and how many the group has read, whatever the stream's length is now. It does
not count what the group skipped, so we set its count right when the skipped ones are on record.
"""

import socket
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Thread
from time import monotonic
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from deskgate.collector.messages import Inbox, Message, json_or_text
from deskgate.config.desk import Desk, RedisStreams
from deskgate.config.servers import secret
from deskgate.sources.control_plane.kinds import EVENT_ENVELOPES

__all__ = ["RedisStream"]

COUNT = 1_000
_KIND = EVENT_ENVELOPES.name
_PAUSE_S = 0.2
_BACK_OFF_S = 30.0
_TIMEOUT_S = 10.0
# A field that holds the whole event, where an entry is not the event field by field.
_WHOLE = (b"payload", b"data", b"event", b"message", b"json")

Entry = tuple[bytes | None, Mapping[bytes, bytes] | None]


class RedisStream:
    """A desk's streams in one Redis database."""

    def __init__(
        self, desk: Desk, settings: RedisStreams, inbox: Inbox, *, claim_idle_s: float, say: Callable[[str], None]
    ) -> None:
        self._inbox, self._say = inbox, say
        self._group, self._consumer = settings.group, f"{socket.gethostname()}-{desk.name}"
        self._claim_idle_s = claim_idle_s
        where = urlsplit(settings.url)
        self._place = f"{where.scheme}://{where.hostname}:{where.port or 6379}{where.path or '/0'}"
        self._path_of = {name: f"{self._place}/{name}" for name in settings.streams}
        self.paths = dict.fromkeys(self._path_of.values(), _KIND)
        self._client = redis.Redis.from_url(
            settings.url,
            username=settings.username,
            password=secret(settings.password_env),
            socket_timeout=_TIMEOUT_S,
            retry=Retry(ExponentialBackoff(cap=2, base=0.1), 3),
        )
        self._up, self._complained, self._stopping = False, False, False
        # Entries that were skipped, counted in messages; and those of them that are on record, to be acknowledged.
        self._skipped, self._recorded = Counter[str](), Counter[str]()
        # Entries that were put and are not acknowledged. Redis gives them again, to us too, where a commit takes long.
        self._held = set[tuple[str, bytes]]()
        self._thread = Thread(target=self._run, name="redis", daemon=True)

    def bot_of(self, path: str) -> str | None:
        """Return None: an event says itself whose it is."""

    def start(self) -> None:
        """Begin to read, and again whenever the connection is lost."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopping = True
        self._thread.join(timeout=2 * _TIMEOUT_S)

    def close(self) -> None:
        """Close the connection; what is pending stays ours."""
        self._client.close()

    def connected(self) -> bool:
        """Return whether the last reading got an answer."""
        return self._up

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Take the entries off the group's list of pending ones; while Redis is away they stay on it and come again."""
        ids: dict[str, list[bytes]] = defaultdict(list)
        for message in messages:
            stream, entry, skipped = message.token
            if entry is not None:
                ids[stream].append(entry)
            if skipped:
                self._recorded[stream] += skipped
        try:
            for stream, entries in ids.items():
                self._client.xack(stream, self._group, *entries)
        except redis.RedisError as error:
            self._complain(error)
        self._held.difference_update((stream, entry) for stream, entries in ids.items() for entry in entries)

    def _run(self) -> None:
        pause = _PAUSE_S
        while not self._stopping:
            try:
                self._groups()
                self._pending()
                self._read()
            except redis.RedisError as error:
                self._complain(error)
                pause = min(pause * 2, _BACK_OFF_S)
            else:
                pause = _PAUSE_S
            self._up = False
            self._inbox.stopped.wait(pause)

    def _complain(self, error: redis.RedisError) -> None:
        self._up = False
        if not self._complained and not self._stopping:
            self._complained = True
            self._say(f"{self._place}: {error}; trying again until it answers")

    def _groups(self) -> None:
        """Make the group where it is not yet; what was trimmed before its time was never ours to lose."""
        for stream in self._path_of:
            gone = 0
            if self._client.exists(stream):
                info = self._client.xinfo_stream(stream)
                gone = int(info["entries-added"]) - int(info["length"])
            try:
                self._client.xgroup_create(stream, self._group, id="0", mkstream=True, entries_read=gone)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
        self._up, self._complained = True, False

    def _pending(self) -> None:
        """Take again what was delivered to us and never acknowledged."""
        for stream in self._path_of:
            last: bytes = b"0"
            while not self._stopping:
                found = self._client.xreadgroup(self._group, self._consumer, {stream: last}, count=COUNT)
                entries = _entries(found)
                if not entries:
                    break
                self._put(stream, entries)
                last = entries[-1][0] or last

    def _read(self) -> None:
        claimed_at = 0.0
        while not self._stopping:
            if monotonic() - claimed_at > self._claim_idle_s / 2:
                self._claim()
                claimed_at = monotonic()
            found = [self._next(stream) for stream in self._path_of]
            if not any(found):
                self._inbox.stopped.wait(_PAUSE_S)
            self._up = True

    def _next(self, stream: str) -> bool:
        """Read what is new of a stream, and in the same moment what was dropped before it."""
        self._settle(stream)
        ask = self._client.pipeline(transaction=True)
        ask.xinfo_stream(stream)
        ask.xinfo_groups(stream)
        ask.xreadgroup(self._group, self._consumer, {stream: ">"}, count=COUNT)
        info, groups, found = ask.execute()
        entries = _entries(found)
        group = self._ours(groups)
        removed = int(info["entries-added"]) - int(info["length"])
        skipped = max(removed - int(group["entries-read"] or 0) - self._skipped[stream], 0)
        self._skipped[stream] += skipped
        # Removed one by one, not from the beginning: their number is unknown, only that there were some.
        some = (
            bool(entries) and not skipped and _order(info["max-deleted-entry-id"]) > _order(group["last-delivered-id"])
        )
        self._put(stream, entries or ([(None, None)] if skipped else []), skipped + some, skipped)
        return bool(entries)

    def _settle(self, stream: str) -> None:
        """Set Redis' count of what the group has read right by those that it skipped and that are on record."""
        if recorded := self._recorded.pop(stream, 0):
            group = self._ours(self._client.xinfo_groups(stream))
            read = int(group["entries-read"] or 0) + recorded
            self._client.xgroup_setid(stream, self._group, group["last-delivered-id"], entries_read=read)
            self._skipped[stream] -= recorded

    def _ours(self, groups: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        return next(group for group in groups if group["name"].decode() == self._group)

    def _claim(self) -> None:
        for stream in self._path_of:
            start: bytes = b"0-0"
            while not self._stopping:
                start, entries, gone = self._client.xautoclaim(
                    stream, self._group, self._consumer, int(self._claim_idle_s * 1000), start, count=COUNT
                )
                self._put(stream, entries, len(gone))
                if start == b"0-0":
                    break

    def _put(self, stream: str, entries: Sequence[Entry], missed: int = 0, skipped: int = 0) -> None:
        for entry, fields in entries:
            if entry is not None and (stream, entry) in self._held:
                continue
            # An entry that was trimmed while it was pending has no fields any more.
            gone = entry is not None and fields is None
            line = b"" if entry is None or fields is None else _line(stream, entry, fields)
            message = Message(
                path=self._path_of[stream],
                kind=_KIND,
                line=line,
                token=(stream, entry, skipped),
                cursor=entry.decode() if entry else None,
                missed=missed + gone,
            )
            if entry is not None:
                self._held.add((stream, entry))
            if not self._inbox.put(message):
                return
            missed = skipped = 0


def _entries(found: object) -> list[Entry]:
    """Return the entries of an answer to XREADGROUP for one stream, in the shape of either protocol version."""
    answers = list(found.items()) if isinstance(found, Mapping) else cast("list[tuple[bytes, Any]]", found or [])
    return [entry for _, entries in answers for entry in (entries[0] if isinstance(found, Mapping) else entries)]


def _order(entry: bytes) -> tuple[int, int]:
    stamp, _, number = entry.partition(b"-")
    return int(stamp), int(number)


def _line(stream: str, entry: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    arrived = datetime.fromtimestamp(_order(entry)[0] / 1000, UTC)
    head = {"stream": stream, "entry_id": entry.decode(), "received_at": arrived.isoformat()}
    return msgspec.json.encode(head)[:-1] + b',"event":' + _event(fields) + b"}"


def _event(fields: Mapping[bytes, bytes]) -> bytes:
    """Return the event of an entry: the one field that holds it whole, else its fields as they are."""
    if b"event_type" not in fields:
        whole = next((fields[name] for name in _WHOLE if name in fields), None)
        if whole is None and len(fields) == 1:
            whole = next(iter(fields.values()))
        if whole is not None:
            return json_or_text(whole)
    return msgspec.json.encode(
        {name.decode(errors="replace"): value.decode(errors="replace") for name, value in fields.items()}
    )
