"""The chain: the file that the records are appended to, `<out>/audit/chain.jsonl`.

A record counts once its line is whole and on disk. What a killed write left of a line is cut off by the next one, which
says so in a record of its own. Appending holds a lock of the chain alone, so that a watch may record what it did while
a run, which takes minutes, is going on; reading needs none.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.audit.record import FIRST, Record, make_record, parse_record
from deskgate.config.errors import RunError

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["HOW_TO_GO_ON", "Chain", "complete_lines"]

HOW_TO_GO_ON = "docs/audit.md says under 'A damaged record' how to go on"

LOCK_TIMEOUT_S = 60.0
# A record takes milliseconds.
_POLL_S = 0.005
_BLOCK = 1 << 18
_SHOWN = 2000


@dataclass(frozen=True)
class _End:
    """The end of the file: how many bytes are whole records, the last of them, and what follows the last end of line.

    `is_whole` where that is a record which lacks its end of line alone: it counts, and `size` has it.
    """

    size: int
    head: Record | None
    tail: bytes
    is_whole: bool = False


class Chain:
    """The audit trail of one desk. Nothing is made on disk until the first record."""

    def __init__(self, file: Path, name: str) -> None:
        self.file = file
        self.name = name

    @classmethod
    def open(cls, out: Path, desk_name: str) -> "Chain":
        """Return the chain of the desk that runs into `out`."""
        return cls(out.resolve() / "audit" / "chain.jsonl", desk_name)

    @property
    def head(self) -> Record | None:
        """The last record, None where there is none.

        Raises
        ------
        RunError
            The last line is no record, or the file cannot be read.
        """
        return self._end().head

    @property
    def size(self) -> int:
        """How many records there are."""
        return head.seq if (head := self.head) else 0

    def records(self) -> Iterator[Record]:
        """Return all records, the first one first.

        Raises
        ------
        RunError
            A line is no record, or the file cannot be read.
        """
        for number, line in enumerate(complete_lines(self.file), 1):
            record = parse_record(line)
            if record is None:
                raise RunError(self._broken(f"line {number}"))
            yield record

    def last(self, wanted: Callable[[Record], bool]) -> Record | None:
        """Return the last record that is `wanted`, reading from the end as far as needed; raises as `records`."""
        for number, line in zip(count(1), _lines_from_end(self.file, self._end().size), strict=False):
            record = parse_record(line)
            if record is None:
                raise RunError(self._broken(f"line {number} from the end"))
            if wanted(record):
                return record
        return None

    def append(self, kind: str, body: Mapping[str, Any], at: datetime) -> Record:
        """Append one record and return it when it is on disk.

        Parameters
        ----------
        kind
            One of `deskgate.audit.record.KINDS`.
        body
            What the record says: text, integers, booleans, null, lists and objects.
        at
            The clock's instant.

        Raises
        ------
        RunError
            The record could not be written, another process kept the chain busy, or the last line is no record.
        ValueError
            As `make_record`.
        """
        with self.lock():
            end = self._end()
            seq, previous = (end.head.seq, end.head.hash) if end.head else (0, FIRST)
            lines = []
            if end.is_whole:
                lines.append(b"\n")
            elif end.tail:
                told = make_record(seq + 1, "repair", at, _cut_off(end.tail), previous)
                seq, previous = told.seq, told.hash
                lines.append(told.line)
            record = make_record(seq + 1, kind, at, body, previous)
            self._write(end.size, b"".join([*lines, record.line]))
        return record

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the chain against other writers; it may be held several times over by one of them.

        Raises
        ------
        RunError
            Another process kept it busy, or no file can be made there.
        """
        from filelock import Timeout

        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            held = self._lock.acquire(poll_interval=_POLL_S)
        except Timeout as error:
            raise RunError(
                f"{self.file}: busy for {LOCK_TIMEOUT_S:.0f} s, expected another process to finish its record; end that one,"
                " then run this again"
            ) from error
        except OSError as error:
            raise RunError(self._unwritable(error)) from error
        with held:
            yield

    @cached_property
    def _lock(self) -> "BaseFileLock":
        from filelock import FileLock

        return FileLock(self.file.parent / ".lock", timeout=LOCK_TIMEOUT_S)

    def _end(self) -> _End:
        try:
            with self.file.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                lines = _pieces_from_end(file.fileno(), size)
                tail = next(lines, b"")
                last = next(lines, None)
        except FileNotFoundError:
            return _End(0, None, b"")
        except OSError as error:
            raise RunError(f"{self.file}: the audit trail is not readable, {error.strerror}") from error
        head = None if last is None else parse_record(last)
        if last is not None and head is None:
            raise RunError(self._broken("the last line"))
        following = parse_record(tail) if tail else None
        seq, previous = (head.seq, head.hash) if head else (0, FIRST)
        if following and (following.seq, following.previous) == (seq + 1, previous):
            return _End(size, following, tail, is_whole=True)
        return _End(size - len(tail), head, tail)

    def _write(self, start: int, data: bytes) -> None:
        """Write `data` at `start`, after all whole records, and wait until it is on disk; where that fails, all of it goes."""
        try:
            file = os.open(self.file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
            try:
                _put(file, start, data)
            finally:
                os.close(file)
            if start == 0:
                _sync_folder(self.file.parent)
        except OSError as error:
            raise RunError(self._unwritable(error)) from error

    def _unwritable(self, error: OSError) -> str:
        return (
            f"{self.file}: the audit trail cannot be written, {error.strerror}, so this was not recorded; make room or give"
            " this user the right to write there, then run this again"
        )

    def _broken(self, place: str) -> str:
        return (
            f"{self.file}: {place} is no record of the audit trail, expected it as it was written; `deskgate verify --audit`"
            f" names what was changed, {HOW_TO_GO_ON}"
        )


def complete_lines(file: Path) -> Iterator[bytes]:
    """Return the lines of a chain without their ends; what follows the last end of line only where it is a record.

    Raises
    ------
    RunError
        The file cannot be read.
    """
    try:
        with file.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n") or parse_record(line):
                    yield line.removesuffix(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{file}: the audit trail is not readable, {error.strerror}") from error


def _cut_off(tail: bytes) -> dict[str, Any]:
    text = tail[:_SHOWN].decode(errors="backslashreplace")
    return {"what": "the unfinished line of a killed write was cut off", "bytes": len(tail), "text": text}


def _put(file: int, start: int, data: bytes) -> None:
    os.lseek(file, start, os.SEEK_SET)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]
        # An unfinished line may have been longer than what replaces it.
        os.ftruncate(file, start + len(data))
        os.fsync(file)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, start)
        raise


def _sync_folder(folder: Path) -> None:
    """Wait until a new file's name is on disk, where a system lets one wait for that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lines_from_end(file: Path, size: int) -> Iterator[bytes]:
    """Return the whole lines within the first `size` bytes, the last one first."""
    if not size:
        return
    with file.open("rb") as opened:
        pieces = _pieces_from_end(opened.fileno(), size)
        first = next(pieces)
        if first:
            # A whole record that lacks its end of line alone.
            yield first
        yield from pieces


def _pieces_from_end(file: int, size: int) -> Iterator[bytes]:
    """Return what stands between ends of lines, from the end on: first what follows the last one, which may be nothing."""
    rest, place = b"", size
    while place:
        block = min(_BLOCK, place)
        place -= block
        os.lseek(file, place, os.SEEK_SET)
        first, *later = (os.read(file, block) + rest).split(b"\n")
        yield from reversed(later)
        rest = first
    if size:
        yield rest
