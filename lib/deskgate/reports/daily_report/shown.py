"""A section of the daily report as a notebook displays it: HTML for people, Markdown where there is no browser."""

from dataclasses import dataclass

import polars as pl

from deskgate.reports.daily_report.markdown import part_lines
from deskgate.reports.daily_report.section import Part, Section
from deskgate.reports.pages.environment import environment
from deskgate.reports.pages.wording import shown
from deskgate.reports.tables import table

__all__ = ["SectionView"]


@dataclass(frozen=True)
class SectionView:
    """One section of the report, for display."""

    section: Section

    def _repr_html_(self) -> str:
        parts = [
            {"title": part.title, "says": part.says, "table": _table(part), "entries": _items(part)}
            for part in self.section.parts
        ]
        return environment().get_template("report_section.html.j2").render(parts=parts)

    def __repr__(self) -> str:
        return "\n".join(line for part in self.section.parts for line in part_lines(part)).strip()


def _table(part: Part) -> str | None:
    rows = part.rows
    return None if rows is None or rows.is_empty() or part.listed else table(rows, limit=part.limit).html


def _items(part: Part) -> list[list[tuple[str, str]]]:
    """Return the rows of a list, each as headings and values; what a row lacks is left out."""
    rows = part.rows if part.listed and part.rows is not None else pl.DataFrame()
    return [
        [(name.replace("_", " "), shown(value).text) for name, value in row.items() if value is not None]
        for row in rows.head(part.limit).to_dicts()
    ]
