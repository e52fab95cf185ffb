"""The account of a batch: every record with what became of it, and the rows of `sources` and of the ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from deskgate.schema import TABLES, digest_rows
from deskgate.sources.inventory import describe_source
from deskgate.store.identity import PLACE_IN_BATCH, of_part, with_row_ids
from deskgate.store.offsets import SourceOffset
from deskgate.store.parts import Part

__all__ = ["ledger_rows", "source_rows", "tally_records"]

_COUNTS = ("stored", "known", "quarantined", "conflicts")


def tally_records(
    parts: Sequence[Part],
    judged: pl.DataFrame,
    quarantine: pl.DataFrame,
    filed: Mapping[str, pl.DataFrame],
    new: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """Return how many records of each part, bot, day and type were stored, known, in quarantine or in conflict.

    Parameters
    ----------
    judged
        Every event of the parts with its status.
    quarantine
        The records that cannot be read, and the conflicts.
    filed, new
        By table, the rows of whole files, and those of them that are not stored yet.
    """
    records = _records(parts, judged, quarantine, filed, new)
    return records.group_by("part", "bot", "day", "type", maintain_order=True).agg(
        (pl.col("status") == "stored").sum().cast(pl.Int64).alias("stored"),
        (pl.col("status") == "known").sum().cast(pl.Int64).alias("known"),
        pl.col("status").is_in(["quarantined", "conflict"]).sum().cast(pl.Int64).alias("quarantined"),
        (pl.col("status") == "conflict").sum().cast(pl.Int64).alias("conflicts"),
    )


def _records(
    parts: Sequence[Part],
    judged: pl.DataFrame,
    quarantine: pl.DataFrame,
    filed: Mapping[str, pl.DataFrame],
    new: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """Return every record of the parts: part, bot, type, day, status."""
    records = pl.concat([of_part(part.parsed.records, number) for number, part in enumerate(parts)])
    wrong = quarantine.select(PLACE_IN_BATCH).unique().with_columns(wrong=True)
    rows = [frame.select(*PLACE_IN_BATCH, "ts") for frame in filed.values()]
    days = (
        pl.concat([judged.select(*PLACE_IN_BATCH, "ts"), *rows])
        .group_by(PLACE_IN_BATCH)
        .agg(pl.col("ts").min().dt.date().alias("day"))
    )
    written = pl.concat([frame.select(PLACE_IN_BATCH) for frame in new.values()]).unique().with_columns(written=True)
    having = pl.concat([frame.select(PLACE_IN_BATCH) for frame in filed.values()]).unique().with_columns(having=True)
    return (
        records.join(days, on=PLACE_IN_BATCH, how="left", maintain_order="left")
        .join(judged.select(*PLACE_IN_BATCH, "status"), on=PLACE_IN_BATCH, how="left", maintain_order="left")
        .join(wrong, on=PLACE_IN_BATCH, how="left", maintain_order="left")
        .join(written, on=PLACE_IN_BATCH, how="left", maintain_order="left")
        .join(having, on=PLACE_IN_BATCH, how="left", maintain_order="left")
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


def source_rows(
    parts: Sequence[Part],
    tally: pl.DataFrame,
    offsets: Mapping[tuple[str, str], SourceOffset],
    recorded_at: datetime,
) -> tuple[pl.DataFrame, dict[tuple[str, str], SourceOffset]]:
    """Return what each source is now, and how far it has been ingested after these parts."""
    after = dict(offsets)
    described: dict[tuple[str, str], pl.DataFrame] = {}
    counts = {number: frame for (number,), frame in tally.partition_by("part", as_dict=True).items()}
    for number, part in enumerate(parts):
        key = (part.source.path, part.context)
        before = after.get(key)
        goes_on = before is not None and before.cursor.generation == part.generation
        kept: Counter[str] = Counter(before.kept if before and goes_on else {})
        wrong: Counter[str | None] = Counter(before.quarantined if before and goes_on else {})
        for row in counts[number].iter_rows(named=True) if number in counts else ():
            if row["bot"] is not None:
                kept[row["bot"]] += row["stored"] + row["known"]
            wrong[row["bot"]] += row["quarantined"]
        after[key] = SourceOffset(part.reached(recorded_at), part.source.kind.name, +kept, +wrong)
        if not part.read and (part.is_stream or (part.start == part.end and not part.source.kind.by_line)):
            continue  # a heartbeat, or a file as it was: nothing new to say of the source
        described[key] = describe_source(
            part.source,
            part.parsed,
            kept=after[key].kept,
            quarantined=after[key].quarantined,
            sha256=part.sha256 or "",
            size=part.end if part.source.kind.by_line else part.source.size,
            unfinished=part.unfinished,
        )
    empty = TABLES["sources"].create_empty().drop("row_id")
    return with_row_ids(pl.concat([empty, *described.values()]), "sources"), after


def ledger_rows(parts: Sequence[Part], tally: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    """Return one row of the ledger for each part."""
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
    identified = rows.drop("tally")
    return pl.concat([empty, rows.select(empty.columns)]).with_columns(digest_rows(identified))
