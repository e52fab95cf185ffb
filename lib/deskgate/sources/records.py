"""Records of one file -> typed frames and a quarantine: nothing is dropped, nothing that is wrong gets through.

A source's module turns each record into rows of text; `settle` casts them. A record is all or nothing: if one of its
rows cannot be read, the record is in quarantine and none of its rows is in a frame, so that
records read = records kept + records in quarantine.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import polars as pl
from polars._typing import PolarsDataType

from deskgate.config.desk import Bot
from deskgate.schema import ORDER_STATUSES, SIDES, TABLES
from deskgate.sources.casts import instant, money, whole
from deskgate.sources.exact_json import compact

__all__ = ["Haul", "Record", "RecordError", "Row", "SourceFile", "settle", "settle_texts"]

Row = Mapping[str, str | None]
Rows = Sequence[tuple[str, Row]]

# A record in quarantine is kept whole; only what no writer of events ever makes is cut.
RAW_LIMIT = 1 << 20
_QUOTED_LIMIT = 60
_WORDS = {"side": SIDES, "status": ORDER_STATUSES}
# What `settle` knows by itself, so that no source has to say it.
_GIVEN = {"row_id", "bot", "leg", "path", "line"}
_RECORDS = {"record": pl.Int64, "line": pl.Int64, "bot": pl.String, "type": pl.String}
_QUARANTINE = {
    "record": pl.Int64,
    "bot": pl.String,
    "leg": pl.String,
    "path": pl.String,
    "line": pl.Int64,
    "reason": pl.String,
    "raw": pl.String,
}


class RecordError(ValueError):
    """One record cannot be read; the message is the reason in words."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a desk: what it is, who lists it and as which leg, and the digest of what was read.

    `path` is relative to the desk. `bots` are those that list it, `known` is every bot of the desk. `document` is the
    parsed content where the whole file is one JSON document.
    """

    file: Path
    path: str
    kind: str
    leg: str
    bots: tuple[Bot, ...]
    known: frozenset[str]
    size: int
    sha256: str
    document: object = None

    @property
    def owner(self) -> Bot:
        """The one bot that lists a file whose records name none."""
        return self.bots[0]


class Record(NamedTuple):
    """One record of a file: its place, its bot (None: nobody knows), its content, and its rows or why it has none."""

    line: int
    bot: str | None
    raw: object
    rows: Rows = ()
    reason: str | None = None


@dataclass
class Haul:
    """What one file, or a part of it, gave: typed frames by table (no `row_id` yet), its quarantine and its records.

    Every frame and the quarantine have a column `record`, the number of the record within the haul that a row came
    from, null where it came from none alone; `records` has one row for each that was read: record, line, bot, type.
    `exported_at` is when the content was taken at the venue; `derived` has the bots of which it is no evidence, with
    the reason; `notes` has those it does not speak of.
    """

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    quarantine: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_QUARANTINE))
    records: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_RECORDS))
    exported_at: datetime | None = None
    derived: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> Counter[str]:
        """How many records of each bot are not in quarantine."""
        good = self.records.join(self.quarantine, on="record", how="anti").drop_nulls("bot")
        return Counter(dict(good.group_by("bot").len().iter_rows()))

    @classmethod
    def of(cls, parts: Iterable["Haul"]) -> "Haul":
        """Return the parts of one file, in their order, as one."""
        frames, quarantines, records = {name: list[pl.DataFrame]() for name in TABLES}, [], []
        count = 0
        for part in parts:
            shift = pl.col("record") + count
            for name, frame in part.frames.items():
                frames[name].append(frame.with_columns(shift))
            quarantines.append(part.quarantine.with_columns(shift))
            records.append(part.records.with_columns(shift))
            count += part.records.height
        whole_haul = cls({name: pl.concat(found) for name, found in frames.items() if found})
        whole_haul.quarantine = pl.concat([whole_haul.quarantine, *quarantines])
        whole_haul.records = pl.concat([whole_haul.records, *records])
        return whole_haul


def settle(source: SourceFile, records: Sequence[Record]) -> Haul:
    """Cast the rows of `records` to the canonical schemas and set aside the records that cannot be.

    Parameters
    ----------
    source
        The file; its leg and path go into every row.
    records
        A batch of records of it. A row's keys are columns of its table, its values text; `visible_at` may be left
        out, and is never before `ts`.
    """
    drafts: dict[str, list[dict[str, str | int | None]]] = {}
    for number, record in enumerate(records):
        for table, row in record.rows:
            drafts.setdefault(table, []).append({"record": number, "bot": record.bot, **row})
    read = pl.DataFrame(
        [
            (number, record.line, record.bot, record.rows[0][0] if record.rows else source.kind, record.reason)
            for number, record in enumerate(records)
        ],
        schema={**_RECORDS, "reason": pl.String},
        orient="row",
    )
    texts = {table: pl.DataFrame(rows, schema=_text_schema(table), orient="row") for table, rows in drafts.items()}
    return settle_texts(source, read, texts, lambda number: records[number].raw)


def settle_texts(
    source: SourceFile, records: pl.DataFrame, texts: Mapping[str, pl.DataFrame], raw: Callable[[int], object]
) -> Haul:
    """Cast rows that are already columns of text: what `settle` does, for records by the hundred thousand.

    Parameters
    ----------
    source
        The file; its leg and path go into every row.
    records
        One row for each record: record (0, 1, ...), line, bot, type, and `reason`, null where nothing is wrong yet.
    texts
        By table, rows with record, bot and the table's columns as text; columns may be left out. After `events`, rows
        of other tables without `ts` take their times from the event they came with.
    raw
        Gives the content of a record by its number, for those that end in quarantine.
    """
    lines = records.select("record", "line")
    cast: dict[str, pl.DataFrame] = {}
    for table, rows in texts.items():
        cast[table] = _cast(source, table, _with_times_of_their_event(rows, cast.get("events")), lines)
    wrong = [frame.filter(pl.col("reason") != "").select("record", "reason") for frame in cast.values()]
    reasons = (
        pl.concat([records.drop_nulls("reason").select("record", "reason"), *wrong])
        .group_by("record", maintain_order=True)
        .agg(pl.col("reason").unique(maintain_order=True).str.join("; "))
    )
    return Haul(
        frames={
            table: frame.drop("reason").join(reasons, on="record", how="anti", maintain_order="left")
            for table, frame in cast.items()
        },
        quarantine=_quarantine(source, records, reasons, raw),
        records=records.select(list(_RECORDS)),
    )


def _text_schema(table: str) -> dict[str, PolarsDataType]:
    wanted = [name for name in TABLES[table].column_names() if name not in _GIVEN]
    return {"record": pl.Int64, "bot": pl.String, **dict.fromkeys(wanted, pl.String)}


def _with_times_of_their_event(rows: pl.DataFrame, events: pl.DataFrame | None) -> pl.DataFrame:
    if events is None or "ts" in rows.columns:
        return rows
    return rows.join(events.select("record", "ts", "visible_at"), on="record", maintain_order="left")


def _cast(source: SourceFile, table: str, rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the rows typed, each with the `reason` why it is wrong, null where it is not."""
    schema = TABLES[table]
    wanted = {name: column for name, column in schema.columns().items() if name not in _GIVEN}
    given = {name: column for name, column in wanted.items() if name in rows.columns}
    text = rows.with_columns(
        pl.col(name).replace("", None) for name in given if rows.schema[name] == pl.String and (rows[name] == "").any()
    )
    typed = text.select(
        "record",
        "bot",
        pl.lit(source.leg).alias("leg"),
        pl.lit(source.path).alias("path"),
        *(_typed(name, column).alias(name) for name, column in given.items() if rows.schema[name] == pl.String),
        *(name for name in given if rows.schema[name] != pl.String),
        *(pl.lit(None, column.dtype).alias(name) for name, column in wanted.items() if name not in given),
    )
    typed = typed.with_columns(_reason(text, typed, wanted))
    if "visible_at" in wanted:
        arrival = [name for name in ("visible_at", "arrived_at") if name in wanted]
        typed = typed.with_columns(visible_at=pl.max_horizontal("ts", *arrival))
    if "line" in schema.column_names():
        typed = typed.join(lines, on="record", maintain_order="left")
    return typed.select("record", *(name for name in schema.columns() if name != "row_id"), "reason")


