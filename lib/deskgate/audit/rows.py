"""The rows of the operations tables in the chain: what operators and runs record stands in both, and is compared.

A row is written into the chain first and into the store second, under the chain's lock. So a row of the store without a
record was not written by Deskgate, and a kill between the two leaves a record whose rows are not in the store yet: the
next write puts them there, and says so in a record.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from deskgate.audit.chain import Chain
from deskgate.audit.record import Record
from deskgate.schema import OPERATED, TABLES
from deskgate.store.tables import Store

__all__ = ["KIND_OF", "frame_of", "has_rows", "read_stored", "settle", "write_rows"]

KIND_OF = {
    "baselines": "freeze",
    "anchors": "anchor",
    "break_actions": "break_action",
    "break_sightings": "break_sighting",
    "drills": "drill",
    "alerts": "alert",
    # Its rows are of several kinds; whoever writes one says which.
    "actions": "intent",
}
_INSTANT = "%Y-%m-%dT%H:%M:%S%.6fZ"
_ALWAYS = datetime(9999, 12, 31, tzinfo=UTC)


def write_rows(
    chain: Chain, store: Store, table: str, frame: pl.DataFrame, at: datetime, *, kind: str | None = None
) -> None:
    """Write rows of an operations table into the chain and the store, which `settle` has brought together before.

    Parameters
    ----------
    frame
        Valid rows of `table`, at least one.
    at
        The clock's instant.
    kind
        The record's kind; None: the table's own.

    Raises
    ------
    RunError
        One of the two cannot be written; a row that is in the chain alone is put into the store by the next write.
    """
    with chain.lock():
        chain.append(kind or KIND_OF[table], {"table": table, "rows": _as_text(frame)}, at)
        store.append({table: frame})


def settle(chain: Chain, store: Store, at: datetime) -> None:
    """Bring the store to what the chain says, before anything is read or written.

    Rows of the last record that a killed write left out of the store are put there. Where the chain has no row yet, those
    that the store has from before there was a chain are taken into it. Both are told in a record.
    """
    with chain.lock():
        last = chain.last(has_rows)
        if last is None:
            _adopt_all(chain, store, at)
            return
        table = last.body["table"]
        left_out = store.snapshot(lambda tables: tables.missing(table, frame_of(table, last.body["rows"])))
        if left_out.height:
            what = "rows of a record that a killed write had left out of the store were put there"
            chain.append("repair", {"what": what, "record": last.seq, "count": left_out.height}, at)
            store.append({table: left_out})


def has_rows(record: Record) -> bool:
    """Return whether a record holds rows of a table."""
    return record.body.get("table") in KIND_OF and isinstance(record.body.get("rows"), list)


def frame_of(table: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return rows of a record as the store has them."""
    schema = TABLES[table]
    return schema.validate(_as_frame(rows, schema.create_empty().schema))


def read_stored(store: Store) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Return the rows that the store has of each operations table, whenever they speak for: as text, by their id."""
    versions = store.pin()
    for table in OPERATED:
        frame = store.lazy(table, versions, _ALWAYS).collect()
        yield table, {row["row_id"]: row for row in _as_text(frame)}


def _adopt_all(chain: Chain, store: Store, at: datetime) -> None:
    why = "the store had these rows before it had an audit trail"
    for table, rows in read_stored(store):
        if rows:
            chain.append("adopted", {"table": table, "rows": list(rows.values()), "why": why}, at)


def _as_text(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows with instants and amounts as text, which has one spelling."""
    spelt = [
        pl.col(name).dt.strftime(_INSTANT)
        if isinstance(kind, pl.Datetime)
        else pl.col(name)
        if kind == pl.Boolean
        else pl.col(name).cast(pl.String)
        for name, kind in frame.schema.items()
    ]
    return frame.select(spelt).to_dicts()


def _as_frame(rows: Sequence[Mapping[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    text = {name: kind if kind == pl.Boolean else pl.String for name, kind in schema.items()}
    given = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=text)
    return given.with_columns(
        pl.col(name).str.to_datetime(_INSTANT, time_unit="us", time_zone="UTC")
        if isinstance(kind, pl.Datetime)
        else pl.col(name).cast(kind)
        for name, kind in schema.items()
    )
