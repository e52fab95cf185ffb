"""The tables of a store as Delta has them: each opened once, at a version that has what is asked for."""

from dataclasses import dataclass, field
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from deskgate.schema import TABLES
from deskgate.store.commits import COMMIT_ID
from deskgate.store.lease import out_of_reach
from deskgate.store.lock import is_local

__all__ = ["APPLICATION", "DeltaTables", "commit_id_of", "without_rows"]

# The application of Delta's own transactions, whose number is the commit id.
APPLICATION = "deskgate"
# Commit ids make old versions of a table needless, so its log need not be kept for them.
_CONFIGURATION = {"delta.appendOnly": "true", "delta.logRetentionDuration": "interval 1 days"}


@dataclass(frozen=True)
class DeltaTables:
    """The tables at one place: a folder, or an object store's URL."""

    location: str
    _handles: dict[str, DeltaTable] = field(default_factory=dict, compare=False, repr=False)
    # The version of each handle and the last commit id that it sees.
    _last: dict[str, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)

    def table(self, name: str, upto: int | None = None) -> DeltaTable | None:
        """Return a table as it is now, or as it was when it had the commit `upto`; rows are only added, so that either has it.

        Its handle is kept, for reading a long log anew costs more than what is new.

        Raises
        ------
        RunError
            The object store is out of reach.
        """
        table = self._handles.get(name)
        try:
            if table is None:
                table = self._handles[name] = DeltaTable(self.uri(name))
            elif upto is None or upto > self.last_commit(name, table):
                table.update_incremental()
        except TableNotFoundError:
            return None
        except OSError as error:
            if is_local(self.location):
                raise
            raise out_of_reach(self.location, error) from error
        return table

    def last_commit(self, name: str, table: DeltaTable) -> int:
        """Return the last commit id of a table as its handle sees it; looking for it in a log takes a millisecond."""
        known = self._last.get(name)
        if known is None or known[0] != table.version():
            known = self._last[name] = (table.version(), commit_id_of(table))
        return known[1]

    def all(self) -> dict[str, DeltaTable]:
        """Return the canonical tables that are there, by name, as they are now."""
        return {name: table for name in TABLES if (table := self.table(name))}

    def create(self, name: str, frame: pl.DataFrame) -> DeltaTable:
        """Make a table with the rows of `frame`, unless somebody else has made it meanwhile."""
        try:
            write_deltalake(self.uri(name), frame, mode="error", configuration=_CONFIGURATION)
        except DeltaError:
            if not DeltaTable.is_deltatable(self.uri(name)):
                raise
        table = self._handles[name] = DeltaTable(self.uri(name))
        return table

    def uri(self, name: str) -> str:
        """Return where a table lies."""
        return f"{self.location}/{name}"

    def scan(self, table: DeltaTable) -> pl.LazyFrame:
        """Return a table's rows, with their commit id. Local files are named to polars one by one: it would not decode their URIs."""
        files = [unquote(uri) for uri in table.file_uris()]
        if not is_local(self.location) or not files:
            return pl.scan_delta(table)
        return pl.scan_parquet(files, glob=False)


def without_rows(name: str) -> pl.DataFrame:
    """Return a canonical table without rows, with the column of commit ids."""
    return TABLES[name].create_empty().with_columns(pl.lit(0, pl.Int64).alias(COMMIT_ID))


def commit_id_of(table: DeltaTable) -> int:
    """Return the last commit id of a table, 0 where it has none."""
    return table.transaction_version(APPLICATION) or 0
