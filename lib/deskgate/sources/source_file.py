"""One file of a desk, or one stream: what it is and who lists it."""

from dataclasses import dataclass
from pathlib import Path

from deskgate.config.desk import Bot
from deskgate.sources.source_kind import SourceKind

__all__ = ["SourceFile"]


@dataclass(frozen=True)
class SourceFile:
    """One file of a desk: its kind, who lists it, and the digest of what was read.

    `path` is relative to the desk. `bots` are those that list it, `known` is every bot of the desk. `sha256` is empty
    where the file is digested while it is read. `document` is the parsed content where the whole file is one JSON
    document.
    """

    file: Path
    path: str
    kind: SourceKind
    bots: tuple[Bot, ...]
    known: frozenset[str]
    size: int
    sha256: str
    document: object = None

    @property
    def leg(self) -> str:
        """The leg that its kind is evidence for."""
        return self.kind.leg

    @property
    def owner(self) -> Bot:
        """The one bot that lists a file whose records name none."""
        return self.bots[0]
