"""Records of one file -> typed frames and a quarantine: nothing is dropped, nothing that is wrong gets through.

A source's module turns each record into rows of text; `settle` casts them. A record is all or nothing: if one of its
rows cannot be read, the record is in quarantine and none of its rows is in a frame, so that
records read = records kept + records in quarantine.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import polars as pl

from deskgate.desk import Bot
from deskgate.frames import ORDER_STATUSES, SIDES, TABLES
from deskgate.intake.casts import instant, money, whole
from deskgate.intake.exact_json import compact

__all__ = ["Haul", "Record", "RecordError", "Row", "SourceFile", "settle"]

Row = Mapping[str, str | None]
Rows = Sequence[tuple[str, Row]]

RAW_LIMIT = 2_000
_QUOTED_LIMIT = 60
_WORDS = {"side": SIDES, "status": ORDER_STATUSES}
# What `settle` knows by itself, so that no source has to say it.
_GIVEN = {"row_id", "bot", "leg", "path"}
_QUARANTINE = {
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
    """What one file gave: typed frames by table (no `row_id` yet), its quarantine, and how many records each bot keeps.

    `exported_at` is when the content was taken at the venue; `derived` has the bots of which it is no evidence, with
    the reason; `notes` has those it does not speak of.
    """

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    quarantine: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_QUARANTINE))
    kept: Counter[str] = field(default_factory=Counter)
    exported_at: datetime | None = None
    derived: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Iterable["Haul"]) -> "Haul":
        """Return the parts of one file, in their order, as one."""
        whole_haul, frames, quarantines = cls(), {name: list[pl.DataFrame]() for name in TABLES}, list[pl.DataFrame]()
        for part in parts:
            for name, frame in part.frames.items():
                frames[name].append(frame)
            quarantines.append(part.quarantine)
            whole_haul.kept.update(part.kept)
        whole_haul.frames = {name: pl.concat(found) for name, found in frames.items() if found}
        whole_haul.quarantine = pl.concat([whole_haul.quarantine, *quarantines])
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
    for place, record in enumerate(records):
        for table, row in record.rows:
            drafts.setdefault(table, []).append({"place": place, "bot": record.bot, **row})
    cast = {table: _cast(source, TABLES[table], rows) for table, rows in drafts.items()}
    reasons = {place: [record.reason] for place, record in enumerate(records) if record.reason is not None}
    for frame in cast.values():
        for place, reason in frame.filter(pl.col("reason") != "").select("place", "reason").iter_rows():
            reasons.setdefault(place, []).append(reason)
    return Haul(
        frames={
            table: frame.filter(~pl.col("place").is_in(list(reasons))).drop("place", "reason")
            for table, frame in cast.items()
        },
        quarantine=_quarantine(source, records, reasons),
        kept=Counter(record.bot for place, record in enumerate(records) if record.bot and place not in reasons),
    )


def _cast(source: SourceFile, schema: type[dy.Schema], rows: list[dict[str, str | int | None]]) -> pl.DataFrame:
    wanted = {name: column for name, column in schema.columns().items() if name not in _GIVEN}
    text = pl.DataFrame(
        rows, schema={"place": pl.Int64, "bot": pl.String, **dict.fromkeys(wanted, pl.String)}, orient="row"
    ).with_columns(pl.col(name).replace("", None) for name in wanted)
    typed = text.select(
        "place",
        "bot",
        pl.lit(source.leg).alias("leg"),
        pl.lit(source.path).alias("path"),
        *(_typed(name, column).alias(name) for name, column in wanted.items()),
        pl.concat_str(
            [fault for name, column in wanted.items() for fault in _faults(name, column)],
            separator="; ",
            ignore_nulls=True,
        ).alias("reason"),
    )
    if "visible_at" in wanted:
        typed = typed.with_columns(visible_at=pl.max_horizontal("ts", "visible_at"))
    return typed.select("place", *(name for name in schema.columns() if name != "row_id"), "reason")


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


def _faults(name: str, column: dy.Column) -> list[pl.Expr]:
    """Return expressions that say what is wrong with a column's text, null where nothing is."""
    text = pl.col(name)
    quoted = text.str.slice(0, _QUOTED_LIMIT)
    if name in _WORDS:
        wrong, why = ~text.is_in(_WORDS[name]), f"none of {', '.join(_WORDS[name])}"
    else:
        wrong = text.is_not_null() & _typed(name, column).is_null()
        why = {dy.Datetime: "no time stamp", dy.Int64: "no whole number"}.get(type(column), "no number that fits")
    faults: list[pl.Expr] = [pl.when(wrong).then(pl.format("{} '{}' is {}", pl.lit(name), quoted, pl.lit(why)))]
    if not column.nullable and name != "visible_at":
        faults.append(pl.when(text.is_null()).then(pl.lit(f"{name} is missing")))
    return faults


def _quarantine(source: SourceFile, records: Sequence[Record], reasons: Mapping[int, Sequence[str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (
                records[place].bot,
                source.leg,
                source.path,
                records[place].line,
                "; ".join(dict.fromkeys(why)),
                _raw(records[place].raw),
            )
            for place, why in sorted(reasons.items())
        ],
        schema=_QUARANTINE,
        orient="row",
    )


def _raw(raw: object) -> str:
    return (raw if isinstance(raw, str) else compact(raw))[:RAW_LIMIT]
