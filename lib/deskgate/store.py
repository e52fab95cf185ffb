"""The store: one append-only Delta table for each canonical frame, so that every past day can be asked again.

Rows are only ever added, each `row_id` once; a decision pins the versions of the tables it was made from, and reading
at them gives the same rows for ever. A store belongs to one desk. What a row means is not known here, and nothing is
corrected: a record that changed at its source is another row with a later turn, and reading gives the latest.

Each table is one commit. A run killed between two tables leaves some of them behind the others; the next append adds
what is missing. Two runs at once are serialised by a lock beside a local store, and on an object store by Delta's own
conflict of transactions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from filelock import FileLock, Timeout

from deskgate.errors import InputError, RunError
from deskgate.frames import RECORD_KEYS, TABLES

__all__ = ["SCHEMA_VERSION", "Store"]

# Raised with every change of `deskgate.frames` after which stored rows no longer fit.
SCHEMA_VERSION = 1

LOCK_TIMEOUT_S = 300.0
_LOCK = ".lock"
_ABOUT = "about"
_APPLICATION = "deskgate"
_TURN = "turn"
_APPEND_ONLY = {"delta.appendOnly": "true"}


@dataclass(frozen=True)
class Store:
    """The tables of one desk at one place: a folder, or an object store's URL."""

    location: str
    desk: str

    @classmethod
    def open(cls, location: Path | str, desk: str) -> "Store":
        """Open the store of `desk` at `location`, and make it where there is none.

        Raises
        ------
        InputError
            The store there is another desk's or of another schema version, or the place cannot be written.
        """
        store = cls(str(location).rstrip("/"), desk)
        if store._local and set(store.location) & set("[]%"):
            raise InputError(
                f"{location}: Delta keeps no table where a path has one of [ ] %, choose a place without with --out or"
                " [store] path in desk.toml"
            )
        with store._alone():
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
            mend = (
                "update deskgate"
                if version > SCHEMA_VERSION
                else "ingest into a new store with --out or [store] path in desk.toml"
            )
            raise InputError(f"{location}: a store of schema {version}, expected schema {SCHEMA_VERSION}; {mend}")
        return store

    def append(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, int]:
        """Add the rows whose `row_id` is not there yet and return how many, by table.

        Parameters
        ----------
        frames
            Canonical frames by table name, valid against `deskgate.frames.TABLES`; tables may be left out.

        Raises
        ------
        RunError
            Another run kept the store busy.
        """
        valid = {name: TABLES[name].validate(frame) for name, frame in frames.items()}
        with self._alone():
            return {name: self._add(name, frame) for name, frame in valid.items()}

    def pin(self) -> dict[str, int]:
        """Return the version of every table that has been written, by name."""
        tables = {name: self._table(name) for name in TABLES}
        return {name: table.version() for name, table in tables.items() if table is not None}

    def read(self, versions: Mapping[str, int], as_of: datetime) -> dict[str, pl.DataFrame]:
        """Return every table as it was at `versions`, without what could not be known at `as_of`.

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
            The store has no such version of a table.
        """
        return {name: self._read(name, versions.get(name), as_of) for name in TABLES}

    def _read(self, name: str, version: int | None, as_of: datetime) -> pl.DataFrame:
        schema = TABLES[name]
        if version is None:
            return schema.create_empty()
        try:
            table = DeltaTable(self._uri(name), version=version)
        except DeltaError as error:
            raise InputError(
                f"{self._uri(name)}: no version {version}, expected one that `pin` gave for this store; ingest the desk"
                " again, or name the store in which that run was made"
            ) from error
        columns = schema.column_names()
        seen = next((column for column in ("visible_at", "effective_at") if column in columns), None)
        visible = pl.lit(value=True) if seen is None else pl.col(seen).is_null() | (pl.col(seen) <= as_of)
        order = [column for column in ("ts", "effective_at") if column in columns]
        rows = _current(name, self._rows(table).filter(visible)).select(columns).sort(*order, "row_id").collect()
        return schema.validate(rows)

    def _add(self, name: str, frame: pl.DataFrame) -> int:
        if frame.is_empty():
            return 0
        try:
            return self._add_once(name, frame)
        except CommitFailedError:
            # On an object store somebody else was faster: look again at what is there, then it is our turn.
            return self._add_once(name, frame)

    def _add_once(self, name: str, frame: pl.DataFrame) -> int:
        """Commit through the handle that the ids were read from, so that a commit in between is a conflict."""
        table = self._table(name) or self._created(name)
        there = _current(name, self._rows(table)).select("row_id").collect()
        once = frame.unique("row_id", keep="first", maintain_order=True)
        new = once.join(there, on="row_id", how="anti")
        if (key := RECORD_KEYS.get(name)) and new.height:
            # A record that has changed is appended whole, for a later turn replaces all its rows of earlier ones.
            new = pl.concat([new, once.join(new, on="row_id", how="anti").join(new, on=key, how="semi")])
        if new.height:
            turn = (table.transaction_version(_APPLICATION) or 0) + 1
            write_deltalake(
                table,
                new.select(*TABLES[name].column_names(), pl.lit(turn, pl.Int64).alias(_TURN)),
                mode="append",
                commit_properties=CommitProperties(app_transactions=[Transaction(_APPLICATION, turn)]),
            )
        return new.height

    def _table(self, name: str) -> DeltaTable | None:
        try:
            return DeltaTable(self._uri(name))
        except TableNotFoundError:
            return None

    def _created(self, name: str) -> DeltaTable:
        return self._made(name, TABLES[name].create_empty().with_columns(pl.lit(0, pl.Int64).alias(_TURN)))

    def _about(self) -> tuple[str, int] | None:
        table = self._table(_ABOUT)
        return None if table is None else self._rows(table).collect().row(0)

    def _founded(self) -> tuple[str, int]:
        table = self._made(_ABOUT, pl.DataFrame({"desk": [self.desk], "schema_version": [SCHEMA_VERSION]}))
        return self._rows(table).collect().row(0)

    def _made(self, name: str, frame: pl.DataFrame) -> DeltaTable:
        """Make a table with the rows of `frame`, unless somebody else has made it meanwhile."""
        try:
            write_deltalake(self._uri(name), frame, mode="error", configuration=_APPEND_ONLY)
        except DeltaError:
            if not DeltaTable.is_deltatable(self._uri(name)):
                raise
        return DeltaTable(self._uri(name))

    @property
    def _local(self) -> bool:
        return not urlsplit(self.location).scheme

    def _uri(self, name: str) -> str:
        return f"{self.location}/{name}"

    def _rows(self, table: DeltaTable) -> pl.LazyFrame:
        """Return a table's rows. Local files are named to polars one by one: it would not decode their URIs."""
        files = [unquote(uri) for uri in table.file_uris()]
        if not self._local or not files:
            return pl.scan_delta(table)
        return pl.scan_parquet(files, glob=False)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of a local store; an object store has none, there a conflict decides."""
        if not self._local:
            yield
            return
        folder = Path(self.location)
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
    return rows.filter(~known | (pl.col(_TURN) == pl.col(_TURN).max().over(key)))
