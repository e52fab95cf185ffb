"""An audit of another control plane's passes as tables of text, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deskgate.config.instants import stamp
from deskgate.config.plural import count_of
from deskgate.foreign_gates.audit import JudgedPass, count_kinds
from deskgate.foreign_gates.reports import ForeignDesk
from deskgate.reports.text_table import TextTable, markdown

__all__ = ["DeskAuditReport"]

KIND = "desk_audit"
_TITLES = {
    "vacuous": "Passes that prove nothing",
    "stands": "Passes that stand",
    "unseen": "Passes whose evidence is not here as it was then: nobody can tell",
}


@dataclass(frozen=True)
class DeskAuditReport:
    """What an audit found; `passes` are each with what our gate says of it, `-` where nothing does."""

    desk: ForeignDesk
    passes: Sequence[tuple[JudgedPass, str]]
    notes: Sequence[str]

    @property
    def summary(self) -> str:
        """One line: how many passes prove nothing, of which kinds, and how many stand."""
        judged = [each for each, _ in self.passes]
        counts = {outcome: sum(each.outcome == outcome for each in judged) for outcome in _TITLES}
        kinds = ", ".join(f"{kind} {n}" for kind, n in count_kinds(judged).items())
        return (
            f"{self.desk.root.name}: {len(judged)} passes in {len(self.desk.reports)} reports, {counts['vacuous']} prove nothing"
            f"{f' ({kinds})' if kinds else ''}, {counts['stands']} stand, {counts['unseen']} unseen;"
            f" {count_of(len(self.desk.unreadable), 'file')} cannot be read, {len(self.desk.others)} are no gate report"
        )

    @property
    def remarks(self) -> list[str]:
        """What a reader must know: files that were passed over, and why a column may be empty."""
        torn = [f"{path}: {why}; passed over" for path, why in self.desk.unreadable.items()]
        return [
            *torn,
            *(f"{path}: no gate report that is known; passed over" for path in self.desk.others),
            *self.notes,
        ]

    def tables(self) -> list[TextTable]:
        """Return the passes by what they prove: nothing, something, or what cannot be told here."""
        found = []
        for outcome, title in _TITLES.items():
            mine = [(each, ours) for each, ours in self.passes if each.outcome == outcome]
            shown = [[each.claim.report.path, each.claim.gate, each.claim.said] for each, _ in mine]
            if outcome == "vacuous":
                columns = ["file", "gate", "said", "kind", "why it proves nothing", "evidence", "our gate"]
                rows = [[*row, *_why(each), ours] for row, (each, ours) in zip(shown, mine, strict=True)]
            elif outcome == "unseen":
                columns = ["file", "gate", "said", "missing", "our gate"]
                rows = [[*row, _missing(each), ours] for row, (each, ours) in zip(shown, mine, strict=True)]
            else:
                columns = ["file", "gate", "said", "our gate"]
                rows = [[*row, ours] for row, (_, ours) in zip(shown, mine, strict=True)]
            found.append(TextTable(title, columns, rows))
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the audit as JSON has it."""
        return {
            "kind": KIND,
            "desk": self.desk.root.name,
            "passes": [_pass(each, ours) for each, ours in self.passes],
            "counts": count_kinds([each for each, _ in self.passes]),
            "unreadable": dict(self.desk.unreadable),
            "others": list(self.desk.others),
            "notes": list(self.notes),
        }

    def as_markdown(self) -> str:
        """Return the audit as a heading, its remarks and its tables."""
        return markdown(f"Audit of {self.desk.root.name}", self.summary, self.remarks, self.tables())


def _why(each: JudgedPass) -> list[str]:
    return [each.reason.kind, each.reason.says, f"{each.reason.evidence} = {each.reason.value}"] if each.reason else []


def _missing(each: JudgedPass) -> str:
    more = len(each.missing) - 1
    return each.missing[0] + (f", and {more} more" if more else "")


def _pass(each: JudgedPass, ours: str) -> dict[str, Any]:
    claim = each.claim
    return {
        "file": claim.report.path,
        "at": stamp(claim.report.at) if claim.report.at else None,
        "gate": claim.gate,
        "place": claim.place,
        "said": claim.said,
        "outcome": each.outcome,
        "rule": each.rule,
        "reason": asdict(each.reason) if each.reason else None,
        "also": list(each.also),
        "missing": list(each.missing),
        "ours": None if ours == "-" else ours,
    }
