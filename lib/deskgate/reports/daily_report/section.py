"""What a section of the daily report is: parts with sentences, a table or a list. Computed here once, rendered elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from deskgate.config.errors import InputError

__all__ = ["DailyReport", "Part", "Section", "rows_of"]

# Text and numbers alone: they stand in JSON as they are.
_TYPES = {"text": pl.String, "number": pl.Float64, "count": pl.Int64, "truth": pl.Boolean}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}


@dataclass(frozen=True)
class Part:
    """One question of a section: sentences, then rows.

    `rows` has columns of text, numbers and truth values, whose names are the headings; None where a part is sentences alone. At most
    `limit` of them are shown; `listed` shows each row as an item of a numbered list and not as a line of a table.
    """

    title: str
    says: tuple[str, ...] = ()
    rows: pl.DataFrame | None = None
    limit: int = 12
    listed: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the part as JSON has it, with all its rows."""
        rows = self.rows
        columns = {} if rows is None else {name: _NAMES[type(dtype)] for name, dtype in rows.schema.items()}
        return {
            "title": self.title,
            "says": list(self.says),
            "columns": columns,
            "rows": None if rows is None else [list(row) for row in rows.iter_rows()],
            "limit": self.limit,
            "listed": self.listed,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Part":
        """Return the part that `as_json` wrote."""
        schema = {name: _TYPES[kind] for name, kind in content["columns"].items()}
        rows = None if content["rows"] is None else pl.DataFrame(content["rows"], schema=schema, orient="row")
        return cls(content["title"], tuple(content["says"]), rows, content["limit"], content["listed"])


@dataclass(frozen=True)
class Section:
    """One of the seven sections; each has a part on every day, if only a sentence why there is nothing."""

    name: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class DailyReport:
    """The report of one day; `decision` and the instant at which it expires are None as long as the run has none."""

    desk: str
    date: str
    as_of: str
    decision: str | None
    sections: tuple[Section, ...]
    expires_at: str | None = None

    def section(self, name: str) -> Section:
        """Return a section by its name.

        Raises
        ------
        InputError
            There is none of that name.
        """
        found = {each.name: each for each in self.sections}
        if name not in found:
            raise InputError(f"the daily report has no section '{name}', expected one of {', '.join(found)}")
        return found[name]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "kind": "daily_report",
            "desk": self.desk,
            "date": self.date,
            "as_of": self.as_of,
            "decision": self.decision,
            "expires_at": self.expires_at,
            "sections": [
                {"name": each.name, "title": each.title, "parts": [part.as_json() for part in each.parts]}
                for each in self.sections
            ],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "DailyReport":
        """Return the report that `as_json` wrote."""
        sections = tuple(
            Section(each["name"], each["title"], tuple(map(Part.from_json, each["parts"])))
            for each in content["sections"]
        )
        day = (content["desk"], content["date"], content["as_of"], content["decision"])
        # An earlier version's report does not have it.
        return cls(*day, sections, content.get("expires_at"))


def rows_of(schema: Mapping[str, pl.DataType | type[pl.DataType]], rows: Sequence[Sequence[object]]) -> pl.DataFrame:
    """Return rows of a part as a frame, also where there are none."""
    return pl.DataFrame(list(map(tuple, rows)), schema=dict(schema), orient="row")
