"""The lines of an event file or stream -> events and what they say of fills, orders, funding and mids.

A dialect says whose an event is, of which type, and what it says; here its answers become frames. A line that cannot
be read is its own record in quarantine.
"""

from collections.abc import Sequence

import polars as pl

from deskgate.frames import EVENT_TYPES
from deskgate.intake.event_columns import decode, without_gc
from deskgate.intake.event_envelopes import read_envelopes
from deskgate.intake.hummingbot_events import read_messages
from deskgate.intake.records import Haul, SourceFile, settle_texts

__all__ = ["read_event_batch"]

_DIALECTS = {"mqtt_events": read_messages, "event_envelopes": read_envelopes}


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
    with without_gc():
        decoded = decode(lines, first)
        said = _DIALECTS[source.kind](source, decoded)
    places = pl.Series("record", decoded.places, dtype=pl.Int64)
    told = pl.DataFrame(
        {"bot": said.bots, "type": said.types, "reason": said.reasons},
        schema=dict.fromkeys(("bot", "type", "reason"), pl.String),
    ).with_columns(places)
    told = told.with_columns(type=pl.when(pl.col("type").is_in(EVENT_TYPES)).then("type"))
    # Nothing says whose a line is that is no message; where one bot alone lists the file, it is that bot's.
    alone = source.owner.name if len(source.bots) == 1 else None
    broken = pl.DataFrame(
        [(place, alone, None, reason) for place, reason in decoded.wrong.items()],
        schema={"record": pl.Int64, "bot": pl.String, "type": pl.String, "reason": pl.String},
        orient="row",
    )
    records = (
        pl.concat([told.select("record", "bot", "type", "reason"), broken])
        .sort("record")
        .with_columns(pl.col("type").fill_null(source.kind), line=pl.Series(decoded.lines, dtype=pl.Int64))
    )
    whose = told.select("record", "bot", readable=pl.col("reason").is_null())
    events = pl.DataFrame(said.columns, schema=dict.fromkeys(said.columns, pl.String)).with_columns(whose)
    tables = {"events": events.filter("readable")}
    for name, rows in said.rows.items():
        told_by = whose.select(pl.all().gather(rows["at"]))
        tables[name] = rows.with_columns(told_by).filter("readable")
    return settle_texts(
        source, records, tables, lambda number: lines[decoded.lines[number] - first].decode(errors="replace")
    )
