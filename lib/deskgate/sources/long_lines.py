"""A line that is longer than any record: it is passed over piece by piece, and only its length and beginning are kept.

So no file fills the memory, and the line is still one record, in quarantine at its own place.
"""

from typing import Self

__all__ = ["BEGINNING", "Beginning", "LongLine", "bounded", "length_reason"]

# So much of it shows what it is.
BEGINNING = 500


class LongLine(bytes):
    """The beginning of a line that is over the limit, and the `length` of all of it in bytes."""

    length: int

    def __new__(cls, line: bytes, length: int) -> Self:
        made = super().__new__(cls, line[:BEGINNING])
        made.length = length
        return made


class Beginning:
    """A line whose end has not been read yet; no more than `limit` bytes of it are held."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held, self._length = limit, b"", 0

    def add(self, more: bytes) -> None:
        """Take more of the line."""
        self._length += len(more)
        self._held += more
        if self._length > self._limit:
            # Blanks at its start are left out: a line of nothing else is no record, however long.
            self._held = self._held.lstrip()[:BEGINNING]

    def line(self) -> bytes:
        """Return the line, a `LongLine` where it is over the limit and not blank."""
        over = self._held and self._length > self._limit
        return LongLine(self._held, self._length) if over else self._held


def bounded(line: bytes, limit: int) -> bytes:
    """Return a whole line as `Beginning` would."""
    if len(line) <= limit:
        return line
    begun = Beginning(limit)
    begun.add(line)
    return begun.line()


def length_reason(length: int) -> str:
    """Return why such a line is in quarantine."""
    return f"the line has {length:,} bytes, more than any record; only its first {BEGINNING} are kept"
