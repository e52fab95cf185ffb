"""Parts -> rows to store and the account of every record: stored, already known, or in quarantine.

The one place that decides whether a record is new. An event is known by its id; the same id with other content is a
conflict, and the later one is in quarantine with its raw text. Every other record is known by the content of its rows.
What the store holds is asked for through `Known`; nothing is written here.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import polars as pl

from deskgate.schema import OPERATED, RECORDED, TABLES, digest_rows
from deskgate.sources.exact_json import JsonError, compact, parse
from deskgate.sources.inventory import describe_source
from deskgate.sources.parsed_source import QUARANTINE_SCHEMA
from deskgate.sources.records import RAW_LIMIT
from deskgate.store.offsets import Cursor, Part

__all__ = ["Admitted", "Known", "NothingKnown", "Standing", "admit"]

# Where a row was read is part of what these say; in all other tables the same record in two files is one row.
_BY_PLACE = {"sources", "quarantine"}
_PLACE = ("row_id", "path", "line", "record", "part")
_ARRIVAL = ("arrived_at", "visible_at")
# What the carrier of an event adds, fills in or leaves out: a stream and the log of its collector differ in it.
_CARRIED = ("extra", "event_version", "correlation_id")
# An event's rows without an id of their own are told apart by the event's.
_OWN_ID = {"fills": "trade_id", "funding": "funding_id"}
_AT = ["part", "record"]
_COUNTS = ("stored", "known", "quarantined", "conflicts")


class Known(Protocol):
    """What is already stored."""

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the stored events of these ids: event_id, stored_row, stored_path, stored_line."""

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the whole rows of the stored events of these ids."""

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not stored."""


