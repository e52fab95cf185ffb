"""A raw file -> canonical frames, by its kind's own module, nothing written.

Reading decides no gate: what is wrong with a record goes to quarantine, what is wrong with a file is an error that
names it, and what is not there is simply not in the frames.
"""

from collections.abc import Callable, Mapping

import polars as pl

from deskgate.schema import TABLES
from deskgate.sources.ccxt.account import UNDATED, read_account_snapshot, read_balance, read_positions
from deskgate.sources.ccxt.history import read_funding_history, read_my_trades, read_orders, read_transfers
from deskgate.sources.control_plane.controller_csv import (
    read_controller_daily,
    read_controller_fills,
    read_controller_minutes,
)
from deskgate.sources.hummingbot.database import read_hummingbot_db
from deskgate.sources.records import Haul, SourceFile

__all__ = ["describe_source", "read_source"]

_READERS: dict[str, Callable[[SourceFile], Haul]] = {
    "hummingbot_db": read_hummingbot_db,
    "controller_minutes": read_controller_minutes,
    "controller_fills": read_controller_fills,
    "controller_daily": read_controller_daily,
    "my_trades": read_my_trades,
    "closed_orders": read_orders,
    "canceled_orders": read_orders,
    "open_orders": read_orders,
    "funding_history": read_funding_history,
    "transfers": read_transfers,
    "positions": read_positions,
    "balance": read_balance,
    "account_snapshot": read_account_snapshot,
}
_PHOTOGRAPHS = {"positions", "balance", "account_snapshot"}


def read_source(source: SourceFile) -> Haul:
    """Return what a whole file says.

    Raises
    ------
    InputError
        The file cannot be read; the message names it. A record that cannot be read raises nothing, it is in
        `quarantine`.
    """
    return _READERS[source.kind](source)


def describe_source(
    source: SourceFile,
    haul: Haul,
    *,
    kept: Mapping[str, int],
    quarantined: Mapping[str | None, int],
    sha256: str,
    size: int,
    unfinished: int = 0,
) -> pl.DataFrame:
    """Return the rows of `Sources` for a file: one for each bot that lists it or is in it.

    Parameters
    ----------
    source, haul
        The file and what its last reading gave.
    kept, quarantined
        How many of its records each bot keeps and has in quarantine; None: nobody's known, counted with all that list
        the file.
    sha256, size
        Of the content so far.
    unfinished
        Bytes of a last line that has no end yet: a record that cannot be read.
    """
    listing = {bot.name for bot in source.bots}
    torn = f"its last line is not finished ({unfinished:,} bytes so far)" if unfinished else None
    rows = []
    for bot in sorted(listing | set(kept) | (set(haul.derived) & source.known)):
        unnamed = bot in haul.notes
        undated = UNDATED if source.kind in _PHOTOGRAPHS and haul.exported_at is None else None
        rows.append(
            {
                "bot": bot,
                "leg": source.leg,
                "kind": source.kind,
                "path": source.path,
                "sha256": sha256,
                "bytes": size,
                "rows": kept.get(bot, 0),
                "quarantined": quarantined.get(bot, 0)
                + (quarantined.get(None, 0) + bool(unfinished) if bot in listing else 0),
                # An export that does not speak of the bot is no dated evidence about it.
                "exported_at": None if unnamed else haul.exported_at,
                "visible_at": None if unnamed else haul.exported_at,
                "derived": bot in haul.derived,
                "note": haul.derived.get(bot) or haul.notes.get(bot) or undated or torn,
            }
        )
    schema = {name: dtype for name, dtype in TABLES["sources"].create_empty().schema.items() if name != "row_id"}
    return pl.DataFrame(rows, schema=schema)
