"""The lines of an event file or stream -> events, and the fills, orders, funding and mids that they carry.

A dialect's parser finds out whose an event is, of which type, and what is in it; here its answers become frames. A line
that cannot be read is its own record in quarantine.
"""

from collections.abc import Callable, Sequence

import polars as pl

from deskgate.schema import EVENT_TYPES
from deskgate.sources.event_lines.columns import ParsedLines, without_gc
from deskgate.sources.event_lines.message import Found, Shape
from deskgate.sources.exact_json import JsonError
from deskgate.sources.long_lines import LongLine, length_reason
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import parse_columns
from deskgate.sources.source_file import SourceFile

__all__ = ["Dialect", "read_event_lines"]

Dialect = Callable[[SourceFile, Sequence[Found]], ParsedLines]

_BROKEN = {"record": pl.Int64, "bot": pl.String, "event_type": pl.String, "reason": pl.String}


def read_event_lines(
    source: SourceFile, lines: Sequence[bytes], first: int, *, shape: Shape, dialect: Dialect
) -> ParsedSource:
    """Return the content of event lines.

    Parameters
    ----------
    source
        Where they come from.
    lines
        Raw lines without their end; blank ones are no records.
    first
        The 1-based number of `lines[0]`.
    shape
        Decodes the object in a line.
    dialect
        Parses the objects of all lines that have one.
    """
    numbers = [number for number, line in enumerate(lines, start=first) if line.strip()]
    with without_gc():
        decoded = _decoded(shape, [lines[number - first] for number in numbers])
        readable = [found for found in decoded if isinstance(found, Found)]
        parsed = dialect(source, readable)
    # A line without an object names no bot; where one bot alone lists the file, it is that bot's.
    owner = source.owner.name if len(source.bots) == 1 else None
    errors = () if len(readable) == len(decoded) else enumerate(decoded)
    broken = [(at, owner, None, str(error)) for at, error in errors if isinstance(error, JsonError)]
    places = pl.int_range(len(decoded), eager=True)
    events = parsed.events.with_columns(record=places.filter(~places.is_in([at for at, *_ in broken])))
    by_event = events.select("record", "bot", readable=pl.col("reason").is_null())
    records = (
        pl.concat([events.select(list(_BROKEN)), pl.DataFrame(broken, schema=_BROKEN, orient="row")])
        .sort("record")
        .select(
            "record",
            "bot",
            "reason",
            type=pl.when(pl.col("event_type").is_in(EVENT_TYPES))
            .then("event_type")
            .otherwise(pl.lit(source.kind.name)),
            line=pl.Series(numbers, dtype=pl.Int64),
        )
    )
    tables = {"events": events.filter(pl.col("reason").is_null()).drop("reason")}
    for name, rows in parsed.rows.items():
        of_event = by_event.select(pl.all().gather(rows["at"]))
        tables[name] = rows.with_columns(of_event).filter("readable")
    return parse_columns(
        source, records, tables, lambda number: lines[numbers[number] - first].decode(errors="replace")
    )


def _decoded(shape: Shape, lines: Sequence[bytes]) -> list[Found | JsonError]:
    """Decode lines; the beginning of one that is too long might pass for an object."""
    too_long = {at: line.length for at, line in enumerate(lines) if isinstance(line, LongLine)}
    if not too_long:
        return shape.read_all(lines)
    found = shape.read_all([b"" if at in too_long else line for at, line in enumerate(lines)])
    return [JsonError(length_reason(too_long[at])) if at in too_long else each for at, each in enumerate(found)]
