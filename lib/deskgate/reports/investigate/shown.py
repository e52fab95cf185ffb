"""What an object of the console shows in a notebook: a headline, lines and tables as HTML; all that comes from data is escaped."""

from collections.abc import Iterable

import polars as pl
from markupsafe import Markup

from deskgate.reports.tables import table

__all__ = ["shown_html"]


def shown_html(
    headline: str, lines: Iterable[str] = (), tables: Iterable[tuple[str, pl.DataFrame]] = (), *, limit: int = 50
) -> str:
    """Return a headline, lines and tables, each table with its name above it where it has one."""
    parts = [Markup("<p><strong>{}</strong></p>").format(headline)]
    parts += [Markup("<p>{}</p>").format(line) for line in lines]
    for name, frame in tables:
        if name:
            parts.append(Markup("<p><strong>{}</strong></p>").format(name))
        # The template of the table escaped it.
        parts.append(Markup(table(frame, limit=limit)._repr_html_()))  # noqa: S704
    return "\n".join(parts)
