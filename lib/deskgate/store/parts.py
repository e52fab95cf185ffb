"""Sources -> parts: what is new of a file or a stream, read and typed, ready to be stored with one commit.

A file of event lines is read from where the last part ended; every other file is read whole, and only when its content
has changed, one of many records in parts. Nothing here writes, and nothing asks what is already stored.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from deskgate.config.desk import Desk
from deskgate.sources.exact_json import JsonError, parse
from deskgate.sources.lines import Piece, RewrittenError, is_packed, pieces
from deskgate.sources.long_lines import LongLine
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.reader import read_lines, read_parts
from deskgate.sources.registry import kind_named
from deskgate.sources.source_file import SourceFile, may_have_changed
from deskgate.store.growth import growth_of, mark_of, shifted, with_log
from deskgate.store.offsets import Cursor

__all__ = ["Part", "context_of", "file_parts", "grown_part", "is_quiet", "stream_part"]

T = TypeVar("T")

# Those that say nothing of when the file was looked at prove nothing: they are of before that was recorded, or of a reading that
# had not come to the file's end.
_STAT_FIELDS = 5


@dataclass(frozen=True)
class Part:
    """A piece of a source that has been read and not been taken in yet; see `deskgate.schema.stream.Ledger` for its words.

    `raw` are its lines, where it has lines, for those that turn out to be conflicts. A stream's part has no place yet,
    it gets one when it is taken in. `after` is the `cursor` of the part that one of several parts of a database comes after.
    """

    source: SourceFile
    parsed: ParsedSource
    read: int
    context: str
    generation: int = 0
    start: int = 0
    end: int = 1
    lines: int = 0
    sha256: str | None = None
    cursor: str | None = None
    stat: str | None = None
    unfinished: int = 0
    missed: int = 0
    raw: Sequence[bytes] = ()
    is_stream: bool = False
    after: str | None = None

    def placed(self, after: Cursor | None) -> "Part":
        """Return a stream's part with its place, behind everything of that stream that was taken in before."""
        count, lines = (after.end, after.lines) if after else (0, 0)
        return replace(
            self,
            parsed=shifted(self.parsed, lines),
            start=count,
            end=count + self.read,
            lines=lines + self.read,
            cursor=self.cursor or (after.cursor if after else None),
        )

    def reached(self, recorded_at: datetime) -> Cursor:
        """Return where the taking in of the source stands after this part."""
        return Cursor(
            generation=self.generation,
            end=self.end,
            lines=self.lines,
            sha256=self.sha256,
            cursor=self.cursor,
            context=self.context,
            stat=self.stat,
            unfinished=self.unfinished,
            recorded_at=recorded_at,
        )


def context_of(source: SourceFile) -> str:
    """Return the digest of what a desk says of a source: under another one, the same bytes mean something else."""
    listed = [[bot.name, str(bot.mode), bot.connector, list(bot.pairs)] for bot in source.bots]
    configured = [source.kind.name, source.leg, listed, sorted(source.known)]
    if source.kind.is_log:
        configured.append([bot.log_timezone for bot in source.bots])
    if source.instances.patterns:
        configured.append(sorted(source.instances.patterns.items()))
    return hashlib.sha256(json.dumps(configured).encode()).hexdigest()[:32]


def is_quiet(cursor: Cursor, stat: str | None) -> bool:
    """Return whether a file is as it was when it was read to `cursor`, and had not been written to just before."""
    if cursor.stat is None or stat is None or len(cursor.stat.split()) != _STAT_FIELDS or _is_undigested(cursor):
        return False
    return not may_have_changed(cursor.stat, stat)


def _is_undigested(cursor: Cursor) -> bool:
    """Return whether a file was noted as read though it had not been opened; of a database its log may have been."""
    return cursor.sha256 is not None and not cursor.sha256.split("+")[0]


