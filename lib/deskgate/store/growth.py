"""What was added to a table, a JSON list or a database since it was read: proven by the digest of everything before it.

A controller's CSV grows by lines, a bare JSON list by elements before its closing bracket. Where the content up to the
end of the last record is byte for byte what it was, the earlier records need not be read again. A database changes in
place: its parser says how far it read, and whether everything before that is as it was. An export with a head of its own
changes at its beginning, and is read whole.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from deskgate.sources.exact_json import JsonError, parse
from deskgate.sources.lines import digest_of, is_packed, lines_in
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.reader import read_grown, read_source
from deskgate.sources.source_file import SourceFile, log_of
from deskgate.sources.source_kind import SourceKind
from deskgate.store.offsets import Cursor

__all__ = ["Growth", "Mark", "growth_of", "mark_of", "shifted", "with_log"]

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_APPENDED_LIMIT = 64 << 20
# What kind a list is shows in its first elements; a shorter list may turn out to be of another kind.
_ITEMS_MIN = 20


@dataclass(frozen=True)
class Mark:
    """The end of the last record in a file: its byte, the digest of everything before it, and how many records or lines.

    Of a database `end` counts its records too, and `sha256` is the mark of its parser.
    """

    end: int
    sha256: str
    count: int


@dataclass(frozen=True)
class Growth:
    """What was appended: the source as it is now, its new records, and the mark behind them."""

    source: SourceFile
    parsed: ParsedSource
    mark: Mark


def mark_of(source: SourceFile, parsed: ParsedSource, *, before: int = 0) -> Mark | None:
    """Return the mark of a file that was read whole, None where what follows cannot be read by itself.

    Parameters
    ----------
    parsed
        Its content, or the last part of it.
    before
        How many records the parts before have.
    """
    if not source.kind.grows or not parsed.appendable or source.size == 0 or is_packed(source.file):
        return None
    if source.kind.read_grown is not None:
        count = before + parsed.records.height
        return Mark(count, parsed.mark, count) if parsed.mark and count else None
    if source.kind.read_appended is not None:
        return _mark_of_lines(source)
    data = source.file.read_bytes()
    if hashlib.sha256(data).hexdigest() != source.sha256:
        return None  # it has changed since it was read
    if not isinstance(source.document, list) or len(source.document) < _ITEMS_MIN:
        return None
    end = _end_of_list(data)
    return Mark(end, hashlib.sha256(data[:end]).hexdigest(), len(source.document))


def _mark_of_lines(source: SourceFile) -> Mark | None:
    digest, size, lines, last = hashlib.sha256(), 0, 0, b""
    with source.file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size, lines, last = size + len(chunk), lines + chunk.count(b"\n"), chunk[-1:]
    if digest.hexdigest() != source.sha256 or last != b"\n":
        return None  # it has changed since it was read, or its last line is being written
    return Mark(size, source.sha256, lines)


def growth_of(source: SourceFile, cursor: Cursor) -> Growth | None:
    """Return what was appended to a file since `cursor`, None where it must be read whole.

    Parameters
    ----------
    source
        As listed; its content has not been read.
    cursor
        Where the last reading of the same source under the same context ended.
    """
    # Of a file that was not read to its end only the first parts are known.
    if cursor.cursor is None or cursor.sha256 is None:
        return None
    if source.kind.read_grown is not None:
        return _more_records(source, cursor.cursor, cursor)
    return _more_text(source, cursor.cursor, cursor)


def _more_text(source: SourceFile, mark: str, cursor: Cursor) -> Growth | None:
    appended = max(source.file.stat().st_size - cursor.end, 0)
    # More than can be held is read whole, in parts.
    if is_packed(source.file) or appended > _APPENDED_LIMIT:
        return None
    with source.file.open("rb") as stream:
        header = stream.readline(_CHUNK)
        stream.seek(0)
        digest, left = hashlib.sha256(), cursor.end
        while left and (chunk := stream.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        if left or digest.hexdigest() != mark:
            return None
        rest = stream.read(_APPENDED_LIMIT)
    whole = digest.copy()
    whole.update(rest)
    if whole.hexdigest() == cursor.sha256:
        return Growth(source, ParsedSource(), Mark(cursor.end, mark, cursor.lines))
    now = replace(source, size=cursor.end + len(rest), sha256=whole.hexdigest())
    if source.kind.read_appended is not None:
        if not header.strip() or not header.endswith(b"\n"):
            return None
        return _more_lines(now, header, rest, cursor)
    return _more_items(now, rest, digest, cursor)


def with_log(file: Path, sha256: str) -> str:
    """Return the digest of a file, and of a database with that of the log that has its newest rows."""
    log = log_of(file)
    return f"{sha256}+{digest_of(log)[1]}" if log.exists() else sha256


def _more_records(source: SourceFile, mark: str, cursor: Cursor) -> Growth | None:
    # Digested before it is read: what is written meanwhile is then looked for by the next reading.
    size, sha256 = digest_of(source.file)
    now = replace(source, size=size, sha256=with_log(source.file, sha256))
    if now.sha256 == cursor.sha256:
        return Growth(now, ParsedSource(), Mark(cursor.end, mark, cursor.lines))
    parsed = read_grown(now, mark)
    if parsed is None or parsed.mark is None:
        return None
    count = parsed.records.height
    return Growth(now, parsed, Mark(cursor.end + count, parsed.mark, cursor.lines + count))


def _more_lines(source: SourceFile, header: bytes, rest: bytes, cursor: Cursor) -> Growth | None:
    if not rest.endswith(b"\n"):
        return None  # its last line is being written
    assert source.kind.read_appended is not None  # noqa: S101 - the caller has asked
    parsed = source.kind.read_appended(
        source,
        header.removeprefix(_BOM).rstrip(b"\r\n").decode(errors="replace"),
        lines_in(rest, cursor.lines + 1),
    )
    if not parsed.appendable:
        return None  # another header holds from there on
    return Growth(source, parsed, Mark(source.size, source.sha256, cursor.lines + rest.count(b"\n")))


def _more_items(source: SourceFile, rest: bytes, digest: "hashlib._Hash", cursor: Cursor) -> Growth | None:
    begun = rest.lstrip(b" \t\r\n")
    if not begun.startswith(b","):
        return None
    try:
        items = parse("[" + begun[1:].decode())
    except (JsonError, UnicodeDecodeError):
        return None  # whoever reads it whole says what is wrong with it
    if not isinstance(items, list) or not _is_kind_of(source.kind, items):
        return None
    read = read_source(replace(source, document=items))
    if read.derived:
        return None  # whether a list is the venue's own shows in all of it
    parsed = shifted(read, cursor.lines)
    end = _end_of_list(rest)
    digest.update(rest[:end])
    return Growth(source, parsed, Mark(cursor.end + end, digest.hexdigest(), cursor.lines + len(items)))


def _end_of_list(data: bytes) -> int:
    """Return where the last element of a JSON list ends."""
    return len(data.rstrip(b" \t\r\n").removesuffix(b"]").rstrip(b" \t\r\n"))


def _is_kind_of(kind: SourceKind, items: list[object]) -> bool:
    """Return whether a list with these at its end is still of the same kind."""
    return kind.holds is None or kind.holds(items)


def shifted(parsed: ParsedSource, lines: int) -> ParsedSource:
    """Return records that were numbered from 1 as those that follow `lines` others."""
    return replace(
        parsed,
        frames={
            name: frame.with_columns(frame["line"] + lines) if "line" in frame.columns else frame
            for name, frame in parsed.frames.items()
        },
        quarantine=parsed.quarantine.with_columns(parsed.quarantine["line"] + lines),
        records=parsed.records.with_columns(parsed.records["line"] + lines),
    )
