"""Files that were read and are no longer what was read: gone, shorter, or with another beginning.

The store keeps what it has read of them; what was written to them since may be lost. Content that lies under another name
is not: logs are rotated and packed, databases renamed. Of a file that is read line by line the beginning counts, of one
that is read whole how many records it has: a database changes in place and loses none. A venue's export is written anew
each time, with whatever the venue gives then, so only one that is gone is remarked on.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from glob import escape
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from deskgate.config.desk import Desk
from deskgate.config.instants import ALWAYS
from deskgate.config.patterns import covers
from deskgate.schema import LEGS
from deskgate.sources.lines import digests_of_beginnings
from deskgate.sources.registry import kind_named
from deskgate.store.account import Account
from deskgate.store.commits import COMMIT_ID
from deskgate.store.tables import Store

__all__ = ["LostFile", "lost_files"]


@dataclass(frozen=True)
class LostFile:
    """One file that is not what was read: what was read of it, what is there now, and where its content lies unlisted."""

    path: str
    leg: str
    bytes_read: int
    records: int
    now: str
    lies_at: str | None = None

    def __str__(self) -> str:
        """Return it as a sentence."""
        lies = f"; its content lies in {self.lies_at}, which no pattern of desk.toml lists" if self.lies_at else ""
        return f"{self.path}: {self.bytes_read:,} bytes with {self.records:,} records were read, {self.now}{lies}"


@dataclass(frozen=True)
class _Reading:
    """What was read of a file from its beginning on, up to where the next reading began anew.

    `context` is what desk.toml said of the file then; `first_commit` is the first one of that path.
    """

    path: str
    kind: str
    leg: str
    context: str
    bytes_read: int
    sha256: str
    records: int
    known: int
    of_days: int
    first_commit: int
    last_commit: int


def lost_files(desk: Desk, store: Store, account: Account, days: Collection[date]) -> list[LostFile]:
    """Return the files with records of some days that are no longer what was read, by path.

    Parameters
    ----------
    account
        Of the ingest before it: which files it has found, and which it passed over.
    """
    # The ledger has no instant that it speaks for.
    ledger = store.lazy("ledger", store.pin(), ALWAYS, with_commit=True)
    listed, passed_over = account.listed, account.passed_over
    readings = _readings(ledger, days)
    missed = [
        (reading, now)
        for path, found in readings.items()
        if (said := _missed(found, _now(desk, path, listed, passed_over), is_there=path in listed))
        for reading, now in said
    ]
    there = [found[-1] for path, found in readings.items() if path in listed]
    names = {reading.path for reading, _ in missed}
    held = _held(desk, [reading for reading, _ in missed], [(each.kind, each.path) for each in there])
    left = [(reading, now) for reading, now in missed if reading not in held and not _moved(reading, readings, listed)]
    beside = _held(desk, [reading for reading, _ in left], _siblings(desk, left, {*listed, *names}))
    worst: dict[str, LostFile] = {}
    for reading, now in sorted(left, key=lambda each: (each[0].path, each[0] in beside, -each[0].of_days)):
        lost = LostFile(
            reading.path, reading.leg, reading.bytes_read, reading.records, now, lies_at=beside.get(reading)
        )
        worst.setdefault(reading.path, lost)
    return list(worst.values())


def _readings(ledger: pl.LazyFrame, days: Collection[date]) -> dict[str, list[_Reading]]:
    """Return the readings of each file that has records of some days, the one that was last added to last."""
    # A stream is no file, and has no times.
    parts = ledger.filter(pl.col("stat").is_not_null()).collect().sort(COMMIT_ID, "generation", "end")
    parts = parts.with_row_index("part").with_columns(first_commit=pl.col(COMMIT_ID).min().over("path"))
    tallies = parts.select("part", "tally").explode("tally").unnest("tally")
    kept, of_days = pl.col("stored") + pl.col("known") + pl.col("quarantined"), pl.col("day").is_in(list(days))
    counts = tallies.group_by("part").agg(
        records=kept.sum(), known=pl.col("known").sum(), of_days=kept.filter(of_days).sum()
    )
    readings = (
        parts.join(counts, on="part", how="left", maintain_order="left")
        .group_by("path", "context", "generation", maintain_order=True)
        .agg(
            pl.col("kind", "leg", "size", "end", "sha256", "cursor", "first_commit").last(),
            pl.col("records", "known", "of_days").sum(),
            last_commit=pl.col(COMMIT_ID).max(),
        )
        .filter((pl.col("of_days") > 0).any().over("path"))
        .sort("last_commit", "generation", maintain_order=True)
    )
    found: dict[str, list[_Reading]] = {}
    for row in readings.iter_rows(named=True):
        found.setdefault(row["path"], []).append(_reading(row))
    return found


def _reading(row: Mapping[str, Any]) -> _Reading:
    # A text that grows has the digest up to its last record, see `growth`; of a database the log's follows.
    kind = kind_named(row["kind"])
    marked = kind.by_line or (row["cursor"] is not None and not kind.database)
    digest = (row["cursor"] if marked else None) or row["sha256"] or ""
    return _Reading(
        path=row["path"],
        kind=row["kind"],
        leg=row["leg"],
        context=row["context"],
        bytes_read=row["end"] if marked else row["size"],
        sha256=digest.partition("+")[0],
        **{name: row[name] for name in ("records", "known", "of_days", "first_commit", "last_commit")},
    )


def _now(desk: Desk, path: str, listed: Collection[str], passed_over: Mapping[str, str]) -> str | None:
    """Return what is there now, None where no pattern of desk.toml asks for it any more."""
    file = desk.root / path
    if path not in listed and not _is_asked_for(desk, path):
        return None
    if not file.is_file():
        return "it is no longer there"
    size = f"now {file.stat().st_size:,} bytes"
    return size if path in listed else f"{size}, passed over: {passed_over.get(path, 'of no known kind')}"


def _is_asked_for(desk: Desk, path: str) -> bool:
    return any(covers(pattern, path) for bot in desk.bots.values() for leg in LEGS for pattern in getattr(bot, leg))


def _missed(readings: Sequence[_Reading], now: str | None, *, is_there: bool) -> list[tuple[_Reading, str]]:
    """Return the readings of a file whose content the file does not have any more, each with what it has now."""
    last, earlier = readings[-1], readings[:-1] if is_there else readings
    earlier = [each for each in earlier if each.of_days and each.records]
    if now is None or not earlier:
        return []
    if kind_named(last.kind).by_line:
        return [(each, f"{now} that begin otherwise" if is_there else now) for each in earlier]
    most = max(earlier, key=lambda each: each.records)
    if is_there and (last.leg == "exchange" or not (last.records < most.records or _has_none(last, earlier))):
        return []
    return [(most, f"{now} with {last.records:,} records, {last.known:,} of them as read before" if is_there else now)]


def _has_none(last: _Reading, earlier: Iterable[_Reading]) -> bool:
    """Return whether a file with rows has none of those it had; under another context the same rows may have other ids."""
    has_rows = bool(kind_named(last.kind).tables)
    return has_rows and last.known == 0 and any(each.context == last.context for each in earlier)


def _held(desk: Desk, readings: Iterable[_Reading], candidates: Iterable[tuple[str, str]]) -> dict[_Reading, str]:
    """Return the readings whose content is the beginning of a file of their kind, each with that file's path."""
    wanted: dict[str, list[_Reading]] = {}
    for reading in readings:
        wanted.setdefault(reading.kind, []).append(reading)
    held: dict[_Reading, str] = {}
    for kind, path in candidates:
        mine = [each for each in wanted.get(kind, []) if each not in held]
        lengths = {each.bytes_read for each in mine}
        found = digests_of_beginnings(desk.root / path, lengths, unpacked=kind_named(kind).by_line) if lengths else {}
        held |= {each: path for each in mine if found.get(each.bytes_read) == each.sha256}
    return held


