"""The store: one append-only Delta table for each canonical frame, so that every past day can be asked again.

Rows are only ever added. Every row carries the turn in which it was written, turns only ever grow, and what a turn
left is read again by leaving out what came later: a decision pins the turns of the tables it was made from. So files
may be compacted, and small ones thrown away, without any past answer changing. A store belongs to one desk. What a row
means is not known here, and nothing is corrected: a record that changed at its source is another row of a later turn,
and reading gives the latest.

Each table of a turn is one commit, the ledger's the last. A run killed between two tables leaves rows of a turn that the
ledger does not have: nobody sees them, and what they said is taken in again by another turn. Two runs at once are serialised by a lock beside a local
store, and on an object store by Delta's own conflict of transactions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from filelock import FileLock, Timeout

from deskgate.config.errors import InputError, RunError
from deskgate.schema import EVERY_EVENT_STANDS, RECORD_KEYS, RECORDED, TABLES

__all__ = ["COMMIT", "REBUILT", "SCHEMA_VERSION", "TURN", "Store", "Writing", "is_local"]

T = TypeVar("T")

# Raised with every change of `deskgate.schema.tables` after which stored rows no longer fit.
SCHEMA_VERSION = 3

LOCK_TIMEOUT_S = 300.0
# Beside a store, while `deskgate store rebuild` makes the one that replaces it.
REBUILT = ".rebuilt"
_LOCK = ".lock"
_ABOUT = "about"
_APPLICATION = "deskgate"
TURN = "turn"
# How `Store.lazy` names the commit that a row came with.
COMMIT = "commit"
# Turns make old versions of a table needless, so its log need not be kept for them.
_CONFIGURATION = {"delta.appendOnly": "true", "delta.logRetentionDuration": "interval 1 days"}
_ATTEMPTS = 5
# More small files than this slow every reading; files that readers may still have open are kept for some hours.
FILES_MAX = 48
_FILE_BYTES = 128 << 20
_KEEP_H = 6
# Half the size of the default, for the same time.
_PARQUET = WriterProperties(compression="ZSTD", compression_level=1)


@dataclass(frozen=True)
class Store:
    """The tables of one desk at one place: a folder, or an object store's URL."""

    location: str
    desk: str
    _handles: dict[str, DeltaTable] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def open(cls, location: Path | str, desk: str) -> "Store":
        """Open the store of `desk` at `location`, and make it where there is none.

        Raises
        ------
        InputError
            The store there is another desk's or of another schema version, or the place cannot be written.
        """
        store = cls(str(location).rstrip("/"), desk)
        if is_local(store.location) and not Path(store.location).exists() and Path(store.location + REBUILT).exists():
            raise InputError(
                f"{location}: a rebuild was interrupted before its last step, expected a store; run `deskgate store"
                " rebuild` again"
            )
        if is_local(store.location) and set(store.location) & set("[]%"):
            raise InputError(
                f"{location}: Delta keeps no table where a path has one of [ ] %, choose a place without with --out or"
                " [store] path in desk.toml"
            )
        with cls.alone(store.location):
            about = store._about()
            if about is None:
                about = store._founded()
        owner, version = about
        if owner != desk:
            raise InputError(
                f"{location}: the store of desk '{owner}', expected one of '{desk}'; choose another with --out or"
                " [store] path in desk.toml"
            )
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{location}: a store of schema {version}, expected schema {SCHEMA_VERSION}; "
                + ("update deskgate" if version > SCHEMA_VERSION else "make it anew with `deskgate store rebuild`")
            )
        return store

    def append(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, int]:
        """Add the rows whose `row_id` is not there yet and return how many, by table.

        Parameters
        ----------
        frames
            Canonical frames by table name, valid against `deskgate.schema.TABLES`; tables may be left out.

        Raises
        ------
        RunError
            Another run kept the store busy.
        """
        valid = {name: TABLES[name].validate(frame) for name, frame in frames.items()}

        def add(writing: "Writing") -> dict[str, int]:
            return {name: writing.add_new(name, frame).height for name, frame in valid.items()}

        return self.write(add)

    def write(self, work: "Callable[[Writing], T]") -> "T":
        """Do `work` alone on the store, with a turn of its own, and return what it returns.

        `work` may be done again from the start: on an object store somebody else may have been faster.

        Raises
        ------
        RunError
            Another run kept the store busy.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            with self.alone(self.location):
                try:
                    return work(Writing(self._tables(), self))
                except CommitFailedError as error:
                    if attempt == _ATTEMPTS:
                        raise RunError(
                            f"{self.location}: {_ATTEMPTS} times another run was faster, expected a turn of its own; run"
                            " this again when fewer write there"
                        ) from error
        raise AssertionError

    def look(self, at: "Callable[[Writing], T]") -> T:
        """Let `at` look at what is there now, without waiting for those who write."""
        return at(Writing(self._tables(), self))

    def pin(self) -> dict[str, int]:
        """Return the last turn of every table that has been written, by name."""
        turns = {name: self._last_turn(name) for name in TABLES}
        return {name: turn for name, turn in turns.items() if turn}

    def read(
        self, versions: Mapping[str, int], as_of: datetime, names: Iterable[str] = tuple(TABLES)
    ) -> dict[str, pl.DataFrame]:
        """Return every table, or those of `names`, as it was after the turns `versions`, without what could not be known at `as_of`.

        Parameters
        ----------
        versions
            What `pin` gave; a table that is not in it is empty.
        as_of
            An aware instant: rows with a later `visible_at` (baselines: `effective_at`) are left out, those without
            one are kept.

        Returns
        -------
        dict
            A frame for every canonical table, sorted by `ts` (baselines: `effective_at`) where there is one, and
            `row_id`.

        Raises
        ------
        InputError
            The store has not come to such a turn.
        """
        return {name: self._read(name, versions, as_of) for name in names}

    def _read(self, name: str, versions: Mapping[str, int], as_of: datetime) -> pl.DataFrame:
        schema = TABLES[name]
        order = [column for column in ("ts", "effective_at") if column in schema.column_names()]
        return schema.validate(self.lazy(name, versions, as_of).sort(*order, "row_id").collect())

    def lazy(
        self, name: str, versions: Mapping[str, int], as_of: datetime, *, with_commit: bool = False
    ) -> pl.LazyFrame:
        """Return the rows that `read` gives of a table as a query, in no particular order; with the `COMMIT` of each."""
        schema, version = TABLES[name], versions.get(name)
        if version is None:
            empty = schema.create_empty()
            return (empty.with_columns(pl.lit(0, pl.Int64).alias(COMMIT)) if with_commit else empty).lazy()
        table = self._table(name)
        last = 0 if table is None else _turn_of(table)
        if table is None or version > last:
            raise InputError(
                f"{self._uri(name)}: no turn {version}, expected one up to {last} that `pin` gave for this store; name"
                " the store in which that run was made"
            )
        columns = schema.column_names()
        seen = next((column for column in ("visible_at", "effective_at") if column in columns), None)
        visible = pl.lit(value=True) if seen is None else pl.col(seen).is_null() | (pl.col(seen) <= as_of)
        stored = _committed(name, self.scan(table), self._ledger(versions.get("ledger", 0)))
        stored = stored.filter((pl.col(TURN) <= version) & visible)
        return _current(name, stored).select(*columns, *([pl.col(TURN).alias(COMMIT)] if with_commit else []))

    def spans(self, names: Iterable[str]) -> dict[str, tuple[datetime, datetime]]:
        """Return the first and the last `ts` of those tables that have rows."""
        found: dict[str, tuple[datetime, datetime]] = {}
        for name in names:
            if table := self._table(name):
                rows = self.current(name, table)
                first, last = rows.select(first=pl.col("ts").min(), last=pl.col("ts").max()).collect().row(0)
                found |= {name: (first, last)} if first else {}
        return found

    def compact(self, files_max: int = FILES_MAX) -> dict[str, int]:
        """Merge the small files of tables with more than `files_max`, and return how many files went, by table.

        No row changes: what a turn left stays what it was. Files of before are removed when no reader can have them
        open any more.
        """

        def merge(_: "Writing") -> dict[str, int]:
            return {name: gone for name in TABLES if (gone := self._merged(name, files_max))}

        return self.write(merge) if self._tables() else {}

    def _merged(self, name: str, files_max: int) -> int:
        table = self._table(name)
        if table is None or len(table.file_uris()) <= files_max:
            return 0
        before = len(table.file_uris())
        table.optimize.compact(target_size=_FILE_BYTES, writer_properties=_PARQUET)
        table.vacuum(retention_hours=_KEEP_H, enforce_retention_duration=False, dry_run=False)
        table.create_checkpoint()
        table.cleanup_metadata()
        return before - len(table.file_uris())

    def _last_turn(self, name: str) -> int:
        table = self._table(name)
        return 0 if table is None else _turn_of(table)

    def _table(self, name: str) -> DeltaTable | None:
        """Return a table as it is now; its handle is kept, for reading a long log anew costs more than what is new."""
        table = self._handles.get(name)
        try:
            if table is None:
                table = self._handles[name] = DeltaTable(self._uri(name))
            else:
                table.update_incremental()
        except TableNotFoundError:
            return None
        return table

    def _tables(self) -> dict[str, DeltaTable]:
        return {name: table for name in TABLES if (table := self._table(name))}

    def create(self, name: str) -> DeltaTable:
        """Make the empty table of a canonical frame."""
        table = self._made(name, TABLES[name].create_empty().with_columns(pl.lit(0, pl.Int64).alias(TURN)))
        self._handles[name] = table
        return table

    def _about(self) -> tuple[str, int] | None:
        table = self._table(_ABOUT)
        return None if table is None else self.scan(table).collect().row(0)

    def _founded(self) -> tuple[str, int]:
        table = self._made(_ABOUT, pl.DataFrame({"desk": [self.desk], "schema_version": [SCHEMA_VERSION]}))
        return self.scan(table).collect().row(0)

    def _made(self, name: str, frame: pl.DataFrame) -> DeltaTable:
        """Make a table with the rows of `frame`, unless somebody else has made it meanwhile."""
        try:
            write_deltalake(self._uri(name), frame, mode="error", configuration=_CONFIGURATION)
        except DeltaError:
            if not DeltaTable.is_deltatable(self._uri(name)):
                raise
        return DeltaTable(self._uri(name))

    def _uri(self, name: str) -> str:
        return f"{self.location}/{name}"

    def current(self, name: str, table: DeltaTable) -> pl.LazyFrame:
        """Return a table's rows without those of a killed run and the versions that a later turn has replaced."""
        return _current(name, _committed(name, self.scan(table), self._ledger()))

    def _ledger(self, upto: int | None = None) -> pl.Series | None:
        """Return the turns that the ledger has, up to one of them; None where no account is kept."""
        table = self._table("ledger")
        if table is None:
            return None
        turns = self.scan(table).select(pl.col(TURN).unique()).collect().to_series()
        return turns if upto is None else turns.filter(turns <= upto)

    def scan(self, table: DeltaTable) -> pl.LazyFrame:
        """Return a table's rows, with their turn. Local files are named to polars one by one: it would not decode their URIs."""
        files = [unquote(uri) for uri in table.file_uris()]
        if not is_local(self.location) or not files:
            return pl.scan_delta(table)
        return pl.scan_parquet(files, glob=False)

    @staticmethod
    @contextmanager
    def alone(location: str) -> Iterator[None]:
        """Hold the lock of a local store; an object store has none, there a conflict decides.

        Raises
        ------
        RunError
            Another run kept the store busy.
        InputError
            No store can be kept there.
        """
        if not is_local(location):
            yield
            return
        folder = Path(location)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / _LOCK, timeout=LOCK_TIMEOUT_S)
            lock.acquire()
        except Timeout as error:
            raise RunError(
                f"{folder}: busy for {LOCK_TIMEOUT_S:.0f} s, expected another run to finish; end that one, then run"
                " this again"
            ) from error
        except OSError as error:
            raise InputError(
                f"{folder}: no store can be kept there, {error.strerror}; choose another place with --out or [store]"
                " path in desk.toml"
            ) from error
        try:
            yield
        finally:
            lock.release()


