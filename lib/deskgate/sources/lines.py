"""Files -> lines and documents: opening, unpacking, decoding, and the digest of what was read.

An event file may grow while it is read: only the bytes that were there at the start count, and they are what the
digest is of. Where a file has been read up to some place, reading goes on from there, after its content up to there
has been found unchanged. Nothing here knows what a line means.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple, cast

from deskgate.config.errors import InputError
from deskgate.sources.long_lines import Beginning, LongLine, bounded

__all__ = [
    "DOCUMENT_LIMIT",
    "LINE_LIMIT",
    "Line",
    "Piece",
    "RewrittenError",
    "digest_of",
    "digests_of_beginnings",
    "ends_with_line_end",
    "first_groups",
    "head_of",
    "line_batches",
    "lines_in",
    "pieces",
    "whole_text",
]

BATCH = 50_000
PIECE = 32 << 20
# No record is so long: a longer line is not held, see `LongLine`.
LINE_LIMIT = 8 << 20
# A JSON document is parsed whole, which takes up to fourteen times its size; an export is far smaller.
DOCUMENT_LIMIT = 128 << 20
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line that is not blank: its 1-based number, its text, and whether it was UTF-8.

    `length` is that of a line over `LINE_LIMIT` in bytes; its text is only its beginning. None: `text` is all of it.
    """

    number: int
    text: str
    decoded: bool
    length: int | None = None

    @classmethod
    def of(cls, number: int, data: bytes) -> "Line":
        """Return the line with these bytes, without their end."""
        length = data.length if isinstance(data, LongLine) else None
        bare = data.rstrip(b"\r\n")
        try:
            return cls(number, bare.decode(), decoded=True, length=length)
        except UnicodeDecodeError:
            return cls(number, bare.decode(errors="replace"), decoded=False, length=length)


class Piece(NamedTuple):
    """Some whole lines of a file.

    `start` and `end` are their bytes in the unpacked content, `first` is the number of `lines[0]`, and `sha256` the
    digest of all content up to `end`. The lines are as they stand, blank ones too; one over `LINE_LIMIT` is a
    `LongLine`. `unfinished`: the one line is the file's last and has no end yet.
    """

    start: int
    end: int
    first: int
    lines: list[bytes]
    sha256: str
    unfinished: bool = False


class RewrittenError(Exception):
    """The part of a file that was read before has changed."""


