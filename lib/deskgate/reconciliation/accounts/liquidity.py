"""Liquidity operations of a bot's account: they move its balances, and no record says exactly by how much.

So from the first one after the opening on, an account cannot be rolled forward: what it should hold is not known.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.values import openings
from deskgate.config.plural import plural
from deskgate.reconciliation.accounts.shared import as_account

__all__ = ["before_operations", "blocks", "operations"]


@per_case
def operations(case: Case) -> pl.DataFrame:
    """Return the operations that moved tokens up to the day's end, each once: bot, order_id, ts (its first record's).

    An operation is recorded by its order, its fill and its event; they share the order's id.
    """
    names = [bot.name for bot in case.desk.judged]
    known = case.lazy("liquidity_operations").filter("moved", pl.col("bot").is_in(names), pl.col("ts") < case.end)
    key = pl.coalesce("order_id", "transaction", "row_id")
    return known.group_by("bot", order_id=key).agg(ts=pl.col("ts").min()).sort("bot", "ts", "order_id").collect()


def blocks(case: Case, bot: str) -> str | None:
    """Return why this bot's account cannot be rolled forward, None where it made no operation since its opening."""
    since = _since_opening(case).filter(pl.col("bot") == bot)
    if since.is_empty():
        return None
    count = f"{since.height} liquidity {plural(since.height, 'operation')}"
    return (
        f"{bot} made {count} since its opening, the first at {since['ts'][0]:%Y-%m-%d %H:%M}"
        " UTC; they move its account and are not judged, so set an opening after them"
    )


def before_operations(case: Case, drifts: pl.DataFrame) -> pl.DataFrame:
    """Return the drifts of accounts that can be rolled forward to them: none after an operation since the opening."""
    first = as_account(case, _since_opening(case)).group_by("bot").agg(operated=pl.col("ts").min())
    kept = drifts.join(first, on="bot", how="left", maintain_order="left")
    return kept.filter((pl.col("ts") < pl.col("operated")).fill_null(value=True)).select(drifts.columns)


def _since_opening(case: Case) -> pl.DataFrame:
    since = operations(case).join(openings(case), on="bot", how="left", maintain_order="left")
    return since.filter((pl.col("ts") >= pl.col("opened")).fill_null(value=True))