def is_local(location: str) -> bool:
    """Return whether a store's place is a folder, not an object store's URL."""
    return not urlsplit(location).scheme


class Writing:
    """One turn of writing: what is there, and adding to it. Made by `Store.write`, for as long as it holds the store.

    Every table is looked at once, at the start: a commit of somebody else in between is a conflict, never overlooked.
    """

    def __init__(self, tables: dict[str, DeltaTable], store: Store) -> None:
        self._tables = tables
        self._store = store
        self.turn = 1 + max(map(_turn_of, tables.values()), default=0)

    def keep_account(self) -> None:
        """See to it that there is a ledger; from then on rows count whose turn is in it."""
        self._table("ledger")

    def last_turn(self, name: str) -> int:
        """Return the last turn of a table, 0 where it has none."""
        return _turn_of(self._tables[name]) if name in self._tables else 0

    def rows(self, name: str) -> pl.LazyFrame:
        """Return all rows of a table but those of a killed run, with their turn in `TURN`."""
        return _committed(name, self._store.scan(self._table(name)), self._ledger)

    @cached_property
    def _ledger(self) -> pl.Series | None:
        if "ledger" not in self._tables:
            return None
        return self._store.scan(self._tables["ledger"]).select(pl.col(TURN).unique()).collect().to_series()

    def is_there(self, name: str, row_ids: pl.Series) -> pl.Series:
        """Return those of `row_ids` whose row is in the table, whether a later version has replaced it or not."""
        if name not in self._tables or row_ids.is_empty():
            return row_ids.clear()
        wanted = pl.LazyFrame({"row_id": row_ids})
        return self.rows(name).select("row_id").join(wanted, on="row_id", how="semi").collect().to_series()

    def missing(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` to add: those that the table does not hold as it reads now, each `row_id` once.

        A record of `RECORD_KEYS` that has changed is there whole, for a later turn replaces all its rows of earlier
        ones.
        """
        if frame.is_empty():
            return frame
        once = frame.unique("row_id", keep="first", maintain_order=True)
        if name not in RECORD_KEYS:
            return self._not_there(name, once)
        if name in EVERY_EVENT_STANDS:
            said = pl.col("leg") == "events"
            return pl.concat([self._not_there(name, once.filter(said)), self._changed(name, once.filter(~said))])
        return self._changed(name, once)

    def _not_there(self, name: str, once: pl.DataFrame) -> pl.DataFrame:
        there = self.is_there(name, once["row_id"]).to_frame("row_id")
        return once.join(there, on="row_id", how="anti", maintain_order="left")

    def _changed(self, name: str, once: pl.DataFrame) -> pl.DataFrame:
        if once.is_empty() or name not in self._tables:
            return once
        there = _current(name, self.rows(name)).select("row_id").collect()
        new = once.join(there, on="row_id", how="anti", maintain_order="left")
        return pl.concat([new, once.join(new, on="row_id", how="anti").join(new, on=RECORD_KEYS[name], how="semi")])

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add rows as they are."""
        if frame.is_empty():
            return
        write_deltalake(
            self._table(name),
            TABLES[name].validate(frame).with_columns(pl.lit(self.turn, pl.Int64).alias(TURN)),
            mode="append",
            writer_properties=_PARQUET,
            commit_properties=CommitProperties(app_transactions=[Transaction(_APPLICATION, self.turn)]),
        )

    def add_new(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the rows that are `missing`, and return them."""
        new = self.missing(name, frame)
        self.add(name, new)
        return new

    def _table(self, name: str) -> DeltaTable:
        if name not in self._tables:
            self._tables[name] = self._store.create(name)
        return self._tables[name]


def _turn_of(table: DeltaTable) -> int:
    return table.transaction_version(_APPLICATION) or 0


def _committed(name: str, rows: pl.LazyFrame, ledger: pl.Series | None) -> pl.LazyFrame:
    """Return the rows whose turn came to its end; in a store without a ledger that is all of them."""
    if name in RECORDED or ledger is None:
        return rows
    return rows.filter(pl.col(TURN).is_in(ledger.implode()))


def _current(name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows without the versions that a later append has replaced.

    Rows of one append never replace each other: a file that holds a record twice holds it twice.
    """
    key = RECORD_KEYS.get(name)
    if key is None:
        return rows
    known = pl.all_horizontal(
        [pl.col(part).is_not_null() for part in key if part.endswith("_id")] or [pl.lit(value=True)]
    )
    if name in EVERY_EVENT_STANDS:
        known &= pl.col("leg") != "events"
    return rows.filter(~known | (pl.col(TURN) == pl.col(TURN).max().over(key)))
