"""The canonical frames by name, what identifies a record in each, and the digest of a row.

Every source kind is parsed into these frames, the store keeps them, the checks read them. All times are UTC with
microseconds, all money, prices and quantities `Decimal(38, 18)`. `leg` names whose account a row is: `local` (the
bot's own record), `events` (the stream) or `exchange` (the venue; a paper bot's own ledger).

`ts` is the time of the thing itself; `visible_at` is when it could first be known (its arrival where the source
keeps one, else `ts`). A run for an `as_of` sees the rows with `visible_at <= as_of`, nothing else.
`row_id` is a digest of the row's content, so that the same record read from two files is one row.
"""

from hashlib import blake2b

import dataframely as dy
import polars as pl

from deskgate.schema.accounts import Coverage
from deskgate.schema.log_lines import LogLines
from deskgate.schema.market import (
    Balances,
    Candles,
    Fills,
    Funding,
    LiquidityOperations,
    Mids,
    Orders,
    Positions,
    Snapshots,
    Transfers,
)
from deskgate.schema.operations import (
    Actions,
    Alerts,
    Anchors,
    Baselines,
    BreakActions,
    BreakSightings,
    ChecklistMarks,
    Drills,
    Incidents,
    Openings,
    Probes,
    Waivers,
)
from deskgate.schema.stream import Events, Ledger, Quarantine, Sources

__all__ = ["EVERY_EVENT_STANDS", "OPERATED", "RECORDED", "RECORD_KEYS", "TABLES", "digest_rows"]

TABLES: dict[str, type[dy.Schema]] = {
    "fills": Fills,
    "orders": Orders,
    "funding": Funding,
    "transfers": Transfers,
    "liquidity_operations": LiquidityOperations,
    "mids": Mids,
    "candles": Candles,
    "snapshots": Snapshots,
    "positions": Positions,
    "balances": Balances,
    "coverage": Coverage,
    "log_lines": LogLines,
    "events": Events,
    "sources": Sources,
    "quarantine": Quarantine,
    "ledger": Ledger,
    "baselines": Baselines,
    "anchors": Anchors,
    "openings": Openings,
    "break_actions": BreakActions,
    "break_sightings": BreakSightings,
    "drills": Drills,
    "alerts": Alerts,
    "actions": Actions,
    "probes": Probes,
    "incidents": Incidents,
    "waivers": Waivers,
    "checklist_marks": ChecklistMarks,
}
# What operators and the runs record, and the ingestion itself; no source file holds it.
OPERATED = (
    "baselines",
    "anchors",
    "openings",
    "break_actions",
    "break_sightings",
    "drills",
    "alerts",
    "actions",
    "probes",
    "incidents",
    "waivers",
    "checklist_marks",
)
RECORDED = ("ledger", *OPERATED)


# What makes two rows of one file the same record: where a later reading has other values, it is a new version of
# it. Tables and rows without such a key (a fill without a trade id) only ever have different records.
RECORD_KEYS: dict[str, tuple[str, ...]] = {
    "sources": ("bot", "leg", "path"),
    "fills": ("bot", "leg", "path", "pair", "symbol", "order_id", "trade_id"),
    "funding": ("bot", "leg", "path", "pair", "symbol", "ts", "funding_id"),
    "candles": ("bot", "leg", "path", "pair", "symbol", "timeframe", "ts"),
    "positions": ("bot", "leg", "path", "pair", "symbol", "ts"),
    "balances": ("bot", "leg", "path", "token", "ts"),
}
# Rows of a stream are never replaced: two of its events are two records, whenever they were ingested.
EVERY_EVENT_STANDS = ("fills", "funding")


def digest_rows(
    frame: pl.DataFrame, *, ignore: tuple[str, ...] = ("path", "row_id"), repeats: bool = True
) -> pl.Series:
    """Return a 32-character digest of each row's content, in the frame's order.

    The columns in `ignore` do not count, so the same record read from two files has one digest. With `repeats` equal
    rows of one frame are distinguished by their ordinal: two identical rows of one file are two records.
    """
    columns = sorted(set(frame.columns) - set(ignore))
    text = frame.select(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("\x00") for name in columns], separator="\x1f").alias(
            "text"
        )
    )
    ordinal = pl.int_range(pl.len()).over("text") if repeats else pl.lit(0)
    texts = text.select(pl.concat_str("text", ordinal, separator="\x1e").cast(pl.Binary)).to_series()
    digests = [blake2b(row, digest_size=16).digest() for row in texts.to_list()]
    return pl.Series("row_id", digests, dtype=pl.Binary).bin.encode("hex")
