"""The minute records in which a controller states its figures, and which figures it states at all."""

from datetime import timedelta
from typing import NamedTuple

import polars as pl

from deskgate.case.baselines import in_force
from deskgate.case.case import RECENT, Case, per_case
from deskgate.case.findings import Metric
from deskgate.case.markets import judged
from deskgate.checks.soak.controllers import FOLDER, controller_of, pair_of
from deskgate.config.bot import Bot

__all__ = ["FIGURES", "Figure", "lacks", "minute_records", "recorded", "recorded_share"]

# The column of each figure.
FIGURES = {
    "position_base_off": "position_base",
    "equity_change_off": "equity_quote",
    "realized_pnl_off": "realized_pnl_today_quote",
    "own_daily_loss": "daily_loss_pct",
    "own_drawdown": "drawdown_pct",
    "own_position_drift": "position_drift_share",
    "own_margin_ratio": "margin_ratio",
    "book_stale_min": "order_book_stale",
    "ws_reconnects": "ws_reconnect_count",
}
# The record before the day that a count goes on from is no older.
_BEFORE = timedelta(hours=1)


class Figure(NamedTuple):
    """A measured figure of a controller, and the share of its records of the day that could be judged by it."""

    metric: Metric
    judged: float


@per_case
def minute_records(case: Case) -> pl.DataFrame:
    """Return the minute records of the day and of the hour before: as `Snapshots`, with folder, controller and in_day; sorted."""
    rows = judged(case, "snapshots", pl.col("ts").is_between(case.start - _BEFORE, case.end, closed="left"))
    named = rows.sort("ts", "row_id").with_columns(pair_of(), controller_of(), folder=FOLDER, in_day=case.in_day())
    return named.sort("controller", "ts", "row_id")


@per_case
def recorded(case: Case) -> dict[tuple[str, str], set[str]]:
    """Return which figures each controller has recorded since the frozen baseline, or ever where there is none.

    Who changes what a controller records changes the configuration, and freezes anew; time alone makes no figure optional.

    Returns
    -------
    dict
        (bot, folder) -> columns of `FIGURES` that any of its records up to the day's end has.
    """
    frozen = in_force(case.frames["baselines"])
    rows = case.lazy("snapshots").filter(pl.col("ts") < case.end)
    if frozen:
        rows = rows.filter(pl.col("ts") >= min(frozen.effective_at, case.start))
    recent = pl.col("ts") >= case.start - RECENT
    found = _columns_of(rows.filter(recent), list(FIGURES.values()))
    # Older records are looked at only for what recent ones lack: most desks have nothing of that.
    if lacking := [name for name in FIGURES.values() if any(name not in has for has in found.values())]:
        for key, has in _columns_of(rows.filter(~recent), lacking).items():
            found.setdefault(key, set()).update(has)
    return found


def _columns_of(rows: pl.LazyFrame, columns: list[str]) -> dict[tuple[str, str], set[str]]:
    there = rows.group_by("bot", folder=FOLDER).agg(pl.col(columns).is_not_null().any()).collect()
    return {(row["bot"], row["folder"]): {name for name in columns if row[name]} for row in there.iter_rows(named=True)}


def recorded_share(case: Case, rows: pl.DataFrame, column: str) -> float:
    """Return the share of a bot's records of the day that have a figure; of the controllers that record it the least."""
    recording = {folder for (_, folder), has in recorded(case).items() if column in has}
    mine = rows.filter("in_day", pl.col("folder").is_in(recording))
    shares = mine.group_by("controller").agg(share=pl.col(column).is_not_null().mean())
    return float(shares["share"].sort()[0])


def lacks(bot: Bot, column: str) -> str:
    """Return why a figure has no value where no record of the day has it."""
    return f"minute.csv of {bot.name} has no {column}"
