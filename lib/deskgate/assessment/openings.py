"""The openings that desk.toml leaves to the accounts' first snapshots, from a store at pinned commits."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import polars as pl

from deskgate.assessment.artifacts import DayInputs
from deskgate.case.case import Case
from deskgate.case.frames import StoredFrames
from deskgate.config.bot import Bot
from deskgate.config.desk import Desk
from deskgate.reconciliation.accounts.first_snapshot import (
    SNAPSHOT_SPREAD,
    account_exports,
    opened_by_snapshots,
    tables_of,
)
from deskgate.schema import TABLES
from deskgate.store.tables import Store

__all__ = ["with_openings"]

_BOUNDED = ("balances", "positions", "fills", "funding")


def with_openings(desk: Desk, store: Store, inputs: DayInputs) -> Desk:
    """Return the desk with the opening of each bot that opens at its account's first snapshot, where the store has one.

    Read is what lies up to a minute after the accounts' first exports.
    """
    bots = [bot for bot in desk.judged if bot.opens_at_first_snapshot]
    if not bots:
        return desk
    versions, as_of = inputs.store.versions, inputs.as_of
    scan = partial(store.lazy, versions=versions, as_of=as_of)
    until = max(filter(None, (_first(scan, bot) for bot in bots)), default=as_of) + SNAPSHOT_SPREAD

    def read(name: str) -> pl.DataFrame:
        if name in _BOUNDED:
            return scan(name).filter(pl.col("ts") <= until).sort("ts", "row_id").collect()
        return store.read(versions, as_of, (name,))[name]

    frames = StoredFrames(tuple(TABLES), read=read, scan=lambda name: read(name).lazy())
    return opened_by_snapshots(
        Case(desk, inputs.date, as_of, frames, inputs.config, inputs.intervals, inputs.risk, inputs.policy)
    )


def _first(scan: Callable[[str], pl.LazyFrame], bot: Bot) -> datetime | None:
    """Return the instant of the first export of a bot's account."""
    mine = (pl.col("bot") == bot.name) & (pl.col("leg") == "exchange")
    dated = [scan(table).filter(mine).select(pl.col("ts").min()) for table in tables_of(bot)]
    dated.append(scan("sources").filter(account_exports(bot)).select(ts=pl.col("exported_at").min()))
    found = pl.concat(pl.collect_all(dated))["ts"].min()
    return found if isinstance(found, datetime) else None
