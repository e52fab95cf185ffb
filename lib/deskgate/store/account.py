"""The account of an ingest: what became of every record that was read."""

from collections import Counter
from dataclasses import dataclass, field

from deskgate.store.dedup import IngestBatch

__all__ = ["Account"]

COUNTED = ("read", "stored", "known", "quarantined", "conflicts", "missed")


@dataclass
class Account:
    """What became of the records that were read, by source, and how many rows each table got.

    `listed` are the paths of the files that were found, whether they had anything new or not.
    """

    sources: dict[str, Counter[str]] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    files: int = 0
    listed: set[str] = field(default_factory=set)
    overtaken: int = 0
    rewritten: list[str] = field(default_factory=list)
    unfinished: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> Counter[str]:
        """The sum over all sources: read, stored, known, quarantined, conflicts, missed."""
        total = Counter(dict.fromkeys(COUNTED, 0))
        for counts in self.sources.values():
            total.update(counts)
        return total

    def as_json(self) -> dict[str, object]:
        """Return the account for machines."""
        return {
            "sources": {path: dict(counts) for path, counts in sorted(self.sources.items())},
            "total": dict(self.total),
            "rows": {name: count for name, count in self.rows.items() if count},
            "files": self.files,
            "rewritten": self.rewritten,
            "passed_over": self.passed_over,
            "unfinished": {path: size for path, size in self.unfinished.items() if size},
        }

    def add(self, batch: IngestBatch) -> None:
        """Count what one commit has stored."""
        for name, frame in batch.frames.items():
            self.rows[name] += frame.height
        for row in batch.frames["ledger"].iter_rows(named=True):
            counts = self.sources.setdefault(row["path"], Counter())
            counts["read"] += row["read"]
            counts["missed"] += row["missed"]
            for tally in row["tally"]:
                counts.update({name: tally[name] for name in ("stored", "known", "quarantined", "conflicts")})
            self.unfinished[row["path"]] = row["unfinished"]
            if row["generation"] and row["start"] == 0 and row["path"] not in self.rewritten:
                self.rewritten.append(row["path"])

    def join(self, other: "Account") -> None:
        """Add what another account has counted."""
        for path, counts in other.sources.items():
            self.sources.setdefault(path, Counter()).update(counts)
        self.rows.update(other.rows)
        self.files = max(self.files, other.files)
        self.listed |= other.listed
        self.overtaken += other.overtaken
        self.rewritten += [path for path in other.rewritten if path not in self.rewritten]
        self.unfinished.update(other.unfinished)
        self.passed_over.update(other.passed_over)
