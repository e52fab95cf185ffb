"""What a stream passes to the follower: messages, and a callback for when they are on disk."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event
from typing import Any, Protocol

__all__ = ["Inbox", "Message", "Stream", "json_or_text"]

_LOOK_S = 0.2


@dataclass(frozen=True)
class Message:
    """One message: the stream it is from, its line as the parser reads it, and what acknowledges it.

    `missed` counts messages before it that the stream had dropped unread. `cursor` is the stream's own id.
    """

    path: str
    kind: str
    line: bytes
    token: Any
    bot: str | None = None
    cursor: str | None = None
    missed: int = 0


class Inbox:
    """Where streams put their messages, bounded: who is faster than the store waits, and so does its sender."""

    def __init__(self, size: int) -> None:
        self._queue: Queue[Message] = Queue(size)
        self.stopped = Event()

    def put(self, message: Message) -> bool:
        """Hand over one message; False when the store is shutting down and it was not taken."""
        while not self.stopped.is_set():
            try:
                self._queue.put(message, timeout=_LOOK_S)
            except Full:
                continue
            return True
        return False

    def get(self, timeout_s: float) -> Message:
        """Return the next message; raises `queue.Empty` where none comes in time."""
        return self._queue.get(timeout=timeout_s)

    def left(self) -> list[Message]:
        """Return what is waiting."""
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]


class Stream(Protocol):
    """A source of messages that runs in a thread of its own; `paths` are the addresses it reads, each with its kind."""

    paths: dict[str, str]

    def bot_of(self, path: str) -> str | None:
        """Return whose stream it is, None where it may be anybody's."""

    def start(self) -> None:
        """Begin to put messages into the inbox, and keep at it through every outage."""

    def stop(self) -> None:
        """Take no more messages; what was put can still be acknowledged."""

    def close(self) -> None:
        """Leave, after the last acknowledgement."""

    def connected(self) -> bool:
        """Return whether a message that came now would be heard."""

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the sender that these are on disk."""


def json_or_text(raw: bytes) -> bytes:
    """Return `raw` where it is JSON, else the JSON string of it, so that what is no JSON stays one line of evidence."""
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return json.dumps(raw.decode(errors="replace")).encode()
    return raw
