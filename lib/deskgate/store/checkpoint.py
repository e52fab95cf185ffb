"""What an ingest needs of the past, carried forward: so that its cost does not grow with the ledger and the tables.

A checkpoint stands for all commits up to its own. It is derived: without it everything is read from the tables, with
the same result. It is a folder of a local store, written beside and renamed, so it is whole or not there; an object
store has none.

Commit ids alone do not say which history they are of: where tables were restored or a ledger was made anew, the same
ids come again. So a checkpoint names its ledger and the rows of its last commit, and one of another history is ignored.

It holds how far every source was ingested, which commits count, the rows of `sources` that are current, and sorted
hashes of the event ids and the record keys of fills: an id whose hash is not among them is not stored. A hash that is
there decides nothing; the tables are then asked.
"""

import os
import shutil
from bisect import bisect_left
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from mmap import ACCESS_READ, mmap
from pathlib import Path

import polars as pl

from deskgate.store.commits import Commits
from deskgate.store.lock import is_local
from deskgate.store.sums import digest_of

__all__ = ["INDEXED", "Checkpoint"]

# The columns by which a record of these tables is looked up though its time may have changed.
INDEXED: Mapping[str, tuple[str, ...]] = {
    "events": ("event_id",),
    "fills": ("bot", "leg", "pair", "order_id", "trade_id"),
}
_FOLDER = "checkpoints"
_HISTORY = "history"
_GONE = "gone"
# A reader may still have the one before open.
_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """All that was committed up to `commit_id`, in short."""

    commit_id: int
    folder: Path

    @classmethod
    def latest(cls, location: str, counts: Callable[["Checkpoint"], bool]) -> "Checkpoint | None":
        """Return the last checkpoint of a store that `counts`, None where there is none."""
        found = (cls(int(folder.name), folder) for folder in reversed(_checkpoints(location)))
        return next(filter(counts, found), None)

    @classmethod
    def remove_others(cls, location: str, counts: Callable[["Checkpoint"], bool]) -> None:
        """Remove the checkpoints of a store that do not count, where nobody commits meanwhile."""
        for folder in _checkpoints(location):
            if not counts(cls(int(folder.name), folder)):
                _remove(folder)

    @classmethod
    def write(
        cls,
        location: str,
        commits: Commits,
        *,
        history: str,
        offsets: pl.DataFrame,
        sources: pl.DataFrame,
        hashes: Mapping[str, pl.Series],
    ) -> None:
        """Write a checkpoint of a local store, and remove those that nobody can be reading any more.

        `history` is what `Store.identity_of` gives for its last commit. Those of another history must have been removed.
        """
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
            found.to_frame("hash").write_parquet(fresh / f"{name}.parquet")
            (fresh / f"{name}.hashes").write_bytes(found.to_numpy().tobytes())
        digests = "".join(f"{digest_of(file)}  {file.name}\n" for file in sorted(fresh.iterdir()))
        (fresh / _HISTORY).write_text(f"{history}\n{digests}", encoding="utf-8")
        for file in fresh.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        fresh.rename(place)
        for old in _checkpoints(location)[:-_KEPT]:
            _remove(old)

    @cached_property
    def history(self) -> str | None:
        """Which ledger and which last commit it stands for, None where it does not say."""
        return self._about[0] if self._about else None

    def is_whole(self) -> bool:
        """Return whether its files are those that were written, byte for byte."""
        with suppress(OSError):
            found = (file for file in sorted(self.folder.iterdir()) if file.name != _HISTORY)
            return self._about[1:] == [f"{digest_of(file)}  {file.name}" for file in found]
        return False

    @cached_property
    def _about(self) -> list[str]:
        """What is written about it: its history, then the digest and name of each of its files."""
        with suppress(OSError, UnicodeDecodeError):
            return (self.folder / _HISTORY).read_text(encoding="utf-8").splitlines()
        return []

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
        """Return for each row of `frame` whether a row with its `INDEXED` columns may be stored; False is certain.

        Any may be once the checkpoint is removed: an ingest of many events writes several while its reader has one of before.
        """
        wanted = hash_rows(frame, INDEXED[name]).to_list()
        try:
            stream = (self.folder / f"{name}.hashes").open("rb")
        except FileNotFoundError:
            return pl.repeat(value=True, n=frame.height, eager=True)
        with stream:
            if not os.fstat(stream.fileno()).st_size:
                return pl.repeat(value=False, n=frame.height, eager=True)
            # A binary search of a mapped file touches a few pages, whatever its size.
            with (
                mmap(stream.fileno(), 0, access=ACCESS_READ) as mapped,
                memoryview(mapped) as data,
                data.cast("Q") as hashes,
            ):
                return pl.Series([_is_in(hashes, each) for each in wanted], dtype=pl.Boolean)

    def count(self, name: str) -> int:
        """Return how many hashes of a table's `INDEXED` columns it has."""
        return (self.folder / f"{name}.hashes").stat().st_size // 8

    def hashes(self, name: str) -> pl.Series:
        """Return the sorted hashes of a table's `INDEXED` columns."""
        return pl.read_parquet(self.folder / f"{name}.parquet").to_series()


def hash_rows(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Return a 64-bit hash of each row's `columns`."""
    text = pl.concat_str([pl.col(name).fill_null("\x00") for name in columns], separator="\x1f").cast(pl.Binary)
    rows = frame.select(text).to_series().to_list()
    hashes = [int.from_bytes(blake2b(row, digest_size=8).digest(), "big") for row in rows]
    return pl.Series("hash", hashes, dtype=pl.UInt64)


def _is_in(hashes: "memoryview[int]", wanted: int) -> bool:
    place = bisect_left(hashes, wanted)
    return place < len(hashes) and hashes[place] == wanted


def _remove(folder: Path) -> None:
    """Remove a checkpoint; one that is partly there must not pass for whole."""
    gone = folder.with_name(_GONE)
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone)


def _checkpoints(location: str) -> list[Path]:
    folder = Path(location) / _FOLDER
    if not is_local(location) or not folder.is_dir():
        return []
    return sorted((each for each in folder.iterdir() if each.name.isdigit()), key=lambda each: int(each.name))
