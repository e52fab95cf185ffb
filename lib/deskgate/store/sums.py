"""The digest of every file of a local store, in a list that `sha256sum --check` reads too.

Delta keeps no digest of what it writes, and most changes of a byte in a Parquet file are read without an error, as other
numbers. So every write to the store ends by adding its new files to the list; no file of a store is ever written twice.

The list shows damage and careless hands. Whoever can change a file can change the list as well: what shows that is the
audit trail, and `deskgate verify DAY --replay`.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from glob import glob
from hashlib import file_digest
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from deskgate.config.errors import InputError
from deskgate.store.lock import is_local, lock

__all__ = [
    "SUMS",
    "Damage",
    "add_sums",
    "damaged_files",
    "digest_of",
    "drop_sums",
    "refuse_damaged",
    "refuse_to_merge",
    "stored_files",
    "unlisted_files",
]

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_LOG = "_delta_log"
_PATTERNS = ("*/*.parquet", f"*/{_LOG}/*.json", f"*/{_LOG}/*.checkpoint.parquet")
# The table that says whose store it is, made before any other, and its first log: the list begins with it.
_BEGINNING = "about/"
_FIRST = f"{_BEGINNING}{_LOG}/{0:020}.json"
_SHOWN = 3


@dataclass(frozen=True)
class Damage:
    """One file of a store that is not as it was written: its place in the store, and what is wrong."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def add_sums(location: str) -> None:
    """Add the digests of the files that are new in a store to its list; whoever calls this holds its lock.

    A list that was lost is not begun again: it would vouch for whatever lies there now.
    """
    folder = Path(location)
    listed, present = _listed(folder), stored_files(location)
    new = sorted(present - listed.keys())
    if not new or _is_lost(listed, present):
        return
    lines = "".join(f"{digest_of(folder / name)}  {name}\n" for name in new)
    with (folder / SUMS).open("a+b") as file:
        # What a kill left of a line has no end, and its file is among the new ones.
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())


def drop_sums(location: str, gone: Collection[str]) -> None:
    """Take files that merging has removed from the list of a store; whoever calls this holds its lock."""
    folder = Path(location)
    listed = _listed(folder)
    if not gone & listed.keys():
        return
    fresh = folder / f"{SUMS}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.writelines(f"{digest}  {name}\n" for name, digest in listed.items() if name not in gone)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / SUMS)


def damaged_files(location: str) -> list[Damage]:
    """Return the files of a store that are not as they were written, by name; none of an object store, which has digests itself."""
    if not is_local(location) or not Path(location).is_dir():
        return []
    with lock(location):
        return _damaged(location, None)


def unlisted_files(location: str) -> list[str]:
    """Return the files of a local store that nobody took a digest of: a run was killed before it did, and the next one does."""
    return sorted(stored_files(location) - _listed(Path(location)).keys())


def refuse_damaged(location: str) -> None:
    """Refuse a store that has a damaged file.

    Raises
    ------
    InputError
        A file is not as it was written, or lost; the message names it.
    """
    _refuse(location, damaged_files(location))


def refuse_to_merge(location: str, names: Collection[str]) -> None:
    """Refuse to merge files of a local store where one of them is damaged, or any of the store was lost; its lock is held.

    Raises
    ------
    InputError
        A file is not as it was written, or lost; the message names it.
    """
    _refuse(location, _damaged(location, names))


def _refuse(location: str, found: Sequence[Damage]) -> None:
    if found:
        more = f" (and {len(found) - _SHOWN} more files)" if len(found) > _SHOWN else ""
        raise InputError(
            f"{location}: damaged, "
            + "; ".join(map(str, found[:_SHOWN]))
            + f"{more}; put the store back from a copy, or"
            " make it anew with `deskgate store rebuild`"
        )


def _damaged(location: str, digested: Collection[str] | None) -> list[Damage]:
    """Return what was changed of the files that are `digested` (None: all), and what was lost of all of them."""
    folder = Path(location)
    listed, present = _listed(folder), stored_files(location)
    found = dict(
        _changed(
            folder, {name: listed[name] for name in sorted(present & listed.keys()) if not digested or name in digested}
        )
    )
    found |= _cut_off(listed, present)
    if not any(_LOG in name for name in found):
        found |= _missing(folder)
    if _is_lost(listed, present):
        found[SUMS] = "it is not there, or no longer has its beginning"
    return [Damage(name, found[name]) for name in sorted(found)]


def _is_lost(listed: Collection[str], present: Collection[str]) -> bool:
    """Return whether a store with more in it than its beginning has no list, or one without its beginning."""
    return _FIRST not in listed and any(not name.startswith(_BEGINNING) for name in present)


def stored_files(location: str) -> set[str]:
    """Return the files of a store that are listed once they are written, by their places in it; none of an object store."""
    if not is_local(location):
        return set()
    # Asked four times a run, of three files and more a day.
    return {file for pattern in _PATTERNS for file in glob(pattern, root_dir=location, include_hidden=True)}  # noqa: PTH207


def _listed(folder: Path) -> dict[str, str]:
    """Return the digests of the list, by file; a line without an end was not written whole and does not count."""
    with suppress(FileNotFoundError):
        text = (folder / SUMS).read_bytes().decode("utf-8", errors="replace")
        lines = map(_LINE.fullmatch, text[: text.rfind("\n") + 1].splitlines())
        return {line[2]: line[1] for line in lines if line}
    return {}


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _changed(folder: Path, listed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, digest in listed.items():
        if (found := digest_of(folder / name)) != digest:
            yield name, f"its digest is {found[:12]}…, expected {digest[:12]}… as {SUMS} has it"


def _cut_off(listed: Iterable[str], present: Iterable[str]) -> dict[str, str]:
    """Return the ends of the tables' logs that are listed and not there; what a table's checkpoint replaced was before."""
    last: dict[str, str] = {}
    for name in sorted(present):
        if _is_log(name):
            last[name.split("/")[0]] = name
    gone = {name for name in listed if _is_log(name)} - set(present)
    return {name: "it is not there" for name in gone if name > last.get(name.split("/")[0], "")}


def _is_log(name: str) -> bool:
    return f"/{_LOG}/" in name and name.endswith(".json")


def _missing(folder: Path) -> dict[str, str]:
    """Return the data files that a table's log names and that are not there, and the logs that cannot be read."""
    found: dict[str, str] = {}
    for log in sorted(folder.glob(f"*/{_LOG}")):
        table = log.parent
        try:
            named = [f"{table.name}/{Path(unquote(uri)).name}" for uri in DeltaTable(str(table)).file_uris()]
        except DeltaError as error:
            found[f"{table.name}/{_LOG}"] = f"Delta cannot read it, {error}"
            continue
        found |= {name: "it is not there" for name in named if not (folder / name).is_file()}
    return found
