"""Which of a desk's files have anything new, and the parts of it: what is as it was is not opened.

Whether a file can be read from where it ended is decided here: only if none of the appended records is stored already.
Otherwise a repeated record would be counted from the wrong place, or a version of it left behind, so the whole file is
read.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.sources.listing import source_files
from deskgate.sources.registry import kind_named
from deskgate.sources.source_file import SourceFile
from deskgate.store.identity import of_part, with_row_ids
from deskgate.store.known import Known
from deskgate.store.offsets import Cursor, SourceOffset
from deskgate.store.parts import Part, context_of, file_parts, grown_part, is_quiet, is_unchanged, stat_of

__all__ = ["DeskReader"]


class DeskReader:
    """Reads what is new of a desk's files.

    Parameters
    ----------
    offsets
        By path and context, how far each source has been ingested.
    known
        What is stored.
    """

    def __init__(self, desk: Desk, offsets: Mapping[tuple[str, str], SourceOffset], known: Known) -> None:
        self._desk, self._offsets, self._known = desk, offsets, known
        self._of_path: dict[str, list[SourceOffset]] = {}
        for (path, _), offset in offsets.items():
            self._of_path.setdefault(path, []).append(offset)

    @cached_property
    def files(self) -> list[SourceFile]:
        """The desk's files; those that are as they were, or may only have grown, have not been opened."""
        return source_files(self._desk, self._kind_without_opening)

    def parts(self, progress: Callable[[str, int], None]) -> Iterator[Part]:
        """Yield what is new, and tell `progress` of each part: its path and how many records it has.

        Raises
        ------
        InputError
            A file cannot be read; the message names it.
        """
        for source in self.files:
            if is_unchanged(source, self._cursor_of(source)):
                continue
            for part in self._parts(source):
                progress(source.path, part.read)
                yield part

    def _parts(self, source: SourceFile) -> Iterator[Part]:
        if source.sha256 or source.kind.by_line:
            yield from file_parts(source, self._cursor_of(source))
            return
        cursor = self._cursor_of(source)
        grown = grown_part(source, cursor) if cursor else None
        if grown and self._is_new(grown):
            yield grown
            return
        # It was not opened while the desk was listed, and must be read whole after all.
        for opened in self._opened.get(source.path, []):
            if opened.bots == source.bots:
                yield from file_parts(opened, self._cursor_of(opened))

    @cached_property
    def _opened(self) -> dict[str, list[SourceFile]]:
        found: dict[str, list[SourceFile]] = {}
        for source in source_files(self._desk, self._kind_if_unchanged):
            found.setdefault(source.path, []).append(source)
        return found

    def _is_new(self, part: Part) -> bool:
        rows = {name: with_row_ids(of_part(frame, 0), name) for name, frame in part.parsed.frames.items()}
        return not any(self._known.holds_any(name, frame) for name, frame in rows.items() if frame.height)

    def _kind_without_opening(self, file: Path) -> str | None:
        return self._kind(file, growing=True)

    def _kind_if_unchanged(self, file: Path) -> str | None:
        return self._kind(file, growing=False)

    def _kind(self, file: Path, *, growing: bool) -> str | None:
        offsets = self._of_path.get(file.relative_to(self._desk.root).as_posix())
        if not offsets:
            return None
        stat = stat_of(file)
        for offset in offsets:
            if is_quiet(offset.cursor, stat) or (growing and kind_named(offset.kind).grows and offset.cursor.cursor):
                return offset.kind
        return None

    def _cursor_of(self, source: SourceFile) -> Cursor | None:
        offset = self._offsets.get((source.path, context_of(source)))
        return offset.cursor if offset else None
