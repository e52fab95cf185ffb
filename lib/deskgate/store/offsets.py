"""How far each source has been ingested, as the ledger has it."""

from collections import Counter
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
    kept: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str | None] = field(default_factory=Counter)


def read_offsets(transaction: Transaction) -> dict[tuple[str, str], SourceOffset]:
    """Return how far every source has been ingested, by path and context."""
    names = [item.name for item in fields(Cursor)]
    return {
        (row["path"], row["context"]): SourceOffset(
            Cursor(**{name: row[name] for name in names}),
            row["kind"],
            Counter({each["bot"]: each["kept"] for each in row["bots"] if each["bot"] is not None}),
            Counter({each["bot"]: each["quarantined"] for each in row["bots"]}),
        )
        for row in offset_rows(transaction).iter_rows(named=True)
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
