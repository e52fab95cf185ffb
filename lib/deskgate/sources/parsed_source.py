"""What the parser of a file hands on: typed frames, a quarantine, and an account of every record."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
from polars._typing import PolarsDataType

from deskgate.schema import TABLES
from deskgate.sources.casts import TIME

__all__ = ["QUARANTINE_SCHEMA", "RECORDS_SCHEMA", "UNDATED", "ParsedSource"]

RECORDS_SCHEMA: dict[str, PolarsDataType] = {"record": pl.Int64, "line": pl.Int64, "bot": pl.String, "type": pl.String}
QUARANTINE_SCHEMA: dict[str, PolarsDataType] = {
    "record": pl.Int64,
    "bot": pl.String,
    "leg": pl.String,
    "path": pl.String,
    "line": pl.Int64,
    "reason": pl.String,
    "raw": pl.String,
    "since": TIME,
    "until": TIME,
}
# The reason of quarantine for a snapshot that cannot be dated.
UNDATED = "the export has no timestamp, neither in the document nor in the file's name"


# A frame is never changed in place: one that is empty serves all files.
_NO_QUARANTINE, _NO_RECORDS = pl.DataFrame(schema=QUARANTINE_SCHEMA), pl.DataFrame(schema=RECORDS_SCHEMA)


@dataclass
class ParsedSource:
    """The content of one file, or of a part of it.

    Attributes
    ----------
    frames
        Typed rows by canonical table, without `row_id`.
    quarantine
        The records that cannot be read: record, bot, leg, path, line, reason, raw, and `since` and `until`, between
        which each of them was, null where that is not known.
    records
        One row for each record that was read: record, line, bot, type.
    exported_at
        When the content was taken at the venue.
    derived
        By bot, why the content is not evidence about it.
    notes
        By bot, why the content has no entry for it.
    unfinished
        Bytes of a last line that is still being written; it is no record yet.
    appendable
        Whether what is appended to the file later can be read by itself.
    mark
        How far the file was read, where its parser says that itself; what is added later can then be read by itself.

    Every frame and the quarantine have a column `record`, the number of the record that a row came from, from 0; null
    where it came from none alone.
    """

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    quarantine: pl.DataFrame = field(default_factory=lambda: _NO_QUARANTINE)
    records: pl.DataFrame = field(default_factory=lambda: _NO_RECORDS)
    exported_at: datetime | None = None
    derived: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    unfinished: int = 0
    appendable: bool = True
    mark: str | None = None

    @property
    def kept(self) -> Counter[str]:
        """How many records of each bot are not in quarantine."""
        good = self.records.join(self.quarantine, on="record", how="anti").drop_nulls("bot")
        return Counter(dict(good.group_by("bot").len().iter_rows()))

    @classmethod
    def concat(cls, parts: Iterable["ParsedSource"]) -> "ParsedSource":
        """Return the parts of one file, in their order, as one; its records are numbered anew."""
        frames, quarantines, records = {name: list[pl.DataFrame]() for name in TABLES}, [], []
        count, unfinished, appendable = 0, 0, True
        for part in parts:
            unfinished, appendable = unfinished + part.unfinished, appendable and part.appendable
            shift = pl.col("record") + count
            for name, frame in part.frames.items():
                frames[name].append(frame.with_columns(shift))
            quarantines.append(part.quarantine.with_columns(shift))
            records.append(part.records.with_columns(shift))
            count += part.records.height
        whole = cls(
            {name: pl.concat(found) for name, found in frames.items() if found},
            unfinished=unfinished,
            appendable=appendable,
        )
        whole.quarantine = pl.concat([whole.quarantine, *quarantines])
        whole.records = pl.concat([whole.records, *records])
        return whole
