"""Records of one file -> typed frames and a quarantine: nothing is dropped, nothing that is wrong gets through.

A parser turns each record into rows of text; `parse_records` casts them. A record is all or nothing: if one of its
rows cannot be read, the record is in quarantine and none of its rows is in a frame, so that
records read = records kept + records in quarantine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import dataframely as dy
import polars as pl
from polars._typing import PolarsDataType

from deskgate.schema import ORDER_STATUSES, SIDES, TABLES
from deskgate.sources.casts import TIME, instant, is_naive, money, whole
from deskgate.sources.exact_json import compact
from deskgate.sources.parsed_source import RECORDS_SCHEMA, ParsedSource
from deskgate.sources.source_file import SourceFile

__all__ = ["RAW_LIMIT", "Record", "RecordError", "Row", "parse_columns", "parse_records"]

Row = Mapping[str, str | None]
Rows = Sequence[tuple[str, Row]]

# A record in quarantine is kept whole; only what is far larger than any event is cut.
RAW_LIMIT = 1 << 20
_QUOTED_LIMIT = 60
_ALLOWED = {"side": SIDES, "status": ORDER_STATUSES}
NAIVE = "a time without an offset from UTC, which may be of any zone; let its writer add one, such as +00:00"
# Columns that no parser gives: they are filled in here, or by the store.
_FILLED_IN = {"row_id", "bot", "leg", "path", "line"}


class RecordError(ValueError):
    """One record cannot be read; the message is the reason of its quarantine."""


class Record(NamedTuple):
    """One record of a file: its line, its bot (None: unknown), its content, and its rows or the reason why it has none.

    `type` is what the account counts it as where it has no rows to say so; None: the kind of its file.
    """

    line: int
    bot: str | None
    raw: object
    rows: Rows = ()
    reason: str | None = None
    type: str | None = None


def parse_records(source: SourceFile, records: Sequence[Record]) -> ParsedSource:
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
            (
                number,
                record.line,
                record.bot,
                record.rows[0][0] if record.rows else record.type or source.kind.name,
                record.reason,
            )
            for number, record in enumerate(records)
        ],
        schema={**RECORDS_SCHEMA, "reason": pl.String},
        orient="row",
    )
    texts = {table: pl.DataFrame(rows, schema=_text_schema(table), orient="row") for table, rows in drafts.items()}
    return parse_columns(source, read, texts, lambda number: records[number].raw)


def parse_columns(
    source: SourceFile, records: pl.DataFrame, texts: Mapping[str, pl.DataFrame], raw: Callable[[int], object]
) -> ParsedSource:
    """Cast rows that are already columns of text: what `parse_records` does, for records by the hundred thousand.

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
    lines = records["line"]
    cast: dict[str, pl.DataFrame] = {}
    for table, rows in texts.items():
        cast[table] = _cast(source, table, _with_event_times(rows, cast.get("events")), lines)
    if records["reason"].null_count() == records.height and all(_is_faultless(frame) for frame in cast.values()):
        return ParsedSource(
            frames={table: frame.drop("reason") for table, frame in cast.items()},
            records=records.select(list(RECORDS_SCHEMA)),
        )
    wrong = [frame.filter(pl.col("reason") != "").select("record", "reason") for frame in cast.values()]
    reasons = (
        pl.concat([records.drop_nulls("reason").select("record", "reason"), *wrong])
        .group_by("record", maintain_order=True)
        .agg(pl.col("reason").unique(maintain_order=True).str.join("; "))
    )
    return ParsedSource(
        frames={
            table: frame.drop("reason").join(reasons, on="record", how="anti", maintain_order="left")
            for table, frame in cast.items()
        },
        quarantine=_quarantine(source, records, _with_times(reasons, cast.values()), raw),
        records=records.select(list(RECORDS_SCHEMA)),
    )


def _is_faultless(frame: pl.DataFrame) -> bool:
    return frame["reason"].null_count() == frame.height


