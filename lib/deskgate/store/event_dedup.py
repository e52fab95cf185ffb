"""Events are known by their id: which are new, which are stored already, and which contradict what is stored.

The same id with other content is a conflict, and the later event is in quarantine with its raw text. Events that
differ only in formatting, or in what their carrier adds, do not contradict each other.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from deskgate.schema import digest_rows
from deskgate.sources.exact_json import JsonError, compact, parse
from deskgate.sources.parsed_source import QUARANTINE_SCHEMA
from deskgate.sources.records import RAW_LIMIT
from deskgate.store.identity import ARRIVAL, PLACE, PLACE_IN_BATCH, rows_of
from deskgate.store.known import Known
from deskgate.store.parts import Part

__all__ = ["deduplicate_events"]

# What the carrier of an event adds, fills in or leaves out: a stream and the log of its collector differ in it.
_CARRIED = ("extra", "event_version", "correlation_id")


def deduplicate_events(parts: Sequence[Part], known: Known) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the events to store, every event's place with its status, and the conflicts as quarantine."""
    found = rows_of("events", parts, of_events=True)
    found = found.with_columns(digest_rows(found, ignore=(*PLACE, *ARRIVAL), repeats=False))
    stored = known.events(found.select("event_id", "ts"))
    seen = found.select(*PLACE_IN_BATCH, "event_id", "row_id", "path", "line", "ts").join(
        stored, on="event_id", how="left", maintain_order="left"
    )
    repeated = found["event_id"].is_duplicated()
    again = pl.lit(value=False)
    if repeated.any():
        seen = seen.with_columns(
            stored_row=pl.coalesce("stored_row", pl.col("row_id").first().over("event_id")),
            again=pl.int_range(pl.len()).over("event_id") > 0,
        )
        again = pl.col("again")
    seen = seen.with_columns(
        status=pl.when(pl.col("stored_path").is_null() & ~again)
        .then(pl.lit("new"))
        .when(pl.col("stored_row") != pl.col("row_id"))
        .then(pl.lit("conflict"))
        .otherwise(pl.lit("known"))
    )
    seen = _clear_false_conflicts(seen, found, known)
    new = found.filter(seen["status"] == "new")
    conflicts = _conflicts(seen.filter(pl.col("status") == "conflict"), parts, found)
    judged = seen.select(*PLACE_IN_BATCH, "event_id", "ts", pl.col("status").replace("new", "stored"))
    return new, judged, conflicts


def _clear_false_conflicts(seen: pl.DataFrame, found: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Clear false conflicts: equal JSON, different formatting or carrier."""
    conflicts = seen.filter(pl.col("status") == "conflict")
    if conflicts.is_empty():
        return seen
    ids = conflicts["event_id"].unique()
    stored = known.contents(found.select("event_id", "ts").filter(pl.col("event_id").is_in(ids.implode())))
    firsts = found.filter(pl.col("event_id").is_in(ids.implode())).unique("event_id", keep="first")
    columns = _compared_columns(stored)
    first_copies = pl.concat([stored.select(columns), firsts.join(stored, on="event_id", how="anti").select(columns)])
    first = {row["event_id"]: _canonical(row) for row in first_copies.iter_rows(named=True)}
    contested = found.join(conflicts.select(PLACE_IN_BATCH), on=PLACE_IN_BATCH, how="semi")
    same = [
        (row["part"], row["record"])
        for row in contested.iter_rows(named=True)
        if _canonical({name: row[name] for name in columns}) == first[row["event_id"]]
    ]
    cleared = pl.DataFrame(same, schema={"part": pl.Int64, "record": pl.Int64}, orient="row")
    return seen.join(
        cleared.with_columns(cleared=True), on=PLACE_IN_BATCH, how="left", maintain_order="left"
    ).with_columns(status=pl.when(pl.col("cleared")).then(pl.lit("known")).otherwise("status"))


def _compared_columns(events: pl.DataFrame) -> list[str]:
    """Return the columns in which two copies of one event must agree: not those that their carriers fill."""
    return [name for name in events.columns if name not in (*PLACE, *ARRIVAL, *_CARRIED)]


def _canonical(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _sorted_keys(value) if name in ("payload", "extra") else value for name, value in row.items()}


def _sorted_keys(text: str | None) -> object:
    try:
        value = parse(text or "null")
    except JsonError:
        return text
    return json.loads(compact(value)) if isinstance(value, Mapping) else value


def _conflicts(conflicts: pl.DataFrame, parts: Sequence[Part], found: pl.DataFrame) -> pl.DataFrame:
    rows = []
    held = found.filter(pl.col("event_id").is_in(conflicts["event_id"].implode()))
    owner_of = {(row["part"], row["record"]): (row["bot"], row["leg"]) for row in held.iter_rows(named=True)}
    place_of = {row["event_id"]: f"{row['path']}:{row['line']}" for row in held.reverse().iter_rows(named=True)}
    for row in conflicts.iter_rows(named=True):
        part = parts[row["part"]]
        bot, leg = owner_of[row["part"], row["record"]]
        there = f"{row['stored_path']}:{row['stored_line']}" if row["stored_path"] else place_of[row["event_id"]]
        raw = part.raw[row["line"] - (part.lines - len(part.raw)) - 1].decode(errors="replace")[:RAW_LIMIT]
        reason = f"a conflict: event_id '{row['event_id']}' is already stored with other content, from {there}"
        place = (row["record"], bot, leg, row["path"], row["line"])
        rows.append((*place, reason, raw, row["ts"], row["ts"], row["part"]))
    return pl.DataFrame(rows, schema={**QUARANTINE_SCHEMA, "part": pl.Int64}, orient="row")
