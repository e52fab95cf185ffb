"""Keeping a store small: merging its files, and carrying forward what an ingest needs of the past."""

from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from deskgate.store.checkpoint import INDEXED, Checkpoint, hash_rows
from deskgate.store.commits import COMMIT_ID
from deskgate.store.lock import is_local
from deskgate.store.offsets import offset_rows
from deskgate.store.sums import refuse_to_merge
from deskgate.store.transaction import PARQUET, Transaction
from deskgate.store.versions import latest_versions

__all__ = ["FILES_MAX", "merge_files", "write_checkpoint"]

# More small files than this slow every reading. Small is what two of fit into one full file; a full one is never touched
# again, so that merging costs the same however long the history is.
FILES_MAX = 16
FILE_BYTES = 16 << 20
# Files that readers may still have open are kept for some hours.
_KEEP_H = 6
# An ingest reads what came after the last checkpoint: so many commits at most.
CHECKPOINT_COMMITS = 64
# So many rows are hashed at once.
_HASHED = 100_000


def merge_files(location: str, name: str, table: DeltaTable, files_max: int) -> int:
    """Merge the small files of a table if there are more than `files_max`, and return how many files went.

    Raises
    ------
    InputError
        One of them is not as it was written: merged, nothing would show it any more.
    """
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    if actions.filter(pl.col("size_bytes") < FILE_BYTES // 2).height <= files_max:
        return 0
    if is_local(location):
        merged = actions.filter(pl.col("size_bytes") < FILE_BYTES)["path"]
        refuse_to_merge(location, {f"{name}/{unquote(path)}" for path in merged})
    before = actions.height
    table.optimize.compact(target_size=FILE_BYTES, writer_properties=PARQUET)
    table.vacuum(retention_hours=_KEEP_H, enforce_retention_duration=False, dry_run=False)
    table.create_checkpoint()
    table.cleanup_metadata()
    return before - len(table.file_uris())


def write_checkpoint(transaction: Transaction, location: str, commits_min: int | None = None) -> None:
    """Write a checkpoint of a local store when enough commits came after the last one; none of another history stays.

    Enough are `commits_min`; None: `CHECKPOINT_COMMITS`.
    """
    if not is_local(location):
        return
    transaction.remove_stale_checkpoints()
    before, commits = transaction.checkpoint, transaction.commits
    if commits is None:
        return
    enough = CHECKPOINT_COMMITS if commits_min is None else commits_min
    if commits.last - (before.commit_id if before else 0) < enough:
        return
    current = [before.sources] if before else []
    sources = pl.concat([*current, transaction.later_rows("sources").collect()], how="diagonal")
    hashes = {}
    for name, columns in INDEXED.items():
        batches = transaction.later_rows(name).select(columns).collect_batches(chunk_size=_HASHED)
        later = [hash_rows(rows, columns) for rows in batches]
        known = [before.hashes(name)] if before else []
        hashes[name] = pl.concat([pl.Series("hash", dtype=pl.UInt64), *known, *later]).unique().sort()
    Checkpoint.write(
        location,
        commits,
        history=transaction.identity_of(commits.last),
        offsets=offset_rows(transaction),
        sources=latest_versions("sources", sources.lazy()).select("row_id", "bot", "leg", "path", COMMIT_ID).collect(),
        hashes=hashes,
    )
