"""Which of a desk's files have anything new, and the parts of it: what is as it was is not opened.

A file stays closed only if every source of it, under what the desk says of it now, is as it was or may have grown.
Whether it can be read from where it ended is decided here: only if none of the appended records is stored already.
Otherwise a repeated record would be counted from the wrong place, or a version of it left behind, so the whole file is
read.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby

from deskgate.config.desk import Desk
from deskgate.schema import LEGS
from deskgate.sources.listing import opened, source_files
from deskgate.sources.source_file import SourceFile
from deskgate.store.identity import of_part, with_row_ids
from deskgate.store.known import Known
from deskgate.store.offsets import Cursor, SourceOffset
from deskgate.store.parts import Part, context_of, file_parts, grown_part, is_quiet

__all__ = ["DeskReader"]


class DeskReader:
    """Reads what is new of a desk's files.

    Parameters
    ----------
    offsets
        By path and context, how far each source has been ingested.
    known
        What is stored.
    looked_at
        Now: no file is looked at earlier.
    legs
        Whose files are read.
    """

    def __init__(
        self,
        desk: Desk,
        offsets: Mapping[tuple[str, str], SourceOffset],
        known: Known,
        looked_at: datetime,
        *,
        legs: Collection[str] = LEGS,
    ) -> None:
        self._desk, self._offsets, self._known, self._looked_at = desk, offsets, known, looked_at
        self._legs = legs
        self._contexts: dict[tuple[str, tuple[str, ...], int], str] = {}
        self.passed_over: dict[str, str] = {}

    @cached_property
    def files(self) -> list[SourceFile]:
        """The desk's files; those that are as they were, or may only have grown, have not been opened."""
        kinds: dict[str, dict[str, None]] = {}
        # The kind as which a file was read last comes first.
        newest = sorted(self._offsets.items(), key=lambda item: item[1].cursor.recorded_at, reverse=True)
        for (path, _), offset in newest:
            kinds.setdefault(path, {})[offset.kind] = None
        return source_files(
            self._desk,
            legs=self._legs,
            looked_at=self._looked_at,
            kinds=kinds,
            stays_closed=self._stays_closed,
            notes=self.passed_over,
        )

    def parts(self, progress: Callable[[str, int], None]) -> Iterator[Part]:
        """Yield what is new, and tell `progress` of each part: its path and how many records it has.

        Raises
        ------
        InputError
            A file cannot be read; the message names it.
        """
        for path, sources in groupby(self.files, lambda source: source.path):
            for part in self._parts(list(sources)):
                progress(path, part.read)
                yield part

    def _parts(self, sources: Sequence[SourceFile]) -> Iterator[Part]:
        """Yield what is new of one file."""
        unread = []
        for source in sources:
            cursor = self._cursor_of(source)
            if cursor and is_quiet(cursor, source.stat):
                continue
            if source.sha256 or source.kind.by_line:
                yield from file_parts(source, cursor)
            elif cursor and (grown := grown_part(source, cursor)) and self._is_new(grown):
                yield grown
            else:
                unread.append(source)
        if not unread:
            return
        # It was not opened while the desk was listed, and must be read whole after all; its kind may be another now.
        read = {self._context_of(source) for source in sources} - {self._context_of(source) for source in unread}
        for source in opened(self._desk, sources, looked_at=self._looked_at, notes=self.passed_over):
            if self._context_of(source) not in read:
                yield from file_parts(source, self._cursor_of(source))

    def _is_new(self, part: Part) -> bool:
        rows = {name: with_row_ids(of_part(frame, 0), name) for name, frame in part.parsed.frames.items()}
        return not any(self._known.holds_any(name, frame) for name, frame in rows.items() if frame.height)

    def _stays_closed(self, source: SourceFile) -> bool:
        cursor = self._cursor_of(source)
        if cursor is None:
            return False
        return is_quiet(cursor, source.stat) or (source.kind.grows and cursor.cursor is not None)

    def _cursor_of(self, source: SourceFile) -> Cursor | None:
        offset = self._offsets.get((source.path, self._context_of(source)))
        return offset.cursor if offset else None

    def _context_of(self, source: SourceFile) -> str:
        """Return the context of a source; all that one reading lists as the same kind, for the same bots, have the same."""
        listed = (source.kind.name, tuple(bot.name for bot in source.bots), id(source.instances))
        if listed not in self._contexts:
            self._contexts[listed] = context_of(source)
        return self._contexts[listed]
