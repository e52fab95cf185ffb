"""Tables of text: for a terminal as rows, for a pull request as Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deskgate.reports.gate_report import cell

__all__ = ["TextTable", "markdown"]


@dataclass(frozen=True)
class TextTable:
    """A table of text under a title."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def markdown(title: str, summary: str, remarks: Iterable[str], tables: Sequence[TextTable]) -> str:
    """Return a document of Markdown: a heading, a line, the remarks as a list, and the tables that have rows."""
    listed = "\n".join(f"- {cell(line)}" for line in remarks)
    parts = [f"## {cell(title)}", cell(summary), listed, *(_table(each) for each in tables if each.rows)]
    return "\n\n".join(part for part in parts if part)


def _table(table: TextTable) -> str:
    rows = [table.columns, ["---"] * len(table.columns), *([cell(text) for text in row] for row in table.rows)]
    return "\n".join([f"### {table.title}", "", *(f"| {' | '.join(row)} |" for row in rows)])
