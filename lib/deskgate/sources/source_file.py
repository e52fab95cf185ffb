"""One file of a desk, or one stream: what it is, who lists it, and by what a change of it shows."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from deskgate.config.bot import Bot
from deskgate.config.instances import Instances
from deskgate.sources.source_kind import SourceKind

__all__ = ["SourceFile", "log_of", "may_have_changed", "size_in", "stat_of"]

# A file that was written to in the last moments may change again within the resolution of its times.
_QUIET_NS = 2_000_000_000
_LOG = "-wal"


@dataclass(frozen=True)
class SourceFile:
    """One file of a desk: its kind, who lists it, and the digest of what was read.

    `path` is relative to the desk. `bots` are those that list it, `known` is every bot of the desk, and
    `instances` says which instance is which of them. `sha256` is empty
    where the file is digested while it is read. `document` is the parsed content where the whole file is one JSON
    document. `stat` is what `stat_of` gave before any of it was read.
    """

    file: Path
    path: str
    kind: SourceKind
    bots: tuple[Bot, ...]
    known: frozenset[str]
    size: int
    sha256: str
    document: object = None
    stat: str | None = None
    instances: Instances = field(default_factory=lambda: Instances({}), compare=False, repr=False)

    @property
    def leg(self) -> str:
        """The leg that its kind is evidence for."""
        return self.kind.leg

    def bot_of(self, instance: str | None) -> str | None:
        """Return the bot of the desk that an instance is of, None where none claims it."""
        return instance if instance in self.known else self.instances.bot_of(instance)

    @property
    def owner(self) -> Bot:
        """The one bot that lists a file whose records name none."""
        return self.bots[0]


def stat_of(file: Path, looked_at: datetime | None) -> str:
    """Return the inodes, sizes and times of change of a file and of its log, and since when they are known, in ns.

    Parameters
    ----------
    looked_at
        An instant that is not after this look; None: unknown, written as 0.
    """
    # Asked of every file of a desk.
    place = os.fspath(file)
    mine = os.stat(place)  # noqa: PTH116
    inodes, sizes, mtime_ns, ctime_ns = f"{mine.st_ino}", f"{mine.st_size}", mine.st_mtime_ns, mine.st_ctime_ns
    with suppress(FileNotFoundError):
        log = os.stat(_log_of(place))  # noqa: PTH116
        inodes, sizes = f"{inodes}+{log.st_ino}", f"{sizes}+{log.st_size}"
        mtime_ns, ctime_ns = max(mtime_ns, log.st_mtime_ns), max(ctime_ns, log.st_ctime_ns)
    looked_ns = round(looked_at.timestamp() * 1_000_000) * 1_000 if looked_at else 0
    return f"{inodes} {sizes} {mtime_ns} {ctime_ns} {looked_ns}"


def size_in(stat: str) -> int:
    """Return the size of a file itself in what `stat_of` gave, in bytes."""
    return int(stat.split()[1].partition("+")[0])


def may_have_changed(before: str, now: str) -> bool:
    """Return whether a file may not be what it was at `before`; both as `stat_of` gives them.

    Equal times prove nothing where the file had been written to just before it was looked at.
    """
    *then, looked_ns = before.split()
    _, _, *written_ns = then
    return then != now.split()[:-1] or int(looked_ns) - max(map(int, written_ns)) <= _QUIET_NS


def log_of(file: Path) -> Path:
    """Return where a database keeps its newest rows until they are merged into the file; of a link that is beside its target."""
    return Path(_log_of(os.fspath(file)))


def _log_of(place: str) -> str:
    return f"{os.path.realpath(place) if os.path.islink(place) else place}{_LOG}"  # noqa: PTH114
