"""Inventory and the controller's own counters: does what a bot says of itself hold together?

No venue is asked here. A counter that disagrees with the rows it counts, a fee that was taken back, or an account that
became another one within a day makes every figure of that controller worthless, whatever else looks fine.
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from deskgate.checks.case import Case
from deskgate.checks.findings import Findings, Metric

__all__ = ["METRICS", "check"]

METRICS = (
    "base_off_target",
    "fills_count_off",
    "fees_decreases",
    "turnover_without_fees",
    "base_pct_outside",
    "equity_not_positive",
    "connector_changes",
    "connector_foreign",
)


def check(case: Case) -> Findings:
    """Measure the day's minute records of every judged bot.

    Returns
    -------
    Findings
        Per bot: `base_off_target` (the base share of the last record, away from its target), `fills_count_off` (the last
        `fills_count_today` against the fills of the bot's own record until then), and how many records of the day have
        fees below the record before (`fees_decreases`), turnover but no fees (`turnover_without_fees`), a base share that
        cannot be (`base_pct_outside`: beyond 0 and 1, for contracts -1 and 1), or equity of 0 or less
        (`equity_not_positive`); `connector_changes` counts how often the venue became another, `connector_foreign` the
        records of another venue than the one that desk.toml names.
    """
    today = case.of_day(case.frames["snapshots"]).sort("bot", "ts", "row_id")
    mine = {str(bot): rows for (bot,), rows in today.partition_by("bot", as_dict=True).items()}
    return Findings([metric for bot in case.desk.judged for metric in _of(case, bot.name, mine.get(bot.name))])


def _of(case: Case, bot: str, rows: pl.DataFrame | None) -> list[Metric]:
    if rows is None:
        why = f"{bot} has no minute record of {case.day}, so nothing says what it held"
        return [Metric(bot, name, None, 0, why) for name in METRICS]
    contracts = "perpetual" in case.desk.bots[bot].connector
    fees = pl.col("fees_paid_today_quote")
    counts = {
        "fees_decreases": fees < fees.shift(1),
        "turnover_without_fees": (pl.col("turnover_x") > 0) & (fees == 0),
        "base_pct_outside": ~pl.col("base_pct").is_between(-1 if contracts else 0, 1),
        "equity_not_positive": pl.col("equity_quote") <= 0,
        "connector_changes": pl.col("connector") != pl.col("connector").shift(1),
        "connector_foreign": pl.col("connector") != case.desk.bots[bot].connector,
    }
    return [
        _off_target(bot, rows),
        _count_off(case, bot, rows),
        *[_count(bot, name, rows, wrong) for name, wrong in counts.items()],
    ]


def _count(bot: str, name: str, rows: pl.DataFrame, wrong: pl.Expr) -> Metric:
    said = rows.select("ts", wrong=wrong).drop_nulls()
    if said.is_empty() and not (rows.height == 1 and name in ("fees_decreases", "connector_changes")):
        return Metric(bot, name, None, 0, f"the minute records of {bot} do not say it")
    found = said.filter("wrong")
    note = f"the first at {found['ts'][0]:%H:%M} UTC" if found.height else None
    return Metric(bot, name, float(found.height), rows.height, note)


def _off_target(bot: str, rows: pl.DataFrame) -> Metric:
    last = rows.drop_nulls(["base_pct", "target_base_pct"]).tail(1)
    return _measured(
        bot,
        "base_off_target",
        last,
        lambda row: (
            abs(float(row["base_pct"] - row["target_base_pct"])),
            f"{float(row['base_pct']):.3g} where the target is {float(row['target_base_pct']):.3g}",
        ),
    )


def _count_off(case: Case, bot: str, rows: pl.DataFrame) -> Metric:
    own = case.of_day(case.frames["fills"].filter((pl.col("bot") == bot) & (pl.col("leg") == "local")))

    def off(row: Mapping[str, Any]) -> tuple[float, str]:
        there, counted = own.filter(pl.col("ts") <= row["ts"]).height, row["fills_count_today"]
        return abs(float(counted - there)), f"it counts {counted}, its own record has {there}"

    return _measured(bot, "fills_count_off", rows.drop_nulls("fills_count_today").tail(1), off)


def _measured(
    bot: str, name: str, last: pl.DataFrame, value: Callable[[Mapping[str, Any]], tuple[float, str]]
) -> Metric:
    if last.is_empty():
        return Metric(bot, name, None, 0, f"the minute records of {bot} do not say it")
    row = last.row(0, named=True)
    off, said = value(row)
    return Metric(bot, name, off, 1, f"{said}, at {row['ts']:%H:%M} UTC")
