"""Taking parts into a desk's store: each with one commit, its account in the ledger with it, and never twice.

A part that somebody else has taken in meanwhile is left out. The ledger's row is written last: what a run killed before
that has written is nobody's, and the next reading of the same source takes it in.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

import polars as pl

from deskgate.config.desk import Desk
from deskgate.schema import TABLES
from deskgate.sources.listing import source_files
from deskgate.sources.source_file import SourceFile
from deskgate.store.dedup import KNOWN_EVENTS, Admitted, NothingKnown, Standing, admit
from deskgate.store.offsets import Cursor, Part, context_of, file_parts, is_unchanged
from deskgate.store.tables import TURN, Store, Writing

__all__ = ["Account", "Ingestor", "read_desk"]

# Parts are committed together until they hold so many records or bytes: a commit costs the same for few and for many.
GROUP_RECORDS = 125_000
GROUP_BYTES = 256 << 20
# A reading into memory records nothing that could have a time.
_NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)
Progress = Callable[[str, int], None]
COUNTED = ("read", "stored", "known", "quarantined", "conflicts", "missed")


@dataclass
class Account:
    """What became of the records that were read, by source, and how many rows each table got."""

    sources: dict[str, Counter[str]] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    files: int = 0
    overtaken: int = 0
    rewritten: list[str] = field(default_factory=list)
    unfinished: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> Counter[str]:
        """The sum over all sources: read, stored, known, quarantined, conflicts, missed."""
        total = Counter(dict.fromkeys(COUNTED, 0))
        for counts in self.sources.values():
            total.update(counts)
        return total

    def as_json(self) -> dict[str, object]:
        """Return the account for machines."""
        return {
            "sources": {path: dict(counts) for path, counts in sorted(self.sources.items())},
            "total": dict(self.total),
            "rows": {name: count for name, count in self.rows.items() if count},
            "files": self.files,
            "rewritten": self.rewritten,
            "unfinished": {path: size for path, size in self.unfinished.items() if size},
        }

    def add(self, admitted: Admitted) -> None:
        """Count what one commit has taken in."""
        for name, frame in admitted.frames.items():
            self.rows[name] += frame.height
        for row in admitted.frames["ledger"].iter_rows(named=True):
            counts = self.sources.setdefault(row["path"], Counter())
            counts["read"] += row["read"]
            counts["missed"] += row["missed"]
            for tally in row["tally"]:
                counts.update({name: tally[name] for name in ("stored", "known", "quarantined", "conflicts")})
            self.unfinished[row["path"]] = row["unfinished"]
            if row["generation"] and row["start"] == 0 and row["path"] not in self.rewritten:
                self.rewritten.append(row["path"])

    def join(self, other: "Account") -> None:
        """Add what another account has counted."""
        for path, counts in other.sources.items():
            self.sources.setdefault(path, Counter()).update(counts)
        self.rows.update(other.rows)
        self.files = max(self.files, other.files)
        self.overtaken += other.overtaken
        self.rewritten += [path for path in other.rewritten if path not in self.rewritten]
        self.unfinished.update(other.unfinished)


class Ingestor:
    """The taking in of one desk's sources into its store."""

    def __init__(self, store: Store, desk: Desk, now: Callable[[], datetime]) -> None:
        self._store, self._desk, self._now = store, desk, now
        self._standings: dict[tuple[str, str], Standing] = {}
        self._turn = -1

    def cursor(self, path: str) -> Cursor | None:
        """Return where a stream's taking in ended, None where it never began."""
        self._store.look(self._refresh)
        return self._of_stream(path)

    def commit(self, parts: Sequence[Part]) -> Account:
        """Take in `parts`; what is returned from here is on disk.

        Raises
        ------
        RunError
            Another run kept the store busy.
        """

        def take(writing: Writing) -> Account:
            writing.keep_account()
            self._refresh(writing)
            account = Account()
            mine = list(_in_turn(self._placed(parts), self._standings, account))
            admitted = admit(mine, _Stored(writing), self._standings, self._now())
            for name, frame in admitted.frames.items():
                writing.add(name, frame)
            if mine:
                self._standings, self._turn = admitted.standings, writing.turn
            account.add(admitted)
            return account

        return self._store.write(take)

    def following(self) -> "Ingestor":
        """Return an ingestor of the desk's event files alone, for those who look at them every moment."""
        bots = {name: bot.model_copy(update={"local": [], "exchange": []}) for name, bot in self._desk.bots.items()}
        return Ingestor(self._store, self._desk.model_copy(update={"bots": bots}), self._now)

    def ingest_files(self, *, progress: Progress = lambda _path, _records: None) -> Account:
        """Take in what is new of all files of the desk, reading ahead while the last parts are being written.

        Parameters
        ----------
        progress
            Is told of each part that was read: its path and how many records it has.

        Raises
        ------
        InputError
            A file cannot be read; what came before it has been taken in.
        """
        account = self._pass(self.commit, progress)
        while account.overtaken:
            # Another run was faster with some parts: whatever it has left of their sources is ours.
            account.overtaken = 0
            account.join(self._pass(self.commit, progress))
        return account

    def preview(self, *, progress: Progress = lambda _path, _records: None) -> Account:
        """Return the account that `ingest_files` would give, and write nothing."""
        known = _Previewed(self._store)

        def look(parts: Sequence[Part]) -> Account:
            account = Account()
            admitted = admit(list(parts), known, self._standings, self._now())
            known.add(admitted.frames)
            account.add(admitted)
            return account

        return self._pass(look, progress)

    def _pass(self, take: Callable[[Sequence[Part]], Account], progress: Progress) -> Account:
        account = Account()
        self._store.look(self._refresh)
        found = source_files(self._desk)
        sources = [source for source in found if not is_unchanged(source, self._cursor_of(source))]
        with ThreadPoolExecutor(1, "store") as pool:
            writing: Future[Account] | None = None
            try:
                for group in _grouped(self._parts(sources, progress)):
                    if writing:
                        account.join(writing.result())
                    writing = pool.submit(take, group)
            finally:
                if writing:
                    account.join(writing.result())
        account.files = len(found)
        return account

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

    def _parts(self, sources: Iterable[SourceFile], progress: Progress) -> Iterator[Part]:
        for source in sources:
            for part in file_parts(source, self._cursor_of(source)):
                progress(source.path, part.read)
                yield part

    def _cursor_of(self, source: SourceFile) -> Cursor | None:
        standing = self._standings.get((source.path, context_of(source)))
        return standing.cursor if standing else None

    def _of_stream(self, path: str) -> Cursor | None:
        cursors = [standing.cursor for (name, _), standing in self._standings.items() if name == path]
        return max(cursors, key=lambda cursor: cursor.end, default=None)

    def _refresh(self, writing: Writing) -> None:
        """Read how far every source has come, unless nobody but we has written since."""
        turn = writing.last_turn("ledger")
        if turn != self._turn:
            self._standings = _standings(writing) if turn else {}
            self._turn = turn


