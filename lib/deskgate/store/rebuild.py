"""Making a store anew from its sources, and comparing it row by row with the one it replaces.

What only the store itself holds is carried over: what operators recorded, and what came from streams, which cannot be
read twice. The old store is set aside, never deleted.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain, count
from pathlib import Path

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.schema import OPERATED, RECORDED, TABLES
from deskgate.store.commits import COMMIT_ID
from deskgate.store.delta import DeltaTables
from deskgate.store.ingest import Account, Ingestor
from deskgate.store.lock import is_local, lock
from deskgate.store.tables import REBUILT, Store

__all__ = ["Difference", "Rebuilt", "rebuild"]

_DONE = ".complete"
# Where a row was read, and what differs by construction between two stores of one content.
_INCIDENTAL = {"row_id", "path", "line", "arrived_at", "visible_at", "payload", "extra", COMMIT_ID}
_COMPARED = tuple(name for name in TABLES if name not in (*RECORDED, "sources"))


@dataclass(frozen=True)
class Difference:
    """How one table of the old store compares with the new one: rows in both, and in one only, with examples' paths."""

    same: int
    gone: int
    new: int
    gone_from: tuple[str, ...] = ()


@dataclass
class Rebuilt:
    """What a rebuild found: by table how it compares, what was read, and where the old store went (None: it stays)."""

    account: Account
    tables: dict[str, Difference] = field(default_factory=dict)
    aside: Path | None = None

    @property
    def gone(self) -> int:
        """How many rows of the old store no source has any more."""
        return sum(table.gone for table in self.tables.values())


def rebuild(desk: Desk, location: str, *, accept_loss: bool, now: Callable[[], datetime]) -> Rebuilt:
    """Make the store at `location` anew from the desk's sources and put it in the old one's place.

    Where the old one holds rows that no source has any more, it stays in place unless `accept_loss`.

    Raises
    ------
    InputError
        The store is another desk's or no folder; a record of operators cannot be carried over; a source cannot be read.
    """
    if not is_local(location):
        raise InputError(
            f"{location}: an object store is not rebuilt in place; name a new one in desk.toml's [store] path and ingest"
        )
    place, fresh = Path(location), Path(location + REBUILT)
    if not place.exists() and (fresh / _DONE).is_file():
        fresh.replace(place)
    if not place.is_dir():
        raise InputError(f"{place}: no store there to rebuild, expected one that `deskgate ingest` made")
    _refuse_another_desk(place, desk)
    carried = {name: frame for name in TABLES if (frame := _carried_over(place, name)).height}
    shutil.rmtree(fresh, ignore_errors=True)
    store = Store.open(fresh, desk.name)
    store.append(carried)
    done = Rebuilt(Ingestor(store, desk, now).ingest_files())
    old = _ReplacedStore(location, desk.name)
    done.tables = {name: _compare(name, _rows(old, name), _rows(store, name)) for name in _COMPARED}
    if done.gone and not accept_loss:
        shutil.rmtree(fresh)
        return done
    with lock(location):
        (fresh / _DONE).touch()
        done.aside = _free(place.with_name(f"{place.name}.before-{now():%Y%m%dT%H%M%SZ}"))
        place.replace(done.aside)
        fresh.replace(place)
    return done


class _ReplacedTables(DeltaTables):
    """The tables of a store of any schema; up to schema 3 some columns had other names."""

    def scan(self, table: DeltaTable) -> pl.LazyFrame:
        """Return a table's rows, its columns under the names of today."""
        return super().scan(table).rename({"turn": COMMIT_ID, "told": "fingerprint"}, strict=False)


class _ReplacedStore(Store):
    """A store of any schema, read only to be replaced."""

    @cached_property
    def delta(self) -> DeltaTables:
        """The tables, their columns under the names of today."""
        return _ReplacedTables(self.location)


def _free(place: Path) -> Path:
    """Return `place`, or the first numbered one beside it that is free."""
    names = (place.with_name(f"{place.name}-{number}") for number in count(2))
    return next(each for each in chain([place], names) if not each.exists())


def _refuse_another_desk(place: Path, desk: Desk) -> None:
    try:
        table = DeltaTable(str(place / "about"))
    except TableNotFoundError as error:
        raise InputError(f"{place}: a folder that is no store, expected one that `deskgate ingest` made") from error
    owner = DeltaTables(str(place)).scan(table).collect().row(0)[0]
    if owner != desk.name:
        raise InputError(f"{place}: the store of desk '{owner}', expected one of '{desk.name}'; give that desk's --out")


def _rows(store: Store, name: str) -> pl.DataFrame:
    """Return a table of a store of any schema, without rows that a later version has replaced."""
    try:
        table = DeltaTable(f"{store.location}/{name}")
    except TableNotFoundError:
        return TABLES[name].create_empty()
    return store.current(name, table).collect()


def _carried_over(place: Path, name: str) -> pl.DataFrame:
    """Return the rows that no file can give back: operators' records and what came from streams."""
    rows = _rows(_ReplacedStore(str(place), ""), name)
    wanted = TABLES[name].column_names()
    lacking = {column: kind for column, kind in TABLES[name].columns().items() if column not in rows.columns}
    required = sorted(column for column, kind in lacking.items() if not kind.nullable)
    if required and name in OPERATED and rows.height:
        raise InputError(
            f"{place / name}: {rows.height} records of operators without {', '.join(required)}, expected each with it, and no"
            " file can give them back; nothing was changed: keep this store and begin a new one with --out or [store] path in desk.toml"
        )
    if required:
        # A store of before there were streams has none.
        return TABLES[name].create_empty()
    rows = rows.with_columns(pl.lit(None, kind.dtype).alias(column) for column, kind in lacking.items())
    if name in OPERATED:
        return rows.select(wanted)
    return rows.filter(pl.col("path").str.contains("://", literal=True)).select(wanted)


def _compare(name: str, old: pl.DataFrame, new: pl.DataFrame) -> Difference:
    on = [column for column in TABLES[name].column_names() if column in old.columns and column not in _INCIDENTAL]
    if name == "events":
        # An id that was made from the content may be made in another way by another schema.
        derived = pl.when(~pl.col("id_derived")).then("event_id").alias("event_id")
        old, new = old.with_columns(derived), new.with_columns(derived)
    if name == "quarantine":
        on = ["path", "line", "raw"]
    gone = old.join(new, on=on, how="anti", nulls_equal=True)
    paths = tuple(gone.get_column("path").unique().sort().head(3))
    return Difference(
        same=old.height - gone.height,
        gone=gone.height,
        new=new.join(old, on=on, how="anti", nulls_equal=True).height,
        gone_from=paths,
    )
