"""The decisions that an audit trail has, which the published ones are held to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deskgate.audit.chain import HOW_TO_GO_ON, Chain
from deskgate.audit.faults import first_fault, read_links
from deskgate.audit.record import Record
from deskgate.config.errors import RunError

__all__ = ["Recorded"]


@dataclass(frozen=True)
class Recorded:
    """The decision records of an audit trail, by day in their order, how many records it has, and when its first one was written.

    `problem` is why it cannot be relied on; then it has none.
    """

    decisions: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    size: int = 0
    began_at: datetime | None = None
    problem: str | None = None

    @classmethod
    def read(cls, out: Path) -> "Recorded":
        """Return what the trail in `out` has."""
        chain = Chain.open(out, "")
        try:
            if fault := first_fault(read_links(chain.file)):
                return cls(problem=f"{chain.file}: {fault.how}: {fault.says}; {HOW_TO_GO_ON}")
            return cls.of(chain.records())
        except RunError as error:
            return cls(problem=str(error))

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Recorded":
        """Return what a whole chain's records have."""
        found: dict[str, list[Record]] = {}
        size, began_at = 0, None
        for record in records:
            size, began_at = record.seq, began_at or record.at
            if record.kind == "decision":
                found.setdefault(str(record.body.get("date")), []).append(record)
        return cls(found, size, began_at)

    def of_day(self, decision: Mapping[str, Any]) -> Sequence[Record]:
        """Return the records of a decision's day, in order."""
        return self.decisions.get(str(decision.get("date")), [])

    def is_after(self, decision: Mapping[str, Any]) -> bool:
        """Return whether a decision is one of before there was a trail: it knows of none, and its day was over when it began."""
        if "checkpoint" in decision or self.of_day(decision):
            return False
        return self.began_at is None or str(decision.get("date")) < self.began_at.date().isoformat()
