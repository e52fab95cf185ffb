"""The lines of an event file or stream -> events and what they say of fills, orders, funding and mids.

A dialect says whose an event is, of which type, and what it says; here its answers become frames. A line that cannot
be read is its own record in quarantine.
"""

from collections.abc import Sequence

import polars as pl

from deskgate.schema import EVENT_TYPES
from deskgate.sources.control_plane import event_envelopes
from deskgate.sources.event_lines.columns import without_gc
from deskgate.sources.event_lines.message import Found
from deskgate.sources.exact_json import JsonError
from deskgate.sources.hummingbot import mqtt_events as hummingbot_events
from deskgate.sources.records import Haul, SourceFile, settle_texts

__all__ = ["read_event_batch"]

_DIALECTS = {
    **dict.fromkeys(("mqtt_events", "mqtt_heartbeats"), (hummingbot_events.MESSAGE, hummingbot_events.read_messages)),
    "event_envelopes": (event_envelopes.ENVELOPE, event_envelopes.read_envelopes),
}
_BROKEN = {"record": pl.Int64, "bot": pl.String, "event_type": pl.String, "reason": pl.String}


def read_event_batch(source: SourceFile, lines: Sequence[bytes], first: int) -> Haul:
    """Return what event lines say.

    Parameters
    ----------
    source
        Where they come from; its kind tells the dialect.
    lines
        Raw lines without their end; blank ones are no records.
    first
        The 1-based number of `lines[0]`.
    """
    shape, understood = _DIALECTS[source.kind]
    numbers = [number for number, line in enumerate(lines, start=first) if line.strip()]
    with without_gc():
        read = shape.read_all([lines[number - first] for number in numbers])
        readable = [found for found in read if isinstance(found, Found)]
        said = understood(source, readable)
    # Nothing says whose a line is that is no message; where one bot alone lists the file, it is that bot's.
    alone = source.owner.name if len(source.bots) == 1 else None
    errors = () if len(readable) == len(read) else enumerate(read)
    broken = [(at, alone, None, str(error)) for at, error in errors if isinstance(error, JsonError)]
    places = pl.int_range(len(read), eager=True)
    events = said.events.with_columns(record=places.filter(~places.is_in([at for at, *_ in broken])))
    whose = events.select("record", "bot", readable=pl.col("reason").is_null())
    records = (
        pl.concat([events.select(list(_BROKEN)), pl.DataFrame(broken, schema=_BROKEN, orient="row")])
        .sort("record")
        .select(
            "record",
            "bot",
            "reason",
            type=pl.when(pl.col("event_type").is_in(EVENT_TYPES)).then("event_type").otherwise(pl.lit(source.kind)),
            line=pl.Series(numbers, dtype=pl.Int64),
        )
    )
    tables = {"events": events.filter(pl.col("reason").is_null()).drop("reason")}
    for name, rows in said.rows.items():
        told_by = whose.select(pl.all().gather(rows["at"]))
        tables[name] = rows.with_columns(told_by).filter("readable")
    return settle_texts(source, records, tables, lambda number: lines[numbers[number] - first].decode(errors="replace"))
