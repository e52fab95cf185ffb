"""Tables for people: a frame as HTML that a screen reader, a phone and a tired operator can use.

Jinja2 renders it and not a table library: it is imported for the pages anyway and costs 0.02 s where great_tables
costs half a second in every notebook. A table shows; it neither sorts nor sums.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from deskgate.config.errors import InputError, did_you_mean
from deskgate.reports.pages.environment import environment
from deskgate.reports.pages.wording import ABSENT, shown

__all__ = ["Table", "table"]

# Jupyter has no style sheet of ours. The pages drop this and use their own.
_STYLE = (
    "<style>.deskgate.table th,.deskgate.table td{text-align:left;vertical-align:top}"
    ".deskgate.table .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}</style>"
)


@dataclass(frozen=True)
class Table:
    """A table that a notebook displays: HTML for people, plain text where there is no browser."""

    html: str
    text: str

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
) -> Table:
    """Return the frame's first rows as a table.

    Numbers stand to the right in figures of one width, a missing value is an em dash, a status and a severity carry a
    sign as well as a word, times are UTC. Above the rows stands how many of how many are shown; an empty frame says
    `none`, and one without columns that the day's folder does not have it.

    Parameters
    ----------
    columns
        Column -> heading, in the order to show; by default every column under its own name, underscores as spaces.
    limit
        Rows to show at most.
    notes
        Its column `summary` has lines to show below; nothing where it has no row.

    Raises
    ------
    InputError
        `columns` names a column that the frame does not have.
    """
    named = columns if frame.columns else None
    headings = named or {name: name.replace("_", " ") for name in frame.columns}
    if unknown := [name for name in headings if name not in frame.columns]:
        raise InputError(
            f"table: no column '{unknown[0]}'{did_you_mean(unknown[0], frame.columns)}, expected columns of the frame, "
            f"got {', '.join(frame.columns) or 'none'}; correct `columns`"
        )
    head = frame.head(limit).select(headings.keys())
    count = _count(head.height, frame.height) if frame.columns else ABSENT
    numeric = [dtype.is_numeric() for dtype in head.dtypes]
    heads = [
        f"{heading} (UTC)" if isinstance(dtype, pl.Datetime) and "UTC" not in heading else heading
        for heading, dtype in zip(headings.values(), head.dtypes, strict=True)
    ]
    cells = [
        [shown(value, column) for column, value in zip(head.columns, row, strict=True)] for row in head.iter_rows()
    ]
    below = notes["summary"].to_list() if notes is not None else []
    html = (
        environment()
        .get_template("table.html.j2")
        .render(count=count, heads=heads, numeric=numeric, rows=cells, notes=below)
    )
    text = "\n".join([count, " | ".join(heads), *(" | ".join(cell.text for cell in row) for row in cells), *below])
    return Table(html, text)


def _count(shown_rows: int, all_rows: int) -> str:
    if not all_rows:
        return "none"
    if shown_rows < all_rows:
        return f"showing {shown_rows:,} of {all_rows:,} rows"
    return f"{all_rows:,} row" + ("s" if all_rows > 1 else "")
