"""How far each source has been ingested, as the ledger has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

import polars as pl

from deskgate.store.commits import COMMIT_ID
from deskgate.store.transaction import Transaction

__all__ = ["Cursor", "SourceOffset", "offset_rows", "read_offsets"]

_SOURCE = ["path", "context"]


@dataclass(frozen=True)
class Cursor:
    """The end of the last part of a source that was ingested, as the ledger has it."""

    generation: int
    end: int
    lines: int
    sha256: str | None
    cursor: str | None
    context: str
    stat: str | None
    unfinished: int
    recorded_at: datetime


_COLUMNS = [*dict.fromkeys((*_SOURCE, *(item.name for item in fields(Cursor)))), "kind", "start", COMMIT_ID, "bots"]


@dataclass(frozen=True)
class SourceOffset:
    """How far a source has been ingested, and how many of its records each bot keeps or has in quarantine."""

    cursor: Cursor
    kind: str
    kept: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str | None, int] = field(default_factory=dict)


def read_offsets(transaction: Transaction) -> dict[tuple[str, str], SourceOffset]:
    """Return how far every source has been ingested, by path and context."""
    names = [item.name for item in fields(Cursor)]
    rows = offset_rows(transaction).select("path", "kind", "bots", *names).iter_rows()
    read = ((path, kind, bots, Cursor(*cursor)) for path, kind, bots, *cursor in rows)
    return {
        (path, cursor.context): SourceOffset(
            cursor,
            kind,
            {each["bot"]: each["kept"] for each in bots if each["bot"] is not None},
            {each["bot"]: each["quarantined"] for each in bots},
        )
        for path, kind, bots, cursor in read
    }


def offset_rows(transaction: Transaction) -> pl.DataFrame:
    """Return one row for each source and context: its last part, and how many of its records each bot keeps.

    Only what came after the last checkpoint is read from the ledger. `bots` counts over the parts of the last
    generation: bot (null: nobody's), kept, quarantined.
    """
    ledger = transaction.later_rows("ledger").collect()
    checkpoint = transaction.checkpoint
    parts = ledger.with_columns(
        bots=pl.col("tally").list.eval(
            pl.struct(
                pl.element().struct.field("bot"),
                (pl.element().struct.field("stored") + pl.element().struct.field("known")).alias("kept"),
                pl.element().struct.field("quarantined"),
            )
        )
    ).select(_COLUMNS)
    rows = pl.concat([*([checkpoint.offsets.select(_COLUMNS)] if checkpoint else []), parts])
    rows = rows.sort(COMMIT_ID, "generation", "end", "start")
    counts = (
        rows.filter(pl.col("generation") == pl.col("generation").max().over(_SOURCE))
        .select(*_SOURCE, "bots")
        .explode("bots", empty_as_null=False)
        .unnest("bots")
        .group_by(*_SOURCE, "bot", maintain_order=True)
        .agg(pl.col("kept").sum(), pl.col("quarantined").sum())
        .group_by(_SOURCE, maintain_order=True)
        .agg(pl.struct("bot", "kept", "quarantined").alias("bots"))
    )
    last = rows.group_by(_SOURCE, maintain_order=True).last().drop("bots")
    return (
        last.join(counts, on=_SOURCE, how="left", maintain_order="left")
        .with_columns(pl.col("bots").fill_null(pl.lit([], dtype=rows.schema["bots"])))
        .select(_COLUMNS)
    )
