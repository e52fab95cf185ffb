"""Which commits of a store count, and which history they are of.

The ledger says both. A version of a table never changes and a ledger only grows, so what was found of either is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import polars as pl
from deltalake import DeltaTable

from deskgate.store.checkpoint import Checkpoint
from deskgate.store.commits import COMMIT_ID, Commits
from deskgate.store.delta import DeltaTables, commit_id_of

__all__ = ["History"]


@dataclass(frozen=True)
class History:
    """The commits of the tables at one place."""

    delta: DeltaTables
    # Whether a checkpoint counts, by the ledger's id and the history that it names.
    _counted: dict[tuple[str, str | None], bool] = field(default_factory=dict, compare=False, repr=False)
    # The commits of the ledger as it was last read, by its id and version: all (None), and those up to one of them.
    _ledger: dict[tuple[str, int], dict[int | None, Commits]] = field(default_factory=dict, compare=False, repr=False)

    def commits(self, upto: int | None = None) -> Commits | None:
        """Return the commits in the ledger up to one of them; None where there is no ledger."""
        table = self.delta.table("ledger", upto)
        if table is None:
            return None
        key = (str(table.metadata().id), table.version())
        if key not in self._ledger:
            self._ledger.clear()
            self._ledger[key] = {None: self.commits_of(table, self.checkpoint_of(table))}
        known = self._ledger[key]
        if upto is not None and upto not in known:
            known[upto] = known[None].upto(upto)
        return known[upto]

    def checkpoint_of(self, ledger: DeltaTable) -> Checkpoint | None:
        """Return the last checkpoint of commits of this ledger, as its handle sees it."""
        return Checkpoint.latest(self.delta.location, lambda found: self.counts(found, ledger))

    def counts(self, checkpoint: Checkpoint, ledger: DeltaTable) -> bool:
        """Return whether a checkpoint stands for commits of this ledger, as its handle sees it."""
        if checkpoint.commit_id > commit_id_of(ledger) or checkpoint.history is None:
            return False
        key = (str(ledger.metadata().id), checkpoint.history)
        if key not in self._counted:
            identity = self.identity_of(ledger, checkpoint.commit_id)
            self._counted[key] = identity == checkpoint.history and checkpoint.is_whole()
        return self._counted[key]

    def identity_of(self, ledger: DeltaTable, commit_id: int) -> str:
        """Return a digest of which table a ledger is and of the rows that a commit has in it."""
        rows = self.delta.scan(ledger).filter(pl.col(COMMIT_ID) == commit_id).select("path", "row_id").collect()
        named = [str(ledger.metadata().id), str(commit_id), *map("\x1f".join, rows.sort("path", "row_id").iter_rows())]
        return sha256("\x1e".join(named).encode()).hexdigest()

    def identity_at(self, versions: Mapping[str, int]) -> str:
        """Return a digest of the history that the commit ids `versions` are of.

        What was derived from the store at a pin holds only while this is the same: where tables were restored or made
        anew, the same commit ids come again with other rows.

        Parameters
        ----------
        versions
            What `pin` gave, or some of its tables; where it names no ledger, only which tables they are counts.
        """
        tables = {name: self.delta.table(name) for name in sorted(versions)}
        named = [f"{name} {table.metadata().id if table else None}" for name, table in tables.items()]
        ledger = tables.get("ledger")
        named += [self.identity_of(ledger, versions["ledger"])] if ledger else []
        return sha256("\x1e".join(named).encode()).hexdigest()

    def commits_of(self, ledger: DeltaTable, checkpoint: Checkpoint | None) -> Commits:
        """Return the commits in the ledger: those of the checkpoint, and what the ledger has after it."""
        before = checkpoint.commits if checkpoint else None
        later = self.delta.scan(ledger).select(COMMIT_ID).filter(pl.col(COMMIT_ID) > (before.last if before else 0))
        return Commits.of(later.unique().collect().to_series(), before)