def _reason(text: pl.DataFrame, typed: pl.DataFrame, wanted: Mapping[str, dy.Column]) -> pl.Series:
    """Return what is wrong with each row; which columns have anything wrong is counted first, for mostly none has."""
    faults: list[pl.Series] = []
    for name, column in wanted.items():
        said = text[name] if name in text.columns else typed[name]
        if name in text.columns and said.dtype != pl.String:
            continue  # typed already, and judged where it was
        wrong = said.is_not_null() & (~said.is_in(_WORDS[name]) if name in _WORDS else typed[name].is_null())
        if wrong.any():
            why = {dy.Datetime: "no time stamp", dy.Int64: "no whole number"}.get(type(column), "no number that fits")
            why = f"none of {', '.join(_WORDS[name])}" if name in _WORDS else why
            quoted = pl.col("said").str.slice(0, _QUOTED_LIMIT)
            fault = pl.when("wrong").then(pl.format("{} '{}' is {}", pl.lit(name), quoted, pl.lit(why)))
            faults.append(pl.DataFrame({"said": said, "wrong": wrong}).select(fault).to_series())
        if not column.nullable and name != "visible_at" and said.null_count():
            fault = pl.when(pl.col("said").is_null()).then(pl.lit(f"{name} is missing"))
            faults.append(said.alias("said").to_frame().select(fault).to_series())
    if not faults:
        return pl.Series("reason", [None], dtype=pl.String).new_from_index(0, typed.height)
    found = pl.DataFrame([fault.alias(str(place)) for place, fault in enumerate(faults)])
    return found.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True).alias("reason")).to_series()


def _typed(name: str, column: dy.Column) -> pl.Expr:
    match column:
        case dy.Datetime():
            return instant(pl.col(name))
        case dy.Decimal():
            return money(pl.col(name))
        case dy.Int64():
            return whole(pl.col(name))
        case dy.Bool():
            return pl.col(name) == "true"
        case _:
            return pl.col(name)


def _quarantine(
    source: SourceFile, records: pl.DataFrame, reasons: pl.DataFrame, raw: Callable[[int], object]
) -> pl.DataFrame:
    wrong = records.drop("reason").join(reasons, on="record").sort("record")
    return wrong.select(
        "record",
        "bot",
        pl.lit(source.leg).alias("leg"),
        pl.lit(source.path).alias("path"),
        "line",
        "reason",
        pl.Series("raw", [_raw(raw(number)) for number in wrong["record"]], dtype=pl.String),
    )


def _raw(raw: object) -> str:
    return (raw if isinstance(raw, str) else compact(raw))[:RAW_LIMIT]
