"""The export files of one account: whole or not there, and nothing that was listed before disappears.

What happens at an instant of its own is in one file a UTC day, the union of all that was listed; a state is in one file a snapshot.
`exported_at` of a day's file is the venue's time of the last asking, or the day's end where that is earlier: a file of a day that is over
says no more than that day. The record of the snapshot is written last: one that was killed is as if it had not been.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from deskgate.collector.venue.walk import Item
from deskgate.config.errors import InputError
from deskgate.config.instants import instant_of, parse_instant, stamp

__all__ = ["RECORD", "ExportFolder", "Head"]

# The name of the snapshot's own record, and of the key that holds it.
RECORD = "snapshot_record"
_PART = ".part"
_LOCK = ".lock"


@dataclass(frozen=True)
class Head:
    """What all files of a snapshot begin with: the client, the venue, the account, and the venue's time of asking."""

    client: str
    venue: str
    account: str
    exported_at: datetime

    def of(self, at: datetime) -> dict[str, object]:
        """Return it as it stands in a file whose content is as of `at`."""
        return {"exported_at": stamp(at), "client": self.client, "venue": self.venue, "account": self.account}


class ExportFolder:
    """The folder of one account's exports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one snapshot, and remove what a killed one had begun to write.

        Raises
        ------
        InputError
            Another snapshot holds it, or nothing can be written there.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            held = FileLock(self.folder / _LOCK, timeout=0)
            held.acquire()
        except Timeout as error:
            raise InputError(
                f"{self.folder}: another snapshot of this account is being taken, expected one at a time; wait until it has ended"
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.folder}: no exports can be written there, {error.strerror}; give this user the right, or name another folder"
                " in desk.toml"
            ) from error
        try:
            for begun in self.folder.glob(f"**/*{_PART}"):
                begun.unlink()
            yield
        finally:
            held.release()

    def last_record(self, head: Head, key_digest: str, *, accept_key: bool = False) -> Mapping[str, Any]:
        """Return the content of the newest snapshot's record, empty where there is none.

        Parameters
        ----------
        key_digest
            What tells the account's key or address from others.
        accept_key
            Go on although the last snapshot was taken with another key.

        Raises
        ------
        InputError
            It is of another venue or key, or cannot be read.
        """
        # A folder a month: only the newest one is listed.
        months = sorted(each for each in self.folder.glob(f"{RECORD}/*") if each.is_dir())
        names = sorted(months[-1].glob("*.json")) if months else []
        if not names:
            return {}
        found = self._read(names[-1], RECORD, head)
        if not isinstance(found, dict):
            raise _unreadable(names[-1], "no object")
        if not accept_key and found.get("key_digest") not in {None, key_digest}:
            raise InputError(
                f"{self.folder}: its last snapshot was taken with another key or address, expected those of accounts.{head.account} then:"
                " one folder is of one account; name another folder in desk.toml, or give --new-key where the same account has"
                " a new key"
            )
        return found

    def add(
        self,
        name: str,
        kind: str,
        items: Sequence[Item],
        head: Head,
        *,
        key: Callable[[Item], object],
        time_of: Callable[[Item], int | None],
        more: Mapping[str, object] | None = None,
        since: datetime | None,
    ) -> int:
        """Add records to the files of their days and return how many were not there before.

        Parameters
        ----------
        name
            What the files' names begin with; the day follows.
        kind
            The key that the records stand under: a kind of export.
        key, time_of
            A record's identity, and its own time in milliseconds.
        more
            Further keys of the files.
        since
            From when on all records are there up to the time of asking; None: some may be missing, and no file becomes newer by
            more than the records that it gets.

        Raises
        ------
        InputError
            A file there is of another venue, or cannot be read or written.
        """
        by_day: dict[date, list[Item]] = {}
        for item in items:
            by_day.setdefault(instant_of(time_of(item) or 0).date(), []).append(item)
        today, added = head.exported_at.date(), 0
        for number in range((today - since.date()).days + 1 if since else 0):
            day = today - timedelta(days=number)
            if day == today or self._file(name, day).exists():
                by_day.setdefault(day, [])
        for day, mine in sorted(by_day.items()):
            file = self._file(name, day)
            before, stated = self._before(file, kind, head)
            merged = {key(item): item for item in before}
            added += len({key(item) for item in mine} - merged.keys())
            merged |= {key(item): item for item in mine}
            union = sorted(merged.values(), key=lambda item: (time_of(item) or 0, str(key(item))))
            end = datetime.combine(day, time(), UTC) + timedelta(days=1)
            newest = max((instant_of(time_of(item) or 0) for item in mine), default=stated or end)
            at = max(min(newest if since is None else head.exported_at, end), stated or newest)
            if union != before or at != stated:
                self._write(file, {**head.of(at), **(more or {}), kind: union})
        return added

    def write_state(self, kind: str, content: object, head: Head, at: datetime) -> None:
        """Write a state as of `at` as a file of its own."""
        self._write(self.folder / kind / f"{at:%Y%m%dT%H%M%SZ}.json", {**head.of(at), kind: content})

    def write_record(self, content: Mapping[str, object], head: Head) -> None:
        """Write the record of a snapshot: from now on it counts."""
        at = head.exported_at
        self._write(
            self.folder / RECORD / f"{at:%Y-%m}" / f"{at:%Y%m%dT%H%M%SZ}.json", {**head.of(at), RECORD: content}
        )

    def _file(self, name: str, day: date) -> Path:
        return self.folder / f"{name}_{day}.json"

    def _before(self, file: Path, kind: str, head: Head) -> tuple[list[Item], datetime | None]:
        """Return what a file has, and as of when; nothing where it is not there."""
        if not file.exists():
            return [], None
        found, stated = self._read(file, kind, head), self._read(file, "exported_at", head)
        if not isinstance(found, list):
            raise _unreadable(file, "no list")
        return found, parse_instant(str(stated))

    def _read(self, file: Path, key: str, head: Head) -> object:
        try:
            document = json.loads(file.read_bytes())
            found, venue = document[key], document["venue"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unreadable(file, f"{type(error).__name__} at {key}") from error
        if venue != head.venue:
            raise InputError(
                f"{file}: it is of '{venue}', expected '{head.venue}' as accounts.{head.account}: one folder is of one venue;"
                " name another folder for the account in desk.toml"
            )
        return found

    def _write(self, file: Path, document: Mapping[str, object]) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            begun = file.with_name(file.name + _PART)
            with begun.open("w", encoding="utf-8") as opened:
                json.dump(document, opened, separators=(",", ":"), ensure_ascii=False)
                opened.flush()
                os.fsync(opened.fileno())
            begun.replace(file)
        except OSError as error:
            raise InputError(
                f"{file}: cannot be written, {error.strerror}; make room or give this user the right, then take the snapshot again"
            ) from error


def _unreadable(file: Path, found: str) -> InputError:
    return InputError(
        f"{file}: not readable as an export that a snapshot wrote, {found}; move it away: what the venue still has is asked for again"
        " with --since"
    )
