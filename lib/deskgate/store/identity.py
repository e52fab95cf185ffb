"""What identifies a row: its content, and for quarantine and sources its place too."""

from collections.abc import Sequence

import polars as pl

from deskgate.schema import TABLES, digest_rows
from deskgate.store.parts import Part

__all__ = ["ARRIVAL", "BY_PLACE", "PLACE", "PLACE_IN_BATCH", "of_part", "rows_of", "with_row_ids"]

# Where a row was read is part of what these say; in all other tables the same record in two files is one row.
BY_PLACE = {"sources", "quarantine"}
PLACE = ("row_id", "path", "line", "record", "part")
ARRIVAL = ("arrived_at", "visible_at")
PLACE_IN_BATCH = ["part", "record"]


def of_part(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    """Return the rows with the number of the part they are from."""
    return frame.with_columns(part=pl.lit(number, pl.Int64))


def rows_of(name: str, parts: Sequence[Part], *, of_events: bool) -> pl.DataFrame:
    """Return the rows of a table in the parts that are of events, or in those that are not."""
    found = [
        of_part(part.parsed.frames[name], number)
        for number, part in enumerate(parts)
        if part.source.kind.carries_events == of_events and name in part.parsed.frames
    ]
    empty = TABLES[name].create_empty().drop("row_id")
    columns = [*empty.columns, *PLACE_IN_BATCH]
    return pl.concat(
        [
            empty.with_columns(pl.lit(None, pl.Int64).alias(name) for name in PLACE_IN_BATCH),
            *(frame.select(columns) for frame in found),
        ]
    )


def with_row_ids(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows of one part with their `row_id`: two equal rows of one file are two records."""
    ignore = ("row_id", *PLACE_IN_BATCH) if name in BY_PLACE else PLACE
    return frame.with_columns(digest_rows(frame, ignore=ignore))