def file_parts(source: SourceFile, cursor: Cursor | None) -> Iterator[Part]:
    """Yield what is new of a file, in parts; one without records where its content is what it was.

    Raises
    ------
    InputError
        The file cannot be read; the message names it.
    ValueError
        It is read whole, and was listed without being opened.
    """
    if source.kind.by_line:
        yield from _line_parts(source, cursor)
        return
    if not source.sha256:
        raise ValueError(f"{source.path} was listed without being opened, expected its digest; open it before reading")
    context, stat = context_of(source), source.stat
    sha256 = with_log(source.file, source.sha256)
    if cursor and (cursor.context, cursor.sha256) == (context, sha256):
        yield _noted(source, cursor, stat)
        return
    yield from _whole_parts(
        source, cursor, Part(source, ParsedSource(), read=0, context=context, sha256=sha256, stat=stat)
    )


def _whole_parts(source: SourceFile, cursor: Cursor | None, whole: Part) -> Iterator[Part]:
    """Yield a file that is read whole, in the parts that its kind has; what a killed run stored of the same content is left out."""
    generation, known, start = cursor.generation + 1 if cursor else 0, 0, 0
    for parsed, is_last in _with_end(read_parts(source)):
        begun = f"begun:{parsed.mark}"
        # Only a run that was killed over the same content is gone on with.
        if start == 0 and cursor and (cursor.context, cursor.cursor) == (whole.context, begun):
            generation, known = cursor.generation, cursor.end
        mark = mark_of(source, parsed, before=start) if is_last else None
        count = start + parsed.records.height
        end = mark.end if mark else max(count, 1)
        if start < known and (known < end or is_last):
            # Another version divided it elsewhere.
            yield from _whole_parts(source, cursor and replace(cursor, cursor=None), whole)
            return
        if known <= start:
            part = replace(
                whole,
                parsed=parsed,
                read=parsed.records.height,
                generation=generation,
                start=start,
                end=end,
                lines=mark.count if mark else count,
                cursor=mark.sha256 if mark else None,
                unfinished=parsed.unfinished,
                after=begun if start else None,
            )
            yield part if is_last else replace(part, sha256=None, cursor=begun, stat=_proving_nothing(whole.stat))
        start = end


def grown_part(source: SourceFile, cursor: Cursor) -> Part | None:
    """Return what was appended to a file that is not of event lines, None where the file must be read whole."""
    context, stat = context_of(source), source.stat
    if source.kind.by_line or cursor.context != context or (grown := growth_of(source, cursor)) is None:
        return None
    if grown.mark.end == cursor.end:
        return _noted(source, cursor, stat)
    return Part(
        grown.source,
        grown.parsed,
        read=grown.parsed.records.height,
        context=context,
        generation=cursor.generation,
        start=cursor.end,
        end=grown.mark.end,
        lines=grown.mark.count,
        sha256=grown.source.sha256,
        cursor=grown.mark.sha256,
        stat=stat,
    )


def _noted(source: SourceFile, cursor: Cursor, stat: str | None) -> Part:
    """Return a part without records: the file is as it was, so that the next look need not read it."""
    return Part(
        source,
        ParsedSource(),
        read=0,
        context=cursor.context,
        generation=cursor.generation,
        start=cursor.end,
        end=cursor.end,
        lines=cursor.lines,
        sha256=cursor.sha256,
        cursor=cursor.cursor,
        stat=stat,
        unfinished=cursor.unfinished,
    )