def pieces(
    file: Path, *, start: int = 0, lines: int = 0, sha256: str | None = None, size: int = PIECE
) -> Iterator[Piece]:
    """Yield the lines of `file` from where an earlier reading ended, in pieces of about `size` bytes.

    Parameters
    ----------
    file
        Plain or gzip, recognised by its content.
    start, lines, sha256
        Where the earlier reading ended, how many lines it had read, and the digest of the content up to there.

    Raises
    ------
    RewrittenError
        The content up to `start` has changed.
    InputError
        The file or its gzip cannot be read.
    """
    with _opened(file) as stream:
        digest, left = hashlib.sha256(), start
        while left and (chunk := stream.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        if left or (start and digest.hexdigest() != sha256):
            raise RewrittenError
        first, begun = lines + 1, Beginning(LINE_LIMIT)
        # Only what is there now is read: a fast writer would keep the reader for ever.
        end, taken = None if is_packed(file) else file.stat().st_size, start
        while chunk := stream.read(size if end is None else max(min(size, end - taken), 0)):
            taken += len(chunk)
            *found, rest = chunk.split(b"\n")
            digest.update(memoryview(chunk)[: len(chunk) - len(rest)])
            if found:
                begun.add(found[0])
                found[0] = begun.line()
                if max(map(len, found)) > LINE_LIMIT:
                    found = [bounded(line, LINE_LIMIT) for line in found]
                stop = taken - len(rest)
                yield Piece(start, stop, first, found, digest.hexdigest())
                start, first, begun = stop, first + len(found), Beginning(LINE_LIMIT)
            begun.add(rest)
            digest.update(rest)
        if taken > start:
            yield Piece(start, taken, first, [begun.line()], digest.hexdigest(), unfinished=True)


def is_packed(file: Path) -> bool:
    """Return whether a file is gzip, by its first bytes."""
    with file.open("rb") as plain:
        return plain.read(len(_GZIP)) == _GZIP


def digest_of(file: Path) -> tuple[int, str]:
    """Return how many bytes `file` has now and their sha256."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def digests_of_beginnings(file: Path, lengths: Collection[int], *, unpacked: bool) -> dict[int, str]:
    """Return the sha256 of the first so many bytes of `file`, by length, in one pass; without lengths that it does not have.

    `unpacked`: of its content where it is gzip. A file that cannot be read has none.
    """
    found: dict[int, str] = {}
    with suppress(InputError, OSError), _opened(file) if unpacked else file.open("rb") as stream:
        digest, read = hashlib.sha256(), 0
        for length in sorted(lengths):
            while read < length and (chunk := stream.read(min(length - read, _CHUNK))):
                digest.update(chunk)
                read += len(chunk)
            if read < length:
                break
            found[length] = digest.hexdigest()
    return found


def ends_with_line_end(file: Path, size: int) -> bool:
    """Return whether the first `size` bytes of a file end with the end of a line; a gzip is no longer written to."""
    if size == 0 or is_packed(file):
        return True
    with file.open("rb") as stream:
        stream.seek(size - 1)
        return stream.read(1) == b"\n"


def head_of(file: Path, length: int) -> bytes:
    """Return the first `length` bytes, unpacked where the file is gzip."""
    with _opened(file) as stream:
        return stream.read(length).removeprefix(_BOM)


def whole_text(file: Path) -> str:
    """Return the whole text of `file`.

    Raises
    ------
    InputError
        The gzip is broken, the text is not UTF-8, or it is larger than `DOCUMENT_LIMIT`.
    """
    with _opened(file) as stream:
        size, packed = file.stat().st_size, is_packed(file)
        if not packed and size > DOCUMENT_LIMIT:
            raise _too_large(file, f"{_mib(size)} MiB")
        data = stream.read(DOCUMENT_LIMIT + 1).removeprefix(_BOM)
    if len(data) > DOCUMENT_LIMIT:
        unpacked = f" unpacked, from {_mib(size)} MiB" if packed else ""
        raise _too_large(file, f"more than {_mib(DOCUMENT_LIMIT)} MiB{unpacked}")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file}: byte {error.start + 1} is not UTF-8, expected text; export the file again or take it out of"
            " desk.toml"
        ) from error


def _too_large(file: Path, found: str) -> InputError:
    return InputError(
        f"{file}: a JSON document of {found}, expected at most {_mib(DOCUMENT_LIMIT)} MiB, for it is read as one; export it"
        " in parts, by day or by month, or take it out of desk.toml"
    )


def _mib(size: int) -> str:
    return f"{size / (1 << 20):,.0f}"


def line_batches(file: Path, size: int, batch: int = BATCH) -> Iterator[list[Line]]:
    """Yield the lines of `file` that are not blank, out of its first `size` bytes, in lists of up to `batch`.

    Raises
    ------
    InputError
        The gzip is broken.
    """
    with _opened(file, size) as stream:
        found: list[Line] = []
        held = 0
        for line in _lines(stream):
            found.append(line)
            held += len(line.text)
            if len(found) >= batch or held >= PIECE:
                yield found
                found, held = [], 0
        if found:
            yield found


def lines_in(data: bytes, first: int) -> list[Line]:
    """Return the lines of `data` that are not blank, where the first has the number `first`."""
    found = enumerate(data.removesuffix(b"\n").split(b"\n"), start=first)
    return [Line.of(number, bounded(line, LINE_LIMIT)) for number, line in found if line.strip()]


def first_groups(file: Path, pattern: re.Pattern[str]) -> set[str]:
    """Return the first group of `pattern` in every line of `file` that it is found in."""
    size, _ = digest_of(file)
    found = (pattern.search(line.text) for batch in line_batches(file, size) for line in batch)
    return {match[1] for match in found if match}


def _lines(stream: IO[bytes]) -> Iterator[Line]:
    number = 0
    while data := _next_line(stream):
        number += 1
        if number == 1 and not isinstance(data, LongLine):
            data = data.removeprefix(_BOM)
        if data.strip():
            yield Line.of(number, data)


def _next_line(stream: IO[bytes]) -> bytes:
    """Return the next line with its end, empty behind the last; one over the limit is passed over."""
    data = stream.readline(LINE_LIMIT + 1)
    if len(data) <= LINE_LIMIT or data.endswith(b"\n"):
        return data
    begun = Beginning(LINE_LIMIT)
    begun.add(data)
    while data and not data.endswith(b"\n"):
        data = stream.readline(_CHUNK)
        begun.add(data.removesuffix(b"\n"))
    return begun.line() or b"\n"


@contextmanager
def _opened(file: Path, size: int | None = None) -> Iterator[IO[bytes]]:
    """Open `file`, unpacked where its content is gzip, whatever its name; `size` bounds a plain file."""
    try:
        with file.open("rb") as plain:
            if is_packed(file):
                with gzip.open(plain) as stream:
                    yield cast("IO[bytes]", stream)
            else:
                yield plain if size is None else cast("IO[bytes]", _FirstBytes(plain, size))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(
            f"{file}: broken gzip, {error}; copy or export the file again, or take it out of desk.toml"
        ) from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read, {error.strerror}; correct its rights or desk.toml") from error


class _FirstBytes:
    """The lines of the first `size` bytes of a stream, the last one cut where it goes beyond."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._left = stream, size

    def readline(self, limit: int) -> bytes:
        """Return the next line, or as much of it as `limit` and the end allow."""
        data = self._stream.readline(min(limit, self._left)) if self._left > 0 else b""
        self._left -= len(data)
        return data