def _with_times(reasons: pl.DataFrame, cast: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add when a record that cannot be read was, where it says that itself: `since` and `until`, else null."""
    said = [frame.select("record", "ts") for frame in cast if "ts" in frame.columns]
    times = pl.concat([pl.DataFrame(schema={"record": pl.Int64, "ts": TIME}), *said]).drop_nulls("ts")
    spans = times.group_by("record").agg(since=pl.col("ts").min(), until=pl.col("ts").max())
    return reasons.join(spans, on="record", how="left", maintain_order="left")


def _text_schema(table: str) -> dict[str, PolarsDataType]:
    wanted = [name for name in TABLES[table].column_names() if name not in _FILLED_IN]
    return {"record": pl.Int64, "bot": pl.String, **dict.fromkeys(wanted, pl.String)}


def _with_event_times(rows: pl.DataFrame, events: pl.DataFrame | None) -> pl.DataFrame:
    if events is None or "ts" in rows.columns:
        return rows
    return rows.join(events.select("record", "ts", "visible_at"), on="record", maintain_order="left")


def _cast(source: SourceFile, table: str, rows: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """Return the rows typed, each with the `reason` why it is wrong, null where it is not."""
    casts = _casts(table, tuple(name for name, dtype in rows.schema.items() if dtype == pl.String), tuple(rows.columns))
    # Asked of all columns at once: a desk has many small files, and each question of its own costs more than their rows.
    empty = rows.select(casts.is_empty).row(0, named=True)
    text = rows.with_columns(pl.col(name).replace("", None) for name in casts.texts if empty[name])
    typed = text.select(
        "record", "bot", pl.lit(source.leg).alias("leg"), pl.lit(source.path).alias("path"), *casts.typed
    )
    added = [_reason(text, typed, casts), *casts.visible]
    if "line" in casts.columns:
        added.append(lines.gather(typed["record"]))
    return typed.with_columns(added).select("record", *casts.columns, "reason")


class _Casts(NamedTuple):
    """What is asked of the rows of a table: of each of many files the same."""

    columns: Sequence[str]
    wanted: Mapping[str, dy.Column]
    texts: Sequence[str]
    absent: Sequence[str]
    typed: Sequence[pl.Expr]
    visible: Sequence[pl.Expr]
    is_empty: Sequence[pl.Expr]
    is_wrong: Mapping[str, pl.Expr]
    is_absent: Mapping[str, pl.Expr]
    faults: Sequence[pl.Expr]


# As many as there are tables and parsers: the expressions of a small file take longer to make than to answer.
@lru_cache(maxsize=256)
def _casts(table: str, strings: Sequence[str], there: Sequence[str]) -> _Casts:
    """Return the casts of rows that have the columns `there`, of which `strings` are text; others were cast with their event."""
    schema = TABLES[table].columns()
    wanted = {name: column for name, column in schema.items() if name not in _FILLED_IN}
    texts = [name for name in wanted if name in strings]
    required = [name for name, column in wanted.items() if not column.nullable and name != "visible_at"]
    absent = [name for name in required if name not in there or name in texts]
    arrival = [name for name in ("visible_at", "arrived_at") if name in wanted]
    is_wrong = {name: pl.col(name).is_not_null() & _is_wrong(name) for name in texts}
    is_absent = {name: pl.col(name).is_null() for name in absent}
    return _Casts(
        columns=[name for name in schema if name != "row_id"],
        wanted=wanted,
        texts=texts,
        absent=absent,
        typed=[
            *(_typed(name, wanted[name]).alias(name) for name in texts),
            *(pl.col(name) for name in wanted if name in there and name not in texts),
            *(pl.lit(None, column.dtype).alias(name) for name, column in wanted.items() if name not in there),
        ],
        visible=[pl.max_horizontal("ts", *arrival).alias("visible_at")] if "visible_at" in wanted else [],
        is_empty=[pl.len(), *((pl.col(name) == "").any() for name in texts)],
        is_wrong=is_wrong,
        is_absent=is_absent,
        faults=[
            pl.len(),
            *(wrong.any().alias(f"{name} wrong") for name, wrong in is_wrong.items()),
            *(missing.any().alias(f"{name} absent") for name, missing in is_absent.items()),
        ],
    )


def _reason(text: pl.DataFrame, typed: pl.DataFrame, casts: _Casts) -> pl.Series:
    """Return what is wrong with each row; columns without a fault, which most are, are skipped."""
    both = typed.select("record", *(pl.col(name).alias(f"{name} typed") for name in casts.texts)).hstack(
        [text[name] if name in casts.texts else typed[name] for name in dict.fromkeys([*casts.texts, *casts.absent])]
    )
    # One question for all columns: most of them are without a fault.
    found = both.select(casts.faults).row(0, named=True)
    faults: list[pl.Expr] = []
    for name, column in casts.wanted.items():
        if found.get(f"{name} wrong"):
            faults.append(pl.when(casts.is_wrong[name]).then(_fault(name, column)))
        if found.get(f"{name} absent"):
            faults.append(pl.when(casts.is_absent[name]).then(pl.lit(f"{name} is missing")))
    if not faults:
        return pl.repeat(None, typed.height, dtype=pl.String, eager=True).alias("reason")
    return both.select(pl.concat_str(faults, separator="; ", ignore_nulls=True).alias("reason")).to_series()


def _is_wrong(name: str) -> pl.Expr:
    return ~pl.col(name).is_in(_ALLOWED[name]) if name in _ALLOWED else pl.col(f"{name} typed").is_null()


def _fault(name: str, column: dy.Column) -> pl.Expr:
    quoted = pl.col(name).str.slice(0, _QUOTED_LIMIT)
    complaint = pl.when(is_naive(pl.col(name)) & pl.lit(isinstance(column, dy.Datetime)))
    said = complaint.then(pl.lit(NAIVE)).otherwise(pl.lit(_complaint(name, column)))
    return pl.format("{} '{}' is {}", pl.lit(name), quoted, said)


def _complaint(name: str, column: dy.Column) -> str:
    if name in _ALLOWED:
        return f"not one of {', '.join(_ALLOWED[name])}"
    match column:
        case dy.Datetime():
            return "not a timestamp from 2000 to 2099"
        case dy.Int64():
            return "not a whole number"
        case _:
            return "not a number below 1e20"


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
        "since",
        "until",
    )


def _raw(raw: object) -> str:
    return (raw if isinstance(raw, str) else compact(raw))[:RAW_LIMIT]
