"""Where a run writes: the output folder, held against a second run, and a folder in it that is whole or not there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from deskgate.config.errors import InputError

__all__ = ["DayFolder", "StagedFolder", "alerting_alone", "is_held", "locked"]

# Who holds `out` for a look or a page is done by then; a run takes longer.
_BRIEFLY_S = 1.0
_LOCK = ".lock"
ALERT_TIMEOUT_S = 60.0


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold `out` against a second run.

    Raises
    ------
    InputError
        Another run holds it.
    """
    from filelock import FileLock, Timeout

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: no folder can be made there, {error.strerror}; give another --out") from error
    try:
        with FileLock(out / _LOCK, timeout=_BRIEFLY_S):
            yield
    except Timeout as error:
        raise InputError(
            f"{out}: another run is writing there; wait until it has ended, or give another --out"
        ) from error


def is_held(out: Path) -> bool:
    """Return whether a run holds `out` at this moment; nothing is written."""
    from filelock import FileLock, Timeout

    if not (out / _LOCK).is_file():
        return False
    try:
        with FileLock(out / _LOCK, timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def alerting_alone(out: Path, name: str) -> Iterator[None]:
    """Hold the lock `name` in `out` against a second one who alerts of the same.

    Where it cannot be had it is alerted all the same, for twice is better than never.
    """
    from filelock import FileLock, Timeout

    if not out.is_dir():
        yield
        return
    lock = FileLock(out / name, timeout=ALERT_TIMEOUT_S)
    with suppress(Timeout, OSError):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True)
class StagedFolder:
    """A folder under `out` with the path `name` there: prepared under another name, then put in the old one's place."""

    out: Path
    name: str

    @property
    def target(self) -> Path:
        """Where it lies when it is whole."""
        return self.out / self.name

    @property
    def staging(self) -> Path:
        """Where it is prepared."""
        return self.out / ".staging" / self.target.name

    @property
    def _aside(self) -> Path:
        return self.target.with_name(f".{self.target.name}.old")

    def prepare(self) -> Path:
        """Return an empty staging folder, after bringing back what a killed run had set aside."""
        if self._aside.exists() and not self.target.exists():
            self._aside.replace(self.target)
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir(parents=True)
        return self.staging

    def discard(self) -> None:
        """Remove what was prepared."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def publish(self) -> None:
        """Put what is prepared in the old one's place; at no moment is there half of it under its name."""
        shutil.rmtree(self._aside, ignore_errors=True)
        self.target.parent.mkdir(exist_ok=True)
        if self.target.exists():
            self.target.replace(self._aside)
        self.staging.replace(self.target)
        shutil.rmtree(self._aside, ignore_errors=True)


class DayFolder(StagedFolder):
    """One day's folder under `out`."""

    def __init__(self, out: Path, day: date) -> None:
        """Name the folder by its day."""
        super().__init__(out, day.isoformat())

    @property
    def day(self) -> date:
        """The UTC day."""
        return date.fromisoformat(self.name)
