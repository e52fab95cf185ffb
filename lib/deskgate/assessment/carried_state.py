"""Where state that is carried from day to day lies beside a store, and when it is taken.

It is derived and may be deleted between runs: what it holds is taken only where all of history would give the same. Each
state is a folder that names the cut, the instant and the commits it was made from, and the digest of each of its files;
its own name is a digest of that.
Only stores in a folder have any.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import polars as pl

from deskgate.config.paths import code_digest
from deskgate.store.tables import SCHEMA_VERSION, Store, is_local

__all__ = ["BEFORE_DAY", "MOVES_AFTER", "State", "StateFolder", "link"]

# A cut lies so long before its day that what comes a little late does not void it, and moves on after some days.
BEFORE_DAY = timedelta(days=2)
MOVES_AFTER = timedelta(days=4)
_KEPT = 8
_TRIED = 3
# A kind of state that was not used for so long is of other code, another desk file, or parts that no engine measures any more.
_KIND_UNUSED = timedelta(days=7)
_ABOUT = "about.json"


@dataclass(frozen=True)
class State:
    """One state that was kept: its folder, its cut, the instant it was made for, and what was written about it."""

    place: Path
    cut: datetime
    as_of: datetime
    about: Mapping[str, Any]

    def seen(self, table: str) -> int:
        """Return the last commit all of whose rows of a table it has seen: rows of one that the ledger did not have were not visible."""
        versions = self.about.get("read", {}) | self.about["versions"]
        return int(min(versions[name] for name in (table, "ledger") if name in versions))


@dataclass(frozen=True)
class StateFolder:
    """The states of one kind of a store, for one code and one meaning of the rows (`about`).

    Parameters
    ----------
    versions
        The commits that decide what is visible of the tables that the state is made of.
    """

    store: Store
    versions: Mapping[str, int]
    about: str

    @property
    def place(self) -> Path | None:
        """Where the states lie; None where none is kept."""
        if not is_local(self.store.location):
            return None
        # Digests of ids are looked up in those of other runs; another processor may hash otherwise.
        hashed = pl.select(pl.lit("hash").hash()).item()
        text = f"{self.store.holds} {SCHEMA_VERSION} {pl.__version__} {hashed} {code_digest()} {self.about}"
        return Path(f"{self.store.location}.carried") / sha256(text.encode()).hexdigest()[:16]

    def states(self, start: datetime) -> Iterator[State]:
        """Yield the states with a cut up to `start` that are whole and of this store's history, the newest cuts first."""
        place, names = self.place, list[str]()
        if place is None:
            return
        # Another process may remove what was not used for long.
        with suppress(OSError):
            # A name begins with the cut.
            names = sorted((each.name for each in place.iterdir() if each.name[:8] <= f"{start:%Y%m%d}"), reverse=True)
            os.utime(place)
        for name in names[:_TRIED]:
            with suppress(OSError, ValueError, KeyError, TypeError):
                state = self._read(place / name)
                if state and state.cut <= start:
                    # Those that nobody has used for long make room for others.
                    os.utime(place / name)
                    yield state

    def _read(self, place: Path) -> State | None:
        about = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
        if place.name != _name(about):
            return None
        then = about["versions"]
        if then.keys() != self.versions.keys() or any(self.versions[name] < then[name] for name in then):
            return None
        # A store made anew, or put back from a copy, may count to the same commits.
        if about["identity"] != self.store.history.identity_at(then) or about["files"] != _digests(place):
            return None
        return State(place, datetime.fromisoformat(about["cut"]), datetime.fromisoformat(about["as_of"]), about)

    def keep(self, cut: datetime, as_of: datetime, more: Mapping[str, Any], write: Callable[[Path], None]) -> None:
        """Keep a state whose files `write` makes in a folder; where it cannot be kept, the next day only takes longer."""
        folder = self.place
        if folder is None:
            return
        about = {
            **more,
            "cut": cut.isoformat(),
            "as_of": as_of.isoformat(),
            "versions": dict(self.versions),
            "identity": self.store.history.identity_at(self.versions),
        }
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            made = Path(mkdtemp(prefix=".", dir=folder))
            try:
                write(made)
                about |= {"files": _digests(made)}
                (made / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
                made.rename(folder / _name(about))
            finally:
                shutil.rmtree(made, ignore_errors=True)
            _remove(list(folder.iterdir()), timedelta(0))
            _remove(list(folder.parent.iterdir()), _KIND_UNUSED)


def _remove(places: Sequence[Path], unused: timedelta) -> None:
    """Remove folders that were not used for so long before the last use of any; those that were used last stay."""
    used = {place: place.stat().st_mtime for place in places}
    for old in sorted(places, key=used.__getitem__)[:-_KEPT]:
        if max(used.values()) - used[old] >= unused.total_seconds():
            shutil.rmtree(old, ignore_errors=True)


def link(file: Path, copy: Path) -> None:
    """Put a file of one state into another: a file is only ever added."""
    try:
        os.link(file, copy)
    except OSError:
        # Not every file system has links.
        shutil.copyfile(file, copy)


def _name(about: Mapping[str, Any]) -> str:
    """Return the name of a state: its cut, and a digest of all that is written about it, which has one of each file."""
    return f"{about['cut'][:10].replace('-', '')}-{sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]}"


def _digests(place: Path) -> dict[str, str]:
    """Return the digest of every file of a state but the one about it."""
    found = {}
    for file in sorted(place.iterdir()):
        if file.name != _ABOUT:
            with file.open("rb") as opened:
                found[file.name] = file_digest(opened, "sha256").hexdigest()
    return found
