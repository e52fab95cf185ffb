"""The promotion gates as text: JSON for machines, Markdown for a pull request, one line for a chat.

None of them is a decision: what they add up to is called `result`, and the day's decision is decision.json's alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from deskgate.config.instants import stamp
from deskgate.config.plain_text import one_line
from deskgate.config.plural import count_of
from deskgate.gates.decision import Decision
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.promotion import NOT_JUDGED, GateResult
from deskgate.gates.rests_on import rests_on

__all__ = ["KIND", "GateReport", "cell"]

KIND = "gates"


@dataclass(frozen=True)
class GateReport:
    """What a look at the gates found; `inputs` is what it was computed from, empty where it did not get as far.

    `waivers` are those that turned a verdict, `accepted` the breaks that would count otherwise.
    """

    desk: str
    day: date
    as_of: datetime
    result: Decision
    provisional: bool
    gates: Sequence[GateResult]
    verdicts: Sequence[Verdict] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    waivers: Sequence[Mapping[str, Any]] = ()
    accepted: Sequence[Mapping[str, Any]] = ()

    @property
    def rests_on(self) -> str:
        """What the result rests on besides evidence, in a sentence; empty where there is nothing."""
        return rests_on(str(self.result), self.waivers, self.accepted)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "kind": KIND,
            "result": str(self.result),
            "desk": self.desk,
            "date": self.day.isoformat(),
            "as_of": stamp(self.as_of),
            "provisional": self.provisional,
            "gates": [asdict(gate) for gate in self.gates],
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "inputs": dict(self.inputs),
            "waivers": [dict(each) for each in self.waivers],
            "accepted": [dict(each) for each in self.accepted],
        }

    def as_line(self) -> str:
        """Return the report in one line: its summary, and what the result rests on besides evidence."""
        return "; ".join(filter(None, (self.summary, self.rests_on)))

    @property
    def summary(self) -> str:
        """What the gates add up to, those that block, how many pass, and those that neither do."""
        passing = sum(gate.status is Status.PASS for gate in self.gates)
        blocking = [f"{gate.gate} {gate.status}" for gate in self.gates if gate.blocks and gate.reason != NOT_JUDGED]
        because = f"{', '.join(blocking)}; " if blocking else ""
        left = [
            f"{gate.gate} {gate.status}" for gate in self.gates if not gate.blocks and gate.status is not Status.PASS
        ]
        remarks = f"; remarks: {', '.join(left)}" if left else ""
        judged = count_of(len(self.gates), "gate passes", "gates pass")
        return f"{self._head}: {because}{passing} of {judged}{remarks}"

    def as_markdown(self) -> str:
        """Return the report as a heading, a table of the gates, and what to do about those that block."""
        rows = [
            f"| {gate.gate} | {'**' if gate.blocks else ''}{gate.status}{'**' if gate.blocks else ''} | {cell(gate.reason)} |"
            f" {cell(', '.join(gate.evidence))} |"
            for gate in self.gates
        ]
        todo = [f"- **{gate.gate}**: {cell(gate.what_to_do)}" for gate in self.gates if gate.blocks and gate.what_to_do]
        table = ["| gate | status | why | evidence |", "| --- | --- | --- | --- |", *rows]
        note = "A look at the gates, not the day's decision."
        rests = ["", f"**{cell(self.rests_on)}**"] if self.rests_on else []
        return "\n".join(
            [f"## {self._head}", *rests, "", note, "", *table, *(["", "To do:", "", *todo] if todo else [])]
        )

    @property
    def _head(self) -> str:
        mark = " (provisional)" if self.provisional else ""
        return f"{self.result}{mark} {self.desk} {self.day}"


def cell(text: str) -> str:
    """Return text that ends no cell and no line, and is no markup."""
    flat = one_line(" ".join(text.split()))
    for sign in ("\\", "|", "*", "_", "`", "<", "[", "@"):
        flat = flat.replace(sign, f"\\{sign}")
    return flat
