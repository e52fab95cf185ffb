"""Parts -> rows to store and the account of every record: stored, already known, or in quarantine.

The one place that decides whether a record is new. An event is known by its id, every other record by the content of
its rows. What the store holds is asked for through `Known`; nothing is written here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deskgate.schema import OPERATED, RECORDED, TABLES, digest_rows
from deskgate.store.bookkeeping import ledger_rows, source_rows, tally_records
from deskgate.store.event_dedup import deduplicate_events
from deskgate.store.identity import BY_PLACE, PLACE, PLACE_IN_BATCH, of_part, rows_of, with_row_ids
from deskgate.store.known import Known
from deskgate.store.offsets import SourceOffset
from deskgate.store.parts import Part

__all__ = ["IngestBatch", "deduplicate"]

# An event's rows without an id of their own are distinguished by the event's.
_OWN_ID = {"fills": "trade_id", "funding": "funding_id"}


@dataclass(frozen=True)
class IngestBatch:
    """What to store: rows by table, in the order of writing, the ledger last; and the offsets after it."""

    frames: dict[str, pl.DataFrame]
    offsets: dict[tuple[str, str], SourceOffset]


def deduplicate(
    parts: Sequence[Part],
    known: Known,
    offsets: Mapping[tuple[str, str], SourceOffset],
    recorded_at: datetime,
) -> IngestBatch:
    """Return what to store of `parts`, with the account of every record.

    Parameters
    ----------
    parts
        In the order in which they are ingested; parts of one source follow each other.
    known
        What is stored.
    offsets
        By path and context, how far each source had been ingested.
    recorded_at
        When this is recorded.
    """
    if not parts:
        return IngestBatch(
            {name: TABLES[name].create_empty() for name in TABLES if name not in OPERATED}, dict(offsets)
        )
    events, judged, conflicts = deduplicate_events(parts, known)
    tables = {"events": events}
    fresh = judged.filter(pl.col("status") == "stored")
    for name in ("orders", "fills", "funding", "mids", "liquidity_operations"):
        tables[name] = known.missing(name, _of_events(name, parts, fresh))
    filed = {name: _of_files(name, parts) for name in TABLES if name not in (*RECORDED, *BY_PLACE, "events")}
    new = {name: known.missing(name, frame) for name, frame in filed.items()}
    quarantine = pl.concat([conflicts, *(of_part(part.parsed.quarantine, n) for n, part in enumerate(parts))])
    tally = tally_records(parts, judged, quarantine, filed, new)
    sources, after = source_rows(parts, tally, offsets, recorded_at)
    rows = {
        **{name: pl.concat([tables.get(name, frame.clear()), frame], how="diagonal") for name, frame in new.items()},
        "quarantine": known.missing("quarantine", with_row_ids(quarantine, "quarantine")),
        "events": tables["events"],
        "sources": known.missing("sources", sources),
        "ledger": ledger_rows(parts, tally, recorded_at),
    }
    frames = {name: frame.select(TABLES[name].column_names()) for name, frame in rows.items()}
    return IngestBatch(frames, after)


def _of_events(name: str, parts: Sequence[Part], fresh: pl.DataFrame) -> pl.DataFrame:
    """Return what the events that are stored say of orders, fills, funding, mids and liquidity operations."""
    found = rows_of(name, parts, of_events=True).join(
        fresh.select(*PLACE_IN_BATCH, "event_id"), on=PLACE_IN_BATCH, how="inner", maintain_order="left"
    )
    own = _OWN_ID.get(name)
    identified = found.with_columns(pl.when(pl.col(own).is_null()).then("event_id")) if own else found.drop("event_id")
    ids = digest_rows(identified, ignore=(*PLACE, "visible_at"), repeats=False)
    return found.with_columns(ids).unique("row_id", keep="first", maintain_order=True)


def _of_files(name: str, parts: Sequence[Part]) -> pl.DataFrame:
    """Return what the files that carry no events say, each with the identity of its rows within its file."""
    found = rows_of(name, parts, of_events=False)
    if found.is_empty():
        return found.with_columns(row_id=pl.lit(None, pl.String))
    return pl.concat([with_row_ids(part, name) for part in found.partition_by("part", maintain_order=True)])
