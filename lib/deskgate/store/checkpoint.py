"""What an ingest needs of the past, carried forward: so that its cost does not grow with the ledger and the tables.

A checkpoint stands for all commits up to its own. It is derived: without it everything is read from the tables, with
the same result. It is a folder of a local store, written beside and renamed, so it is whole or not there; an object
store has none.

It holds how far every source was ingested, which commits count, the rows of `sources` that are current, and sorted
hashes of the event ids and the record keys of fills: an id whose hash is not among them is not stored. A hash that is
there decides nothing; the tables are then asked.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from deskgate.store.commits import Commits
from deskgate.store.lock import is_local

__all__ = ["INDEXED", "Checkpoint"]

# The columns by which a record of these tables is looked up though its time may have changed.
INDEXED: Mapping[str, tuple[str, ...]] = {
    "events": ("event_id",),
    "fills": ("bot", "leg", "pair", "order_id", "trade_id"),
}
_FOLDER = "checkpoints"
# A reader may still have the one before open.
_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """All that was committed up to `commit_id`, in short."""

    commit_id: int
    folder: Path

    @classmethod
    def latest(cls, location: str) -> "Checkpoint | None":
        """Return the last checkpoint of a store, None where there is none."""
        found = _checkpoints(location)
        return cls(int(found[-1].name), found[-1]) if found else None

    @classmethod
    def write(
        cls,
        location: str,
        commits: Commits,
        *,
        offsets: pl.DataFrame,
        sources: pl.DataFrame,
        hashes: Mapping[str, NDArray[np.uint64]],
    ) -> None:
        """Write a checkpoint of a local store, and remove those that nobody can be reading any more."""
        place = Path(location) / _FOLDER / str(commits.last)
        if place.exists():
            return
        fresh = place.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        offsets.write_parquet(fresh / "offsets.parquet")
        sources.write_parquet(fresh / "sources.parquet")
        commits.gaps.to_frame("gap").write_parquet(fresh / "gaps.parquet")
        for name, found in hashes.items():
            np.save(fresh / f"{name}.npy", found)
        for file in fresh.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        fresh.rename(place)
        for old in _checkpoints(location)[:-_KEPT]:
            shutil.rmtree(old)

    @cached_property
    def commits(self) -> Commits:
        """The commits that it stands for."""
        return Commits(self.commit_id, pl.read_parquet(self.folder / "gaps.parquet").to_series())

    @cached_property
    def offsets(self) -> pl.DataFrame:
        """How far each source was ingested; see `deskgate.store.offsets`."""
        return pl.read_parquet(self.folder / "offsets.parquet")

    @cached_property
    def sources(self) -> pl.DataFrame:
        """The current rows of `sources`, with their commit ids."""
        return pl.read_parquet(self.folder / "sources.parquet")

    def may_hold(self, name: str, frame: pl.DataFrame) -> pl.Series:
        """Return for each row of `frame` whether a row with its `INDEXED` columns may be stored; False is certain."""
        hashes = self.hashes(name)
        wanted = hash_rows(frame, INDEXED[name])
        if not hashes.size:
            return pl.repeat(value=False, n=frame.height, eager=True)
        # A binary search of a mapped file touches a few pages, whatever its size.
        place = np.searchsorted(hashes, wanted).clip(max=hashes.size - 1)
        return pl.Series(hashes[place] == wanted)

    def hashes(self, name: str) -> NDArray[np.uint64]:
        """Return the sorted hashes of a table's `INDEXED` columns."""
        found: NDArray[np.uint64] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return found


def hash_rows(frame: pl.DataFrame, columns: tuple[str, ...]) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each row's `columns`."""
    text = pl.concat_str([pl.col(name).fill_null("\x00") for name in columns], separator="\x1f").cast(pl.Binary)
    rows = frame.select(text).to_series().to_list()
    return np.frombuffer(b"".join(blake2b(row, digest_size=8).digest() for row in rows), dtype=np.uint64)


def _checkpoints(location: str) -> list[Path]:
    folder = Path(location) / _FOLDER
    if not is_local(location) or not folder.is_dir():
        return []
    return sorted((each for each in folder.iterdir() if each.name.isdigit()), key=lambda each: int(each.name))
