"""Tables for people: a frame as HTML that a screen reader, a phone and a tired operator can use.

Jinja2 renders it and not a table library: it is imported for the pages anyway and costs 0.02 s where great_tables
costs half a second in every notebook. A table shows; it neither sorts nor sums.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.plural import count_of
from deskgate.reports.anchors import break_anchor
from deskgate.reports.columns import read_column
from deskgate.reports.pages.environment import environment
from deskgate.reports.pages.wording import ABSENT
from deskgate.reports.wrongs import wrong_rows

__all__ = ["Table", "table"]

_WRONG = "__wrong"
# Columns of which an empty one says nothing, and of which one of zeros alone does not.
_REASONS = ("because", "why", "what_to_do", "note", "detail")
_COUNTS = ("not_confirmed",)
# Jupyter has no style sheet of ours. The pages drop this and use their own.
_STYLE = (
    "<style>.deskgate.table th,.deskgate.table td{text-align:left;vertical-align:top}"
    ".deskgate.table .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".deskgate.table .short,.deskgate.table .time{white-space:nowrap}</style>"
)


@dataclass(frozen=True)
class Table:
    """A table that a notebook displays: HTML for people, plain text where there is no browser.

    `is_wrong`: a row says that something is wrong, so a page shows the table unfolded.
    """

    html: str
    text: str
    is_wrong: bool = False

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        return {"text/html": self._repr_html_(), "text/plain": self.text}, {"deskgate": {"wrong": self.is_wrong}}

    def _repr_html_(self) -> str:
        return _STYLE + self.html

    def __repr__(self) -> str:
        return self.text


def table(
    frame: pl.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    limit: int = 50,
    notes: pl.DataFrame | None = None,
    file: str = "",
    folds: bool = False,
) -> Table:
    """Return the frame's first rows as a table.

    Numbers stand to the right, aligned at the point (see `columns`), a missing value is an em dash, a status and a severity carry a
    sign as well as a word, times are UTC. Above the rows stands how many of how many are shown; an empty frame says
    `none`, and one without columns that the day's folder does not have it. A break's row has the id that
    `anchors.break_links` leads to. Where rows are left out, those that say that something is wrong are not.

    Parameters
    ----------
    columns
        Column -> heading, in the order to show; by default every column under its own name in words, with its unit; without
        those columns of reasons in which no row has any, and of counts that are all 0.
    limit
        Rows to show at most.
    notes
        Its column `summary` has lines to show below; nothing where it has no row.
    file
        The file of the day's folder that has all rows; named where rows are left out.
    folds
        Rows that say that something is wrong stand first, and the others are folded below them.

    Raises
    ------
    InputError
        `columns` names a column that the frame does not have.
    """
    named = (columns if frame.columns else None) or {
        name: _in_its_quote(name, frame) for name in frame.columns if not _says_nothing(frame[name])
    }
    if unknown := [name for name in named if name not in frame.columns]:
        raise InputError(
            f"table: no column '{unknown[0]}'{did_you_mean(unknown[0], frame.columns)}, expected columns of the frame, "
            f"got {', '.join(frame.columns) or 'none'}; correct `columns`"
        )
    wrong = wrong_rows(frame)
    if folds or frame.height > limit:
        frame = frame.with_columns(wrong.alias(_WRONG)).sort(_WRONG, descending=True, maintain_order=True).drop(_WRONG)
    head = frame.head(limit)
    bounds = head["bound"].to_list() if head.schema.get("bound") == pl.String else []
    read = [
        read_column(head[name], heading or None, bounds if name == "observed" else ())
        for name, heading in named.items()
    ]
    count = _count(head.height, frame.height) if frame.columns else ABSENT
    cells = list(zip(*(column.cells for column in read), strict=True))
    below = notes["summary"].to_list() if notes is not None else []
    anchors = [break_anchor(each) for each in head["break_id"]] if "break_id" in head.columns else []
    shown = {"columns": read, "rows": cells, "anchors": anchors, "notes": below}
    link = file if head.height < frame.height else ""
    seen = min(int(wrong.sum()), head.height) if folds else head.height
    html = environment().get_template("table.html.j2").render(count=count, file=link, seen=seen, **shown)
    heads = [column.heading for column in read]
    text = "\n".join([count, " | ".join(heads), *(" | ".join(cell.text for cell in row) for row in cells), *below])
    return Table(html, text, is_wrong=bool(wrong.any()))


def _in_its_quote(name: str, frame: pl.DataFrame) -> str:
    """Return the heading of money beside a column that names its currency; empty of any other column."""
    money = name.removesuffix("_quote")
    return money.replace("_", " ") if name != money and "quote" in frame.columns else ""


def _says_nothing(column: pl.Series) -> bool:
    """Return whether it is a column of reasons in which no row has one, or of counts of which each is known to be 0."""
    if column.name in _COUNTS:
        return len(column) > 0 and not column.null_count() and bool((column == 0).all())
    return column.name in _REASONS and len(column) > 0 and column.null_count() == len(column)


def _count(shown_rows: int, all_rows: int) -> str:
    if not all_rows:
        return "none"
    if shown_rows < all_rows:
        return f"showing {shown_rows:,} of {all_rows:,} rows"
    return count_of(all_rows, "row", spec=",")
