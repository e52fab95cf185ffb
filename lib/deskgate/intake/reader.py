"""A desk's raw files -> the canonical frames: every file once, by its kind's own module, nothing written.

Reading decides no gate: what is wrong with a record goes to quarantine, what is wrong with a file is an error that
names it, and what is not there is simply not in the frames.
"""

from collections.abc import Callable

import polars as pl

from deskgate.desk import Desk
from deskgate.frames import RECORDED, TABLES, digest_rows
from deskgate.intake.controller_csv import read_controller_daily, read_controller_fills, read_controller_minutes
from deskgate.intake.event_envelopes import read_event_envelopes
from deskgate.intake.exchange import read_funding_history, read_my_trades, read_orders
from deskgate.intake.exchange_account import UNDATED, read_account_snapshot, read_balance, read_positions
from deskgate.intake.hummingbot_db import read_hummingbot_db
from deskgate.intake.hummingbot_events import read_mqtt_events
from deskgate.intake.listing import source_files
from deskgate.intake.records import Haul, SourceFile

__all__ = ["read_desk"]

_READERS: dict[str, Callable[[SourceFile], Haul]] = {
    "hummingbot_db": read_hummingbot_db,
    "controller_minutes": read_controller_minutes,
    "controller_fills": read_controller_fills,
    "controller_daily": read_controller_daily,
    "mqtt_events": read_mqtt_events,
    "event_envelopes": read_event_envelopes,
    "my_trades": read_my_trades,
    "closed_orders": read_orders,
    "canceled_orders": read_orders,
    "open_orders": read_orders,
    "funding_history": read_funding_history,
    "positions": read_positions,
    "balance": read_balance,
    "account_snapshot": read_account_snapshot,
}
_PHOTOGRAPHS = {"positions", "balance", "account_snapshot"}
# In these tables where a row was read is part of what it says, in all others the same record in two files is one row.
_BY_PATH = {"sources", "quarantine"}


def read_desk(desk: Desk) -> dict[str, pl.DataFrame]:
    """Return every canonical table but `baselines`, valid against its schema and with `row_id`.

    A record that two files of the desk hold is one row. In `sources`, `rows` counts the records kept for the bot, and
    `quarantined` those in quarantine that are the bot's or nobody's known: summed over the records of one file,
    records read = kept + in quarantine.

    Raises
    ------
    InputError
        A file or a pattern of desk.toml cannot be read; the message names it. A record that cannot be read raises
        nothing, it is in `quarantine`.
    """
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES if name not in RECORDED}
    for source in source_files(desk):
        haul = _READERS[source.kind](source)
        for name, frame in (haul.frames | {"quarantine": haul.quarantine, "sources": _sources(source, haul)}).items():
            ignore = ("row_id", "record") if name in _BY_PATH else ("path", "row_id", "record", "line", "arrived_at")
            parts[name].append(frame.with_columns(digest_rows(frame, ignore=ignore)))
    return {name: _table(name, frames) for name, frames in parts.items()}


def _table(name: str, frames: list[pl.DataFrame]) -> pl.DataFrame:
    schema = TABLES[name]
    rows = [frame.select(schema.column_names()) for frame in frames if frame.height]
    whole = pl.concat([schema.create_empty(), *rows]).unique("row_id", keep="first", maintain_order=True)
    return schema.validate(whole)


def _sources(source: SourceFile, haul: Haul) -> pl.DataFrame:
    """Return one row for each bot that lists the file or is in it."""
    listing = {bot.name for bot in source.bots}
    owners = haul.quarantine["bot"]
    rows = []
    for bot in sorted(listing | set(haul.kept) | (set(haul.derived) & source.known)):
        unnamed = bot in haul.notes
        undated = UNDATED if source.kind in _PHOTOGRAPHS and haul.exported_at is None else None
        rows.append(
            {
                "bot": bot,
                "leg": source.leg,
                "kind": source.kind,
                "path": source.path,
                "sha256": source.sha256,
                "bytes": source.size,
                "rows": haul.kept[bot],
                "quarantined": (owners == bot).sum() + (owners.null_count() if bot in listing else 0),
                # An export that does not speak of the bot is no dated evidence about it.
                "exported_at": None if unnamed else haul.exported_at,
                "visible_at": None if unnamed else haul.exported_at,
                "derived": bot in haul.derived,
                "note": haul.derived.get(bot) or haul.notes.get(bot) or undated,
            }
        )
    schema = {name: dtype for name, dtype in TABLES["sources"].create_empty().schema.items() if name != "row_id"}
    return pl.DataFrame(rows, schema=schema)
