"""The openings that desk.toml leaves to the accounts' first snapshots, from a store at pinned commits."""

from functools import partial

import polars as pl

from deskgate.assessment.artifacts import DayInputs
from deskgate.case.case import Case
from deskgate.case.frames import StoredFrames
from deskgate.config.desk import Desk
from deskgate.reconciliation.accounts.first_snapshot import SEARCHED_FOR, opened_by_snapshots
from deskgate.schema import TABLES
from deskgate.store.tables import Store

__all__ = ["with_openings"]

_OF_ACCOUNTS = ("balances", "positions")
_BOUNDED = (*_OF_ACCOUNTS, "fills", "funding")


def with_openings(desk: Desk, store: Store, inputs: DayInputs) -> Desk:
    """Return the desk with the opening of each bot that opens at its account's first snapshot, where the store has one.

    Read is what lies up to a week after the accounts' first exports: that does not grow with the history.
    """
    names = [bot.name for bot in desk.judged if bot.opens_at_first_snapshot]
    if not names:
        return desk
    versions, as_of = inputs.store.versions, inputs.as_of
    scan = partial(store.lazy, versions=versions, as_of=as_of)
    mine = pl.col("bot").is_in(names) & (pl.col("leg") == "exchange")
    firsts = [scan(table).filter(mine).group_by("bot").agg(pl.col("ts").min()).collect() for table in _OF_ACCOUNTS]
    since = pl.concat(firsts)["ts"].max()
    if since is None:
        return desk
    until = pl.lit(since) + SEARCHED_FOR

    def read(name: str) -> pl.DataFrame:
        if name in _BOUNDED:
            return scan(name).filter(pl.col("ts") <= until).sort("ts", "row_id").collect()
        return store.read(versions, as_of, (name,))[name]

    frames = StoredFrames(tuple(TABLES), read=read, scan=lambda name: read(name).lazy())
    return opened_by_snapshots(
        Case(desk, inputs.date, as_of, frames, inputs.config, inputs.intervals, inputs.risk, inputs.policy)
    )
