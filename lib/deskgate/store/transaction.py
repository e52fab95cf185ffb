"""One commit to the store: what its tables hold, which rows of a frame are new, and adding them.

A row is committed when its commit id is in the ledger, whose row is written last. Rows of a commit that was killed
before that are ignored. A record that changed at its source is stored again with a later commit id, and that version
replaces the earlier ones whenever the table is read.

Looking for rows reads only where they can be: within the times of the rows that are looked for, and where a record's
time may have changed, after the last checkpoint unless that may hold it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import polars as pl
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake import Transaction as AppTransaction

from deskgate.schema import EVERY_EVENT_STANDS, RECORD_KEYS, TABLES
from deskgate.store.checkpoint import INDEXED, Checkpoint
from deskgate.store.commits import COMMIT_ID, Commits
from deskgate.store.delta import APPLICATION, DeltaTables, commit_id_of, without_rows
from deskgate.store.history import History
from deskgate.store.lease import Lease
from deskgate.store.versions import committed, has_key, latest_versions

__all__ = ["PARQUET", "Transaction"]

# Half the size of the default, for the same time; groups small enough to skip those of other days.
PARQUET = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=1 << 15)


class Transaction:
    """One commit in the making; made by `Store.write`, which holds the store meanwhile, or by `Store.snapshot` to read.

    The handle of every table is taken once, at the start: a commit of another run in between is a conflict, never
    overlooked.

    `held` is the lease of a store on an object store, None of a local one and for a reader.
    """

    def __init__(self, delta: DeltaTables, history: History, held: Lease | None = None) -> None:
        self._delta, self._history, self._tables, self._held = delta, history, delta.all(), held
        following = 1 + max(map(commit_id_of, self._tables.values()), default=0)
        self.commit_id = held.reserve(following) if held else following

    def remove_stale_checkpoints(self) -> None:
        """Remove the checkpoints of another history than the ledger's; no other run commits meanwhile."""
        if "ledger" in self._tables:
            Checkpoint.remove_others(
                self._delta.location, lambda found: self._history.counts(found, self._tables["ledger"])
            )

    def identity_of(self, commit_id: int) -> str:
        """Return which ledger this is and which rows its commit `commit_id` has."""
        return self._history.identity_of(self._tables["ledger"], commit_id)

    def keep_account(self) -> None:
        """Make the ledger if there is none; from then on only rows whose commit id is in it count."""
        self._table("ledger")

    def last_commit_id(self, name: str) -> int:
        """Return the last commit id of a table, 0 where it has none."""
        return commit_id_of(self._tables[name]) if name in self._tables else 0

    def rows(self, name: str) -> pl.LazyFrame:
        """Return all committed rows of a table, with their `COMMIT_ID`."""
        if name not in self._tables:
            return without_rows(name).lazy()
        return committed(name, self._delta.scan(self._tables[name]), self.commits)

    def later_rows(self, name: str) -> pl.LazyFrame:
        """Return the committed rows of a table that came after the last checkpoint."""
        return self.rows(name).filter(pl.col(COMMIT_ID) > (self.checkpoint.commit_id if self.checkpoint else 0))

    @cached_property
    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint of this ledger, of commits that this transaction sees."""
        return self._history.checkpoint_of(self._tables["ledger"]) if "ledger" in self._tables else None

    @cached_property
    def commits(self) -> Commits | None:
        """The commits of the ledger, None where there is no ledger."""
        if "ledger" not in self._tables:
            return None
        return self._history.commits_of(self._tables["ledger"], self.checkpoint)

    def missing(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` to add: those that the table does not hold as it reads now, each `row_id` once.

        Of a record of `RECORD_KEYS` that has changed, all rows are returned: a later commit replaces all its rows of
        earlier ones.
        """
        if frame.is_empty():
            return frame
        once = frame.unique("row_id", keep="first", maintain_order=True)
        if name not in RECORD_KEYS:
            return self._not_there(name, once)
        if name in EVERY_EVENT_STANDS:
            of_events = pl.col("leg") == "events"
            return pl.concat(
                [self._not_there(name, once.filter(of_events)), self._changed(name, once.filter(~of_events))]
            )
        return self._changed(name, once)

    def holds_any(self, name: str, frame: pl.DataFrame) -> bool:
        """Return whether the table holds any row of `frame`, or another version of one."""
        once = frame.unique("row_id")
        keyed = once.filter(has_key(name)) if name in RECORD_KEYS else once.clear()
        if not keyed.is_empty() and not self._versions(name, keyed).collect().is_empty():
            return True
        return self._not_there(name, once).height < once.height

    def events(self, found: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """Return the stored events that have the `event_id` of a row of `found`, whatever their time is.

        Parameters
        ----------
        columns
            What is read of them: a payload takes more than all else together. `event_id` is among them.
        """
        same = self._near("events", found).select(columns).join(found.lazy(), on="event_id", how="semi")
        near = same.collect(engine="streaming")
        others = found.join(near, on="event_id", how="anti").unique("event_id")
        elsewhere = self._indexed("events", others, INDEXED["events"]).select(columns).collect(engine="streaming")
        return pl.concat([near, elsewhere])

    def _not_there(self, name: str, once: pl.DataFrame) -> pl.DataFrame:
        if once.is_empty():
            return once
        near = self._near(name, once).select("row_id")
        there = near.join(once.lazy().select("row_id"), on="row_id", how="semi").collect(engine="streaming")
        return once.join(there, on="row_id", how="anti", maintain_order="left")

    def _changed(self, name: str, once: pl.DataFrame) -> pl.DataFrame:
        if once.is_empty():
            return once
        there = latest_versions(name, self._versions(name, once)).select("row_id").collect()
        new = once.join(there, on="row_id", how="anti", maintain_order="left")
        return pl.concat(
            [new, once.join(new, on="row_id", how="anti").join(new, on=RECORD_KEYS[name], how="semi", nulls_equal=True)]
        )

    def _versions(self, name: str, once: pl.DataFrame) -> pl.LazyFrame:
        """Return rows of the table among which are all those of the records of `once`, and all their versions."""
        key = RECORD_KEYS[name]
        if "ts" in key:
            # A row is the same record whatever file it is read from, so the path does not narrow the search.
            on = [column for column in key if column != "path"]
            return self._near(name, once).join(once.lazy(), on=on, how="semi", nulls_equal=True)
        if name in INDEXED:
            return self._indexed(name, once, INDEXED[name])
        if self.checkpoint is None:
            return self.rows(name)
        return pl.concat([self.checkpoint.sources.lazy(), self.later_rows(name)], how="diagonal")

    def _near(self, name: str, frame: pl.DataFrame) -> pl.LazyFrame:
        """Return the rows of a table at the times of `frame`: a row of the same content has the same time."""
        rows = self.rows(name)
        if "ts" not in frame.columns or frame["ts"].null_count():
            return rows
        return rows.filter(pl.col("ts").is_between(frame["ts"].min(), frame["ts"].max()))

    def _indexed(self, name: str, wanted: pl.DataFrame, columns: tuple[str, ...]) -> pl.LazyFrame:
        """Return the rows with the same `columns` as one of `wanted`, read whole only where the checkpoint has them."""
        if wanted.is_empty():
            return self.rows(name).clear()
        on, checkpoint = list(columns), self.checkpoint
        if checkpoint is None:
            return self.rows(name).join(wanted.lazy(), on=on, how="semi", nulls_equal=True)
        later = self.later_rows(name).join(wanted.lazy(), on=on, how="semi", nulls_equal=True)
        earlier = wanted.filter(checkpoint.may_hold(name, wanted))
        if earlier.is_empty():
            return later
        before = self.rows(name).filter(pl.col(COMMIT_ID) <= checkpoint.commit_id)
        return pl.concat([later, before.join(earlier.lazy(), on=on, how="semi", nulls_equal=True)])

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add rows as they are."""
        if frame.is_empty():
            return
        if self._held:
            self._held.check()
        write_deltalake(
            self._table(name),
            TABLES[name].validate(frame).with_columns(pl.lit(self.commit_id, pl.Int64).alias(COMMIT_ID)),
            mode="append",
            writer_properties=PARQUET,
            commit_properties=CommitProperties(app_transactions=[AppTransaction(APPLICATION, self.commit_id)]),
        )

    def add_all(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Add rows to several tables, one after the other in the order given."""
        for name, frame in frames.items():
            self.add(name, frame)

    def add_new(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the rows that are `missing`, and return them."""
        new = self.missing(name, frame)
        self.add(name, new)
        return new

    def _table(self, name: str) -> DeltaTable:
        if name not in self._tables:
            self._tables[name] = self._delta.create(name, without_rows(name))
        return self._tables[name]