def _line_parts(source: SourceFile, cursor: Cursor | None) -> Iterator[Part]:
    context, stat = context_of(source), source.stat
    same = cursor is not None and cursor.context == context
    generation = 0 if cursor is None else cursor.generation if same else cursor.generation + 1
    new = Part(source, ParsedSource(), read=0, context=context, generation=generation, stat=stat)
    found = False
    if cursor and same:
        last = replace(new, start=cursor.end, end=cursor.end, lines=cursor.lines, sha256=cursor.sha256)
    else:
        last = replace(new, end=0)
    try:
        for piece, is_last in _with_end(pieces(source.file, start=last.end, lines=last.lines, sha256=last.sha256)):
            found, last = True, _read_piece(new, last, piece)
            yield last if is_last else replace(last, stat=_proving_nothing(stat))
    except RewrittenError:
        yield from _line_parts(source, replace(cursor, context="") if cursor else None)
        return
    if not found and (cursor is None or not same or not is_quiet(cursor, stat)):
        # An empty file, or one that was touched: noted, so that the next look need not read it.
        yield last


def _proving_nothing(stat: str | None) -> str | None:
    """Return the times of a file that was not read to its end, without when it was looked at.

    That they are as they were does not say that nothing of it is new: a run may end before the next piece is stored.
    """
    return stat.rpartition(" ")[0] if stat else None


def _with_end(found: Iterator[T]) -> Iterator[tuple[T, bool]]:
    """Yield each of some with whether it is the last one."""
    before = next(found, None)
    while before is not None:
        after = next(found, None)
        yield before, after is None
        before = after


def _read_piece(new: Part, last: Part, piece: Piece) -> Part:
    if piece.unfinished and not _is_whole(piece.lines[0]) and not _is_cut_off(new.source, piece.lines[0]):
        # The writer is in the middle of it: read when it is finished, and shown as unfinished until then.
        return replace(
            new, start=last.end, end=last.end, lines=last.lines, sha256=last.sha256, unfinished=piece.end - piece.start
        )
    lines = piece.lines
    if piece.first == 1 and not isinstance(lines[0], LongLine):
        lines = [lines[0].removeprefix(b"\xef\xbb\xbf"), *lines[1:]]
    return replace(
        new,
        parsed=read_lines(new.source, lines, piece.first),
        read=_not_blank(lines),
        start=piece.start,
        end=piece.end,
        lines=piece.first + len(lines) - 1,
        sha256=piece.sha256,
        raw=lines,
    )


def _not_blank(lines: Sequence[bytes]) -> int:
    return sum(map(bool, map(bytes.strip, lines)))


def _is_cut_off(source: SourceFile, line: bytes) -> bool:
    """Return whether a last line without an end is no record and will be none: too long, in a file nobody writes to."""
    return isinstance(line, LongLine) and is_packed(source.file)


def _is_whole(line: bytes) -> bool:
    if isinstance(line, LongLine):
        return False
    try:
        parse(line.decode())
    except (JsonError, UnicodeDecodeError):
        return False
    return True


def stream_part(
    desk: Desk,
    path: str,
    kind: str,
    messages: Sequence[bytes],
    *,
    bot: str | None = None,
    cursor: str | None = None,
    missed: int = 0,
) -> Part:
    """Return the part that a stream's messages make.

    Parameters
    ----------
    desk
        Its bots.
    bot
        Whose stream it is; None: any bot of the desk may be in it, or, where topics name bots, none of them.
    path
        The stream's address without a password; it is what the ledger and the quarantine call it.
    kind
        The name of a kind that is read by line.
    messages
        One line each, as the collector wraps them; none make a heartbeat.
    cursor
        The stream's own id of the last message, None where it has none.
    missed
        How many messages the stream had dropped before they could be read.
    """
    of_kind = kind_named(kind)
    source = SourceFile(
        file=Path(path),
        path=path,
        kind=of_kind,
        bots=(desk.bots[bot],) if bot else tuple(desk.bots.values()) if of_kind.desk_wide else (),
        known=frozenset(desk.bots),
        instances=desk.instances,
        size=0,
        sha256="",
    )
    parsed = read_lines(source, messages, 1)
    return Part(
        source,
        parsed,
        read=_not_blank(messages),
        context=context_of(source),
        cursor=cursor,
        missed=missed,
        raw=messages,
        is_stream=True,
    )
