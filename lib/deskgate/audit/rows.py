"""The rows of the operations tables in the chain: what operators and runs record stands in both, and is compared.

A row is written into the chain first and into the store second, under the chain's lock. So a row of the store without a
record was not written by Deskgate, and a kill between the two leaves a record whose rows are not in the store yet: the
next write puts them there, and says so in a record.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from deskgate.audit.chain import Chain
from deskgate.audit.record import Record
from deskgate.config.instants import ALWAYS
from deskgate.schema import OPERATED, TABLES, digest_rows
from deskgate.store.tables import Store

__all__ = ["KIND_OF", "adopt", "frame_of", "has_rows", "identified", "read_stored", "rows_of", "settle", "write_rows"]

KIND_OF = {
    "baselines": "freeze",
    "anchors": "anchor",
    "openings": "opening",
    "break_actions": "break_action",
    "break_sightings": "break_sighting",
    "drills": "drill",
    "alerts": "alert",
    # Its rows are of several kinds; whoever writes one says which.
    "actions": "intent",
    "probes": "probe",
    "incidents": "incident",
    "waivers": "waiver_step",
    "checklist_marks": "checklist_mark",
}
_INSTANT = "%Y-%m-%dT%H:%M:%S%.6fZ"


def identified(table: str, rows: pl.DataFrame | Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Return rows of an operations table with the digest of each as its `row_id`, in the table's order of columns.

    Parameters
    ----------
    rows
        All columns of `table`, `row_id` aside: as a frame, or one mapping a row, with None where a column has no value.

    Raises
    ------
    dataframely.exc.ValidationError
        A row is none of `table`.
    """
    schema = TABLES[table]
    if not isinstance(rows, pl.DataFrame):
        content = {name: kind for name, kind in schema.create_empty().schema.items() if name != "row_id"}
        rows = pl.DataFrame({name: [row[name] for row in rows] for name in content}, schema=content)
    return schema.validate(rows.with_columns(digest_rows(rows)).select(schema.column_names()))


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
    """Put rows of the last record that a killed write left out of the store there, and tell it in a record."""
    with chain.lock():
        last = chain.last(has_rows)
        for table, rows in rows_of(last).items() if last else ():
            left_out = _left_out(store, table, frame_of(table, rows))
            if last and left_out.height:
                what = "rows of a record that a killed write had left out of the store were put there"
                chain.append("repair", {"what": what, "record": last.seq, "count": left_out.height}, at)
                store.append({table: left_out})


def adopt(chain: Chain, store: Store, at: datetime) -> None:
    """Begin a chain: with one record of all rows that the store has from before it, which are often none.

    In one record, so that no kill leaves a part of them out. Whatever else the store has from then on was not written by
    Deskgate.
    """
    rows = {table: list(there.values()) for table, there in read_stored(store) if there}
    chain.append("adopted", {"tables": rows, "why": "what the store had before there was an audit trail"}, at)


def has_rows(record: Record) -> bool:
    """Return whether a record holds rows of a table."""
    return bool(rows_of(record))


def rows_of(record: Record) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that a record holds, by table; of several tables in the record that begins a chain.

    What somebody else appended may have any shape: what is no row is left out.
    """
    several = record.body.get("tables")
    given = several if isinstance(several, dict) else {str(record.body.get("table")): record.body.get("rows")}
    lists = {table: rows for table, rows in given.items() if table in KIND_OF and isinstance(rows, list)}
    found = {table: [row for row in rows if _is_row(row)] for table, rows in lists.items()}
    return {table: rows for table, rows in found.items() if rows}


def frame_of(table: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return rows of a record as the store has them."""
    schema = TABLES[table]
    return schema.validate(_as_frame(rows, schema.create_empty().schema))


def read_stored(store: Store) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Return the rows that the store has of each operations table, whenever they speak for: as text, by their id."""
    versions = store.pin()
    for table in OPERATED:
        frame = store.lazy(table, versions, ALWAYS).collect()
        yield table, {row["row_id"]: row for row in _as_text(frame)}


def _is_row(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("row_id"), str)


def _left_out(store: Store, table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return store.snapshot(lambda tables: tables.missing(table, frame))


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