def _moved(reading: _Reading, readings: Mapping[str, Sequence[_Reading]], listed: Collection[str]) -> bool:
    """Return whether a file that is read whole lies under a new name, with more records since.

    Its first reading there has records that were known.
    """
    if kind_named(reading.kind).by_line:
        return False
    return any(
        path in listed
        and path != reading.path
        and found[0].kind == reading.kind
        and found[0].first_commit > reading.last_commit
        and found[0].known > 0
        and found[-1].records >= reading.records
        for path, found in readings.items()
    )


def _siblings(desk: Desk, left: Iterable[tuple[_Reading, str]], known: Collection[str]) -> list[tuple[str, str]]:
    """Return the files beside the lost ones that have names like theirs and are not listed: kind and path."""
    found: dict[tuple[str, str], None] = {}
    for reading, _ in left:
        place = PurePosixPath(reading.path)
        folder: Path = desk.root / place.parent
        hidden = "." if place.name.startswith(".") else ""
        stem = hidden + place.name.removeprefix(hidden).partition(".")[0]
        for file in sorted(folder.glob(f"{escape(stem)}*")) if folder.is_dir() else ():
            path = file.relative_to(desk.root).as_posix()
            if path not in known and file.is_file():
                found[reading.kind, path] = None
    return list(found)
