"""What the venue says the positions of an account are worth, beside what the bots' own mids say.

A bot whose price feed stands still values itself by it; the venue does not, and liquidates by its own mark.
"""

import polars as pl

from deskgate.accounting.amounts import held_at
from deskgate.case.case import Case, per_case
from deskgate.case.venue_rows import venue_rows
from deskgate.config.bot import Bot
from deskgate.portfolio.readings import BotReadings, readings
from deskgate.reconciliation.accounts.hedged import account_positions
from deskgate.reconciliation.accounts.shared import members

__all__ = ["valuation_gap"]


def valuation_gap(case: Case, bot: Bot) -> tuple[float | None, int, str]:
    """Return by how much the two values of an account's positions differ over the last 24 h, as a share of its equity.

    The venue's is its quantity at its mark, ours the quantity of the agreed fills at the mid then.

    Returns
    -------
    tuple
        The largest difference of one snapshot, without sign, over the equity at the day's start (None where that or a price
        is not known); the number of snapshots; and in words which one, or what is missing.
    """
    found = readings(case)[bot.name]
    if isinstance(found, str):
        return None, 0, found
    opened = bot.opening.at if bot.opening else case.start
    rows = _positions(case).filter(pl.col("bot") == bot.name, pl.col("ts") >= opened)
    snapshots = rows["ts"].unique().sort()
    if snapshots.is_empty():
        return None, 0, f"no snapshot of the account of {bot.name} is of the 24 h before {case.end:%Y-%m-%d %H:%M} UTC"
    unmarked = rows.filter(pl.col("quantity") != 0, pl.col("mark_price").is_null())
    # The venue's positions are those of all bots on the account.
    ours = pl.concat([held_at(case, case.desk.bots[each], snapshots) for each in members(case, bot.name)])
    unpriced = ours.filter(pl.col("value").is_null())
    for lacking, name, what in ((unmarked, "pair", "mark of the venue"), (unpriced, "market", "mid of the bot's")):
        if lacking.height:
            row = lacking.sort("ts", name).row(0, named=True)
            when = f"{row['ts']:%Y-%m-%d %H:%M} UTC"
            return None, snapshots.len(), f"{bot.name} held {row[name]} at {when}, of which there is no {what}"
    theirs = pl.col("quantity").cast(pl.Float64) * pl.col("mark_price").cast(pl.Float64).fill_null(0.0)
    sums = (
        rows.sort("ts", "pair")
        .group_by("ts", maintain_order=True)
        .agg(venue=theirs.sum())
        .join(ours.group_by("ts", maintain_order=True).agg(own=pl.col("value").cast(pl.Float64).sum()), on="ts")
        .with_columns(gap=pl.col("venue") - pl.col("own"))
    )
    worst = sums.sort(pl.col("gap").abs(), descending=True, maintain_order=True).row(0, named=True)
    note = (
        f"at {worst['ts']:%Y-%m-%d %H:%M} UTC the positions are worth {worst['venue']:+,.2f} {case.desk.quote} to the venue and"
        f" {worst['own']:+,.2f} by the agreed fills and mids"
    )
    return abs(worst["gap"]) / _equity(found, case), snapshots.len(), note


def _equity(found: BotReadings, case: Case) -> float:
    equity = float(found.worth.filter(pl.col("ts") >= case.start)["equity"][0])
    return equity if equity > 0 else float("nan")


@per_case
def _positions(case: Case) -> pl.DataFrame:
    """Return the venue's positions at the snapshots of the last 24 h; of two files of one instant, those with a mark first.

    Of a day that is over these are the day's; early in a day the account was last seen the day before.
    """
    return (
        venue_rows(case, account_positions(case))
        .filter(case.in_last_24h())
        .sort("bot", "pair", "ts", pl.col("mark_price").is_null(), "path")
        .unique(["bot", "pair", "ts"], keep="first", maintain_order=True)
    )
