"""The records that an audit trail has, which the published days are held to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deskgate.audit.chain import HOW_TO_GO_ON, Chain
from deskgate.audit.faults import first_fault, read_links
from deskgate.audit.record import Record
from deskgate.config.errors import RunError

__all__ = ["Recorded"]


@dataclass(frozen=True)
class Recorded:
    """What an audit trail has, for whoever holds something to it; `problem` is why it cannot be relied on: then it has nothing."""

    records: Sequence[Record] = ()
    problem: str | None = None

    @classmethod
    def read(cls, out: Path) -> "Recorded":
        """Return what the trail in `out` has."""
        chain = Chain.open(out, "")
        try:
            if fault := first_fault(read_links(chain.file)):
                return cls(problem=f"{chain.file}: {fault.how}: {fault.says}; {HOW_TO_GO_ON}")
            return cls(list(chain.records()))
        except RunError as error:
            return cls(problem=str(error))

    @cached_property
    def decisions(self) -> Mapping[str, Sequence[Record]]:
        """The records of decisions, by day in their order."""
        found: dict[str, list[Record]] = {}
        for record in self.records:
            if record.kind == "decision":
                found.setdefault(str(record.body.get("date")), []).append(record)
        return found

    def of_day(self, decision: Mapping[str, Any]) -> Sequence[Record]:
        """Return the records of a decision's day, in order."""
        return self.decisions.get(str(decision.get("date")), [])

    def is_after(self, decision: Mapping[str, Any]) -> bool:
        """Return whether a decision is one of before there was a trail: it knows of none, and its day was over when it began.

        One with a `run_id` is not: decisions held checkpoints before they had that.
        """
        if "checkpoint" in decision or "run_id" in decision or self.of_day(decision):
            return False
        return not self.records or str(decision.get("date")) < self.records[0].at.date().isoformat()
