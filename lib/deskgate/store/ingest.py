"""Ingests a desk's sources into its store: each part with one commit and its row of the ledger, and never twice.

A part that another run has ingested meanwhile is left out. The ledger's row is written last: rows of a run that was
killed before that are ignored, and the next reading of the same source stores its records.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from deskgate.config.desk import Desk
from deskgate.config.errors import RunError
from deskgate.schema import LEGS, TABLES
from deskgate.sources.listing import source_files
from deskgate.store.account import Account
from deskgate.store.commits import COMMIT_ID
from deskgate.store.copies import merge_copies
from deskgate.store.dedup import deduplicate
from deskgate.store.known import EmptyStore, PreviewedRecords, StoredRecords
from deskgate.store.offsets import Cursor, SourceOffset, read_offsets
from deskgate.store.parts import Part, file_parts, is_quiet
from deskgate.store.reading import DeskReader
from deskgate.store.tables import Store, is_local
from deskgate.store.transaction import Transaction

__all__ = ["Account", "Ingestor", "desk_parts", "read_desk"]

# Parts are committed together until they hold so many records or bytes: a commit costs the same for few and for many.
GROUP_RECORDS = 125_000
GROUP_BYTES = 256 << 20
# How often what another run ingested first is read again: two runs that begin anew in turn would never end.
_PASSES = 3
# So many events at least come between two checkpoints of one ingest.
CHECKPOINT_EVENTS = 1_000_000
# A reading into memory records nothing that could have a time.
_NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)
Progress = Callable[[str, int], None]


class Ingestor:
    """Ingests a desk's sources into its store."""

    def __init__(self, store: Store, desk: Desk, now: Callable[[], datetime], *, legs: Collection[str] = LEGS) -> None:
        self._store, self._desk, self._now, self._legs = store, desk, now, legs
        self._offsets: dict[tuple[str, str], SourceOffset] = {}
        self._commit_id = -1
        # Events stored since the last checkpoint of this ingestor, and with how many it writes the next one.
        self._since, self._checkpoint_at = 0, CHECKPOINT_EVENTS

    def cursor(self, path: str) -> Cursor | None:
        """Return where the ingestion of a stream ended, None where it never began."""
        self._store.snapshot(self._refresh)
        return self._of_stream(path)

    def commit(self, parts: Sequence[Part]) -> Account:
        """Store what is new of `parts`; when this returns, it is on disk.

        Raises
        ------
        RunError
            Another run kept the store busy.
        """

        def take(transaction: Transaction) -> Account:
            transaction.keep_account()
            self._refresh(transaction)
            account = Account()
            mine = list(_in_sequence(self._placed(parts), self._offsets, account))
            batch = deduplicate(mine, StoredRecords(transaction), self._offsets, self._now())
            transaction.add_all(batch.frames)
            if mine:
                self._offsets, self._commit_id = batch.offsets, transaction.commit_id
            account.add(batch)
            self._since += batch.frames["events"].height
            return account

        account = self._store.write(take)
        self._checkpoint()
        return account

    def _checkpoint(self) -> None:
        """Write a checkpoint after many events: looking for the ids of a commit reads those of all events after the last one."""
        if self._since >= self._checkpoint_at and is_local(self._store.location):
            # The further apart the more there are, for each is written whole.
            self._checkpoint_at = max(CHECKPOINT_EVENTS, self._store.checkpoint() // 4)
            self._since = 0

    def following(self) -> "Ingestor":
        """Return an ingestor of the desk's event files alone, for the follower."""
        return Ingestor(self._store, self._desk, self._now, legs=("events",))

    def ingest_files(self, *, progress: Progress = lambda _path, _records: None) -> Account:
        """Ingest what is new of all files of the desk, reading ahead while the last parts are being written.

        Parameters
        ----------
        progress
            Called with each part that was read: its path and how many records it has.

        Raises
        ------
        InputError
            A file cannot be read; what came before it has been ingested.
        RunError
            Another run goes on ingesting the same files; what was ingested stays.
        """
        account = self._pass(self.commit, progress)
        for _ in range(_PASSES):
            if not account.overtaken:
                return account
            # Another run ingested some of these parts first: read again what it left of their sources.
            account.overtaken = 0
            account.join(self._pass(self.commit, progress))
        if account.overtaken:
            raise RunError(
                f"{self._desk.file}: another run ingests files of this desk that change meanwhile, expected none beside this one;"
                " wait for its end, then run this again"
            )
        return account

    def preview(
        self,
        *,
        progress: Progress = lambda _path, _records: None,
        on_rows: Callable[[Mapping[str, pl.DataFrame]], None] = lambda _rows: None,
    ) -> Account:
        """Return the account that `ingest_files` would give, and write nothing; `on_rows` gets what it would store, by table."""
        known = PreviewedRecords(self._store)

        def look(parts: Sequence[Part]) -> Account:
            account = Account()
            batch = deduplicate(list(parts), known, self._offsets, self._now())
            known.add(batch.frames)
            on_rows(batch.frames)
            account.add(batch)
            return account

        return self._pass(look, progress)

    def _pass(self, take: Callable[[Sequence[Part]], Account], progress: Progress) -> Account:
        account = Account()
        reader = self._store.snapshot(self._reader)
        with ThreadPoolExecutor(1, "store") as pool:
            writing: Future[Account] | None = None
            try:
                for group in _grouped(reader.parts(progress)):
                    if writing:
                        account.join(writing.result())
                    writing = pool.submit(take, group)
            finally:
                if writing:
                    account.join(writing.result())
        account.files, account.passed_over = len(reader.files), reader.passed_over
        # One that was to be read from where it ended may have become a file of no known kind.
        account.listed = {source.path for source in reader.files} - reader.passed_over.keys()
        return account

    def _reader(self, transaction: Transaction) -> DeskReader:
        self._refresh(transaction)
        return DeskReader(self._desk, self._offsets, StoredRecords(transaction), self._now(), legs=self._legs)

    def _placed(self, parts: Sequence[Part]) -> Iterator[Part]:
        """Give the parts of streams their places, each behind the one before."""
        ends: dict[str, Cursor | None] = {}
        for part in parts:
            if not part.is_stream:
                yield part
                continue
            path = part.source.path
            placed = part.placed(ends[path] if path in ends else self._of_stream(path))
            ends[path] = placed.reached(self._now())
            yield placed

    def _of_stream(self, path: str) -> Cursor | None:
        cursors = [offset.cursor for (name, _), offset in self._offsets.items() if name == path]
        return max(cursors, key=lambda cursor: cursor.end, default=None)

    def _refresh(self, transaction: Transaction) -> None:
        """Read how far every source has been ingested, unless only this ingestor has written since."""
        commit_id = transaction.last_commit_id("ledger")
        if commit_id != self._commit_id:
            self._offsets = read_offsets(transaction) if commit_id else {}
            self._commit_id = commit_id


def desk_parts(desk: Desk) -> Iterator[Part]:
    """Yield the content of all files of a desk, a part at a time; nothing is written.

    Raises
    ------
    InputError
        A file or a pattern of desk.toml cannot be read; the message names it.
    """
    for source in source_files(desk):
        yield from file_parts(source, None)


def read_desk(desk: Desk, *, within: tuple[datetime, datetime] | None = None) -> dict[str, pl.DataFrame]:
    """Return every canonical table that the files of a desk make, as an empty store would hold it; nothing is written.

    Parameters
    ----------
    within
        Of a database only the rows of these instants, both included; what else it has takes no memory.

    Raises
    ------
    InputError
        As `desk_parts` does.
    """
    parts = [_narrowed(part, within) if within else part for part in desk_parts(desk)]
    frames = deduplicate(parts, EmptyStore(), {}, _NO_CLOCK).frames
    read = {
        name: merge_copies(name, frame.with_columns(pl.lit(1).alias(COMMIT_ID))).drop(COMMIT_ID)
        for name, frame in frames.items()
    }
    return {name: TABLES[name].validate(frame) for name, frame in read.items()}


def _narrowed(part: Part, within: tuple[datetime, datetime]) -> Part:
    if not part.source.kind.database:
        return part
    frames = {
        name: frame.filter(pl.col("ts").is_between(*within)) if "ts" in frame.columns else frame
        for name, frame in part.parsed.frames.items()
    }
    kept = pl.concat([frame.select("record") for frame in frames.values()]) if frames else part.parsed.records.clear()
    records = part.parsed.records.join(kept, on="record", how="semi", maintain_order="left")
    return replace(part, parsed=replace(part.parsed, frames=frames, records=records))


def _in_sequence(
    parts: Iterable[Part], offsets: Mapping[tuple[str, str], SourceOffset], account: Account
) -> Iterator[Part]:
    """Leave out the parts of files that another run has ingested since they were read, and count them."""
    ends = {key: (offset.cursor.generation, offset.cursor.end, offset.cursor.cursor) for key, offset in offsets.items()}
    for part in parts:
        key = (part.source.path, part.context)
        generation, end, cursor = ends.get(key, (-1, 0, None))
        follows = part.generation == generation and part.start == end and part.after in (None, cursor)
        begins = part.generation == generation + 1 and part.start == 0
        before = offsets.get(key)
        empty = part.start == part.end and not part.is_stream
        if before and empty and part.unfinished == before.cursor.unfinished and is_quiet(before.cursor, part.stat):
            continue  # nothing new in it, and that has been noted
        if part.is_stream or follows or begins:
            ends[key] = (part.generation, part.end, part.cursor)
            yield part
        else:
            account.overtaken += 1


def _grouped(parts: Iterable[Part]) -> Iterator[list[Part]]:
    group: list[Part] = []
    for part in parts:
        group.append(part)
        size = sum(each.end - each.start for each in group)
        if sum(each.read for each in group) >= GROUP_RECORDS or size >= GROUP_BYTES:
            yield group
            group = []
    if group:
        yield group