def read_desk(desk: Desk) -> dict[str, pl.DataFrame]:
    """Return every canonical table that the files of a desk make, as an empty store would hold it; nothing is written.

    Raises
    ------
    InputError
        A file or a pattern of desk.toml cannot be read; the message names it.
    """
    parts = [part for source in source_files(desk) for part in file_parts(source, None)]
    frames = admit(parts, NothingKnown(), {}, _NO_CLOCK).frames
    return {name: TABLES[name].validate(frame) for name, frame in frames.items()}


def _in_turn(parts: Iterable[Part], standings: Mapping[tuple[str, str], Standing], account: Account) -> Iterator[Part]:
    """Leave out the parts of files that somebody else has taken in since they were read, and count them."""
    ends = {key: (standing.cursor.generation, standing.cursor.end) for key, standing in standings.items()}
    for part in parts:
        key = (part.source.path, part.context)
        generation, end = ends.get(key, (-1, 0))
        follows = part.generation == generation and part.start == end
        begins = part.generation == generation + 1 and part.start == 0
        before = standings.get(key)
        empty = part.start == part.end and not part.is_stream
        if before and empty and (part.stat, part.unfinished) == (before.cursor.stat, before.cursor.unfinished):
            continue  # nothing new in it, and that has been noted
        if part.is_stream or follows or begins:
            ends[key] = (part.generation, part.end)
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


_NO_EVENTS = TABLES["events"].create_empty().with_columns(pl.lit(0, pl.Int64).alias(TURN))


class _Stored:
    """What a store holds, for the length of one writing."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        found = self._rows(event_ids, "event_id", "row_id", "path", "line")
        if found.is_empty():
            return pl.DataFrame(schema=KNOWN_EVENTS)
        return found.select(
            "event_id",
            stored_row="row_id",
            stored_path="path",
            stored_line="line",
        )

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        return self._rows(event_ids, *TABLES["events"].column_names())

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        return self._writing.missing(table, frame)

    def _rows(self, event_ids: pl.Series, *columns: str) -> pl.DataFrame:
        if not self._writing.last_turn("events") or event_ids.is_empty():
            return _NO_EVENTS.select(columns)
        wanted = pl.LazyFrame({"event_id": event_ids.unique()})
        return self._writing.rows("events").select(columns).join(wanted, on="event_id", how="semi").collect()


class _Previewed:
    """What a store holds, and what a preview would have added to it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._added: dict[str, list[pl.DataFrame]] = {}

    def add(self, frames: Mapping[str, pl.DataFrame]) -> None:
        for name, frame in frames.items():
            self._added.setdefault(name, []).append(frame)

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        stored = self._store.look(lambda writing: _Stored(writing).events(event_ids))
        added = [
            frame.filter(pl.col("event_id").is_in(event_ids.implode())).select(
                "event_id", stored_row="row_id", stored_path="path", stored_line="line"
            )
            for frame in self._added.get("events", [])
        ]
        return pl.concat([stored, *added])

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        stored = self._store.look(lambda writing: _Stored(writing).contents(event_ids))
        added = [frame.filter(pl.col("event_id").is_in(event_ids.implode())) for frame in self._added.get("events", [])]
        return pl.concat([frame for frame in (stored, *added) if frame.height] or [TABLES["events"].create_empty()])

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        missing = self._store.look(lambda writing: writing.missing(table, frame))
        for added in self._added.get(table, []):
            missing = missing.join(added, on="row_id", how="anti", maintain_order="left")
        return missing


def _standings(writing: Writing) -> dict[tuple[str, str], Standing]:
    source = ["path", "context"]
    ledger = writing.rows("ledger").collect().sort(TURN, "generation", "end", "start")
    standings = {
        (row["path"], row["context"]): Standing(Cursor(**{item.name: row[item.name] for item in fields(Cursor)}))
        for row in ledger.group_by(source, maintain_order=True).last().iter_rows(named=True)
    }
    tallies = (
        ledger.filter(pl.col("generation") == pl.col("generation").max().over(source))
        .select(*source, "tally")
        .explode("tally", empty_as_null=False)
        .unnest("tally")
        .group_by(*source, "bot")
        .agg((pl.col("stored") + pl.col("known")).sum().alias("kept"), pl.col("quarantined").sum())
    )
    for row in tallies.iter_rows(named=True):
        standing = standings[row["path"], row["context"]]
        if row["bot"] is not None:
            standing.kept[row["bot"]] += row["kept"]
        standing.quarantined[row["bot"]] += row["quarantined"]
    return standings
