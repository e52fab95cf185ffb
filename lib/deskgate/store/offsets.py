"""How far each source has been ingested, as the ledger has it."""

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime

import polars as pl

from deskgate.store.transaction import COMMIT_ID, Transaction

__all__ = ["Cursor", "SourceOffset", "read_offsets"]


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


@dataclass(frozen=True)
class SourceOffset:
    """How far a source has been ingested, and how many of its records each bot keeps or has in quarantine."""

    cursor: Cursor
    kept: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str | None] = field(default_factory=Counter)


def read_offsets(transaction: Transaction) -> dict[tuple[str, str], SourceOffset]:
    """Return how far every source has been ingested, by path and context."""
    source = ["path", "context"]
    ledger = transaction.rows("ledger").collect().sort(COMMIT_ID, "generation", "end", "start")
    offsets = {
        (row["path"], row["context"]): SourceOffset(Cursor(**{item.name: row[item.name] for item in fields(Cursor)}))
        for row in ledger.group_by(source, maintain_order=True).last().iter_rows(named=True)
    }
    tallies = (
        ledger.filter(pl.col("generation") == pl.col("generation").max().over(source))
        .select(*source, "tally")
        .explode("tally", empty_as_null=False)
        .unnest("tally")
        .group_by(*source, "bot")
        .agg((pl.col("stored") + pl.col("known")).sum().alias("kept"), pl.col("quarantined").sum())
    )
    for row in tallies.iter_rows(named=True):
        offset = offsets[row["path"], row["context"]]
        if row["bot"] is not None:
            offset.kept[row["bot"]] += row["kept"]
        offset.quarantined[row["bot"]] += row["quarantined"]
    return offsets