class NothingKnown:
    """An empty store."""

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return no event."""
        return pl.DataFrame(schema=KNOWN_EVENTS)

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return no event."""
        return TABLES["events"].create_empty()

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return all rows, each once."""
        return frame.unique("row_id", keep="first", maintain_order=True)


KNOWN_EVENTS = {
    "event_id": pl.String,
    "stored_row": pl.String,
    "stored_path": pl.String,
    "stored_line": pl.Int64,
}


@dataclass(frozen=True)
class Standing:
    """How far a source has been taken in, and how many of its records each bot keeps or has in quarantine."""

    cursor: Cursor
    kept: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str | None] = field(default_factory=Counter)


@dataclass(frozen=True)
class Admitted:
    """What to store: rows by table, in the order of writing, the ledger last; and the standings after it."""

    frames: dict[str, pl.DataFrame]
    standings: dict[tuple[str, str], Standing]


def admit(
    parts: Sequence[Part],
    known: Known,
    standings: Mapping[tuple[str, str], Standing],
    recorded_at: datetime,
) -> Admitted:
    """Return what to store of `parts` and their account.

    Parameters
    ----------
    parts
        In the order in which they are taken in; parts of one source follow each other.
    known
        What is stored.
    standings
        By path and context, how far each source had been taken in.
    recorded_at
        When this is recorded.
    """
    if not parts:
        return Admitted({name: TABLES[name].create_empty() for name in TABLES if name not in OPERATED}, dict(standings))
    events, judged, conflicts = _events(parts, known)
    tables = {"events": events}
    fresh = judged.filter(pl.col("status") == "stored")
    for name in ("orders", "fills", "funding", "mids"):
        tables[name] = known.missing(name, _of_events(name, parts, fresh))
    filed = {name: _of_files(name, parts) for name in TABLES if name not in (*RECORDED, *_BY_PLACE, "events")}
    new = {name: known.missing(name, frame) for name, frame in filed.items()}
    quarantine = pl.concat([conflicts, *(_of_part(part.haul.quarantine, n) for n, part in enumerate(parts))])
    records = _records(parts, judged, quarantine, filed, new)
    tally = records.group_by("part", "bot", "day", "type", maintain_order=True).agg(
        (pl.col("status") == "stored").sum().cast(pl.Int64).alias("stored"),
        (pl.col("status") == "known").sum().cast(pl.Int64).alias("known"),
        pl.col("status").is_in(["quarantined", "conflict"]).sum().cast(pl.Int64).alias("quarantined"),
        (pl.col("status") == "conflict").sum().cast(pl.Int64).alias("conflicts"),
    )
    sources, after = _sources(parts, tally, standings, recorded_at)
    rows = {
        **{name: pl.concat([tables.get(name, frame.clear()), frame], how="diagonal") for name, frame in new.items()},
        "quarantine": known.missing("quarantine", _identified(quarantine, "quarantine")),
        "events": tables["events"],
        "sources": known.missing("sources", sources),
        "ledger": _ledger(parts, tally, recorded_at),
    }
    frames = {name: frame.select(TABLES[name].column_names()) for name, frame in rows.items()}
    return Admitted(frames, after)


def _of_part(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    return frame.with_columns(part=pl.lit(number, pl.Int64))


def _gathered(name: str, parts: Sequence[Part], *, of_lines: bool) -> pl.DataFrame:
    """Return the rows of a table in the parts that are event lines, or in those that are not."""
    found = [
        _of_part(part.haul.frames[name], number)
        for number, part in enumerate(parts)
        if part.source.kind.by_line == of_lines and name in part.haul.frames
    ]
    empty = TABLES[name].create_empty().drop("row_id")
    columns = [*empty.columns, *_AT]
    return pl.concat(
        [
            empty.with_columns(pl.lit(None, pl.Int64).alias(name) for name in _AT),
            *(frame.select(columns) for frame in found),
        ]
    )


def _identified(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    ignore = ("row_id", *_AT) if name in _BY_PLACE else _PLACE
    return frame.with_columns(digest_rows(frame, ignore=ignore))


def _events(parts: Sequence[Part], known: Known) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the events to store, every event's place with its status, and the conflicts as quarantine."""
    found = _gathered("events", parts, of_lines=True)
    found = found.with_columns(digest_rows(found, ignore=(*_PLACE, *_ARRIVAL), repeats=False))
    stored = known.events(found["event_id"])
    seen = found.select(*_AT, "event_id", "row_id", "path", "line", "ts").join(
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
    seen = _cleared(seen, found, known)
    new = found.filter(seen["status"] == "new")
    conflicts = _conflicts(seen.filter(pl.col("status") == "conflict"), parts, found)
    judged = seen.select(*_AT, "event_id", "ts", pl.col("status").replace("new", "stored"))
    return new, judged, conflicts


def _cleared(seen: pl.DataFrame, found: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Take back the conflicts that are none: the same content in other spacing or order of keys, or another carrier's."""
    suspects = seen.filter(pl.col("status") == "conflict")
    if suspects.is_empty():
        return seen
    ids = suspects["event_id"].unique()
    held = known.contents(ids)
    firsts = found.filter(pl.col("event_id").is_in(ids.implode())).unique("event_id", keep="first")
    held = pl.concat([held.select(_said(held)), firsts.join(held, on="event_id", how="anti").select(_said(held))])
    first = {row["event_id"]: _canonical(row) for row in held.iter_rows(named=True)}
    mine = found.join(suspects.select(_AT), on=_AT, how="semi")
    same = [
        (row["part"], row["record"])
        for row in mine.iter_rows(named=True)
        if _canonical({name: row[name] for name in held.columns}) == first[row["event_id"]]
    ]
    cleared = pl.DataFrame(same, schema={"part": pl.Int64, "record": pl.Int64}, orient="row")
    return seen.join(cleared.with_columns(cleared=True), on=_AT, how="left", maintain_order="left").with_columns(
        status=pl.when(pl.col("cleared")).then(pl.lit("known")).otherwise("status")
    )


def _said(events: pl.DataFrame) -> list[str]:
    """Return the columns in which two tellings of one event must agree: not in what their carriers add."""
    return [name for name in events.columns if name not in (*_PLACE, *_ARRIVAL, *_CARRIED)]


def _canonical(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _in_order(value) if name in ("payload", "extra") else value for name, value in row.items()}


def _in_order(text: str | None) -> object:
    try:
        value = parse(text or "null")
    except JsonError:
        return text
    return json.loads(compact(value)) if isinstance(value, Mapping) else value


def _conflicts(conflicts: pl.DataFrame, parts: Sequence[Part], found: pl.DataFrame) -> pl.DataFrame:
    rows = []
    held = found.filter(pl.col("event_id").is_in(conflicts["event_id"].implode()))
    owners = {(row["part"], row["record"]): (row["bot"], row["leg"]) for row in held.iter_rows(named=True)}
    places = {row["event_id"]: f"{row['path']}:{row['line']}" for row in held.reverse().iter_rows(named=True)}
    for row in conflicts.iter_rows(named=True):
        part = parts[row["part"]]
        bot, leg = owners[row["part"], row["record"]]
        there = f"{row['stored_path']}:{row['stored_line']}" if row["stored_path"] else places[row["event_id"]]
        raw = part.raw[row["line"] - (part.lines - len(part.raw)) - 1].decode(errors="replace")[:RAW_LIMIT]
        reason = f"a conflict: event_id '{row['event_id']}' is already stored with other content, from {there}"
        rows.append((row["record"], bot, leg, row["path"], row["line"], reason, raw, row["part"]))
    return pl.DataFrame(rows, schema={**QUARANTINE_SCHEMA, "part": pl.Int64}, orient="row")


def _of_events(name: str, parts: Sequence[Part], fresh: pl.DataFrame) -> pl.DataFrame:
    """Return what the events that are stored say of orders, fills, funding and mids."""
    found = _gathered(name, parts, of_lines=True).join(
        fresh.select(*_AT, "event_id"), on=_AT, how="inner", maintain_order="left"
    )
    own = _OWN_ID.get(name)
    told_apart = found.with_columns(pl.when(pl.col(own).is_null()).then("event_id")) if own else found.drop("event_id")
    ids = digest_rows(told_apart, ignore=(*_PLACE, "visible_at"), repeats=False)
    return found.with_columns(ids).unique("row_id", keep="first", maintain_order=True)


def _of_files(name: str, parts: Sequence[Part]) -> pl.DataFrame:
    """Return what the files that are read whole say, each with the identity of its rows within its file."""
    found = _gathered(name, parts, of_lines=False)
    if found.is_empty():
        return found.with_columns(row_id=pl.lit(None, pl.String))
    return pl.concat([_identified(part, name) for part in found.partition_by("part", maintain_order=True)])


def _records(
    parts: Sequence[Part],
    judged: pl.DataFrame,
    quarantine: pl.DataFrame,
    filed: Mapping[str, pl.DataFrame],
    new: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """Return every record of the parts: part, bot, type, day, status."""
    records = pl.concat([_of_part(part.haul.records, number) for number, part in enumerate(parts)])
    wrong = quarantine.select(_AT).unique().with_columns(wrong=True)
    rows = [frame.select(*_AT, "ts") for frame in filed.values()]
    days = pl.concat([judged.select(*_AT, "ts"), *rows]).group_by(_AT).agg(pl.col("ts").min().dt.date().alias("day"))
    written = pl.concat([frame.select(_AT) for frame in new.values()]).unique().with_columns(written=True)
    having = pl.concat([frame.select(_AT) for frame in filed.values()]).unique().with_columns(having=True)
    return (
        records.join(days, on=_AT, how="left", maintain_order="left")
        .join(judged.select(*_AT, "status"), on=_AT, how="left", maintain_order="left")
        .join(wrong, on=_AT, how="left", maintain_order="left")
        .join(written, on=_AT, how="left", maintain_order="left")
        .join(having, on=_AT, how="left", maintain_order="left")
        .select(
            "part",
            "bot",
            "type",
            "day",
            # A record without rows (a daily summary) is only counted, and stored as that count.
            status=pl.when(pl.col("status") == "conflict")
            .then("status")
            .when("wrong")
            .then(pl.lit("quarantined"))
            .when(pl.col("status").is_not_null())
            .then("status")
            .when(pl.col("having") & pl.col("written").is_null())
            .then(pl.lit("known"))
            .otherwise(pl.lit("stored")),
        )
    )


def _sources(
    parts: Sequence[Part],
    tally: pl.DataFrame,
    standings: Mapping[tuple[str, str], Standing],
    recorded_at: datetime,
) -> tuple[pl.DataFrame, dict[tuple[str, str], Standing]]:
    after = dict(standings)
    described: dict[tuple[str, str], pl.DataFrame] = {}
    counts = {number: frame for (number,), frame in tally.partition_by("part", as_dict=True).items()}
    for number, part in enumerate(parts):
        key = (part.source.path, part.context)
        before = after.get(key)
        goes_on = before is not None and before.cursor.generation == part.generation and part.source.kind.by_line
        kept, wrong = (before.kept.copy(), before.quarantined.copy()) if before and goes_on else (Counter(), Counter())
        for row in counts[number].iter_rows(named=True) if number in counts else ():
            if row["bot"] is not None:
                kept[row["bot"]] += row["stored"] + row["known"]
            wrong[row["bot"]] += row["quarantined"]
        after[key] = Standing(part.reached(recorded_at), +kept, +wrong)
        if part.is_stream and not part.read:
            continue  # a heartbeat shows that somebody listened, not that there was anything to hear
        described[key] = describe_source(
            part.source,
            part.haul,
            kept=after[key].kept,
            quarantined=after[key].quarantined,
            sha256=part.sha256 or "",
            size=part.end if part.source.kind.by_line else part.source.size,
            unfinished=part.unfinished,
        )
    empty = TABLES["sources"].create_empty().drop("row_id")
    return _identified(pl.concat([empty, *described.values()]), "sources"), after


def _ledger(parts: Sequence[Part], tally: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    empty = TABLES["ledger"].create_empty().drop("row_id")
    tallies = tally.group_by("part").agg(pl.struct("bot", "day", "type", *_COUNTS).alias("tally"))
    rows = pl.DataFrame(
        [
            {
                "part": number,
                "path": part.source.path,
                "kind": part.source.kind.name,
                "leg": part.source.leg,
                "generation": part.generation,
                "start": part.start,
                "end": part.end,
                "lines": part.lines,
                "sha256": part.sha256,
                "cursor": part.cursor,
                "context": part.context,
                "size": part.source.size,
                "stat": part.stat,
                "read": part.read,
                "unfinished": part.unfinished,
                "missed": part.missed,
                "recorded_at": recorded_at,
            }
            for number, part in enumerate(parts)
        ],
        schema={"part": pl.Int64, **{name: dtype for name, dtype in empty.schema.items() if name != "tally"}},
    )
    rows = rows.join(tallies, on="part", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("tally").fill_null(pl.lit([], dtype=empty.schema["tally"]))).drop("part")
    said = rows.drop("tally")
    return pl.concat([empty, rows.select(empty.columns)]).with_columns(digest_rows(said))
