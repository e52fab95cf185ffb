"""Inventory and the controller's own counters: are a bot's own figures consistent?

No venue is involved here. A counter that disagrees with the rows it counts, a fee that was taken back, or an account that
became another one within a day makes every figure of that controller worthless, whatever else looks fine.
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.config.connectors import is_of_contracts
from deskgate.config.plural import count_of

__all__ = ["METRICS", "check"]

METRICS = tuple(
    MetricSpec(name, unit, EVERY_BOT, doc)
    for name, unit, doc in (
        (
            "base_off_target",
            "share",
            "Distance of the last base share from its target; of several controllers the largest.",
        ),
        (
            "fills_count_off",
            "fills",
            "Difference between the controller's fill counter and the fills of the bot's own records.",
        ),
        ("fees_decreases", "records", "Minute records of the day with lower fees than the record before."),
        ("turnover_without_fees", "records", "Minute records of the day with turnover and no fees."),
        (
            "base_pct_outside",
            "records",
            "Minute records of the day with an impossible base share: below 0 (contracts: -1), above 1.",
        ),
        ("equity_not_positive", "records", "Minute records of the day with equity of 0 or less."),
        ("connector_changes", "records", "Minute records of the day with another venue than the record before."),
        ("connector_foreign", "records", "Minute records of the day with another venue than desk.toml's."),
        (
            "minutes_complete_share",
            "share",
            "Share of the day's minute records with equity, base share and venue; of the three the least.",
        ),
    )
)
# The columns without which the checks of the account have nothing to look at.
REQUIRED = ("equity_quote", "base_pct", "connector")


def check(case: Case) -> Findings:
    """Measure the day's minute records of every judged bot.

    Returns
    -------
    Findings
        Per bot: `base_off_target` (the base share of the last record, away from its target; of several controllers the
        furthest), `fills_count_off` (the last `fills_count_today` against the fills of the bot's own record until then,
        by pair), and how many records of the day have
        fees below the record before (`fees_decreases`), turnover but no fees (`turnover_without_fees`), a base share that
        cannot be (`base_pct_outside`: beyond 0 and 1, for contracts -1 and 1), or equity of 0 or less
        (`equity_not_positive`); `connector_changes` counts how often the venue became another, `connector_foreign` the
        records of another venue than the one that desk.toml names.
    """
    today = case.lazy("snapshots").filter(case.in_day()).sort("bot", "ts", "row_id").collect()
    mine = {str(bot): rows for (bot,), rows in today.partition_by("bot", as_dict=True).items()}
    return Findings([metric for bot in case.desk.judged for metric in _of(case, bot.name, mine.get(bot.name))])


def _of(case: Case, bot: str, rows: pl.DataFrame | None) -> list[Metric]:
    if rows is None:
        why = f"{bot} has no minute record of {case.day}, so nothing says what it held"
        return [Metric(bot, spec.name, None, 0, why) for spec in METRICS]
    # Each controller of a bot has a folder of its own for its records, and a pair.
    folder = pl.col("path").str.replace(r"[^/]*$", "")
    pair = pl.coalesce("pair", pl.col("pair").drop_nulls().first().over(folder))
    rows = rows.with_columns(_of=pl.struct(folder, pair))
    lowest = -1 if is_of_contracts(case.desk.bots[bot].connector) else 0
    fees, venue = pl.col("fees_paid_today_quote"), pl.col("connector")
    counts = {
        "fees_decreases": fees < _before("fees_paid_today_quote"),
        "turnover_without_fees": (pl.col("turnover_x") > 0) & (fees == 0),
        "base_pct_outside": ~pl.col("base_pct").is_between(lowest, 1),
        "equity_not_positive": pl.col("equity_quote") <= 0,
        "connector_changes": venue != _before("connector"),
        "connector_foreign": ~venue.is_in(case.desk.bots[bot].connectors),
    }
    return [
        _off_target(bot, rows),
        _count_off(case, bot, rows),
        *[_count(bot, name, rows, wrong) for name, wrong in counts.items()],
        _complete(bot, rows),
    ]


def _complete(bot: str, rows: pl.DataFrame) -> Metric:
    """Return the share of records that have the column of `REQUIRED` that is missing most often."""
    share, column = min((1 - rows[column].null_count() / rows.height, column) for column in REQUIRED)
    return Metric(
        bot, "minutes_complete_share", share, rows.height, f"{column} is missing most often" if share < 1 else None
    )


def _before(column: str) -> pl.Expr:
    """Return the value of the record before, of the same controller."""
    return pl.col(column).shift(1).over("_of")


def _count(bot: str, name: str, rows: pl.DataFrame, wrong: pl.Expr) -> Metric:
    columns = sorted(set(wrong.meta.root_names()) - {"_of"})
    known = rows.drop_nulls(columns)
    if known.is_empty():
        return Metric(bot, name, None, 0, _lacks(bot, columns))
    # Of a change nothing is known from one record alone.
    compared = known.with_columns(wrong=wrong).drop_nulls("wrong")
    if compared.is_empty():
        return Metric(
            bot, name, None, 0, f"no minute record of {bot} of the day has another one of its controller before it"
        )
    found = compared.filter("wrong")
    unknown = rows.height - known.height
    note = (
        f"the first at {found['ts'][0]:%H:%M} UTC" if found.height else None,
        f"{unknown} of {count_of(rows.height, 'record has', 'records have')} no {' and '.join(columns)}"
        if unknown
        else None,
    )
    return Metric(bot, name, float(found.height), known.height, "; ".join(filter(None, note)) or None)


def _off_target(bot: str, rows: pl.DataFrame) -> Metric:
    last = rows.drop_nulls(["base_pct", "target_base_pct"]).unique("_of", keep="last", maintain_order=True)
    return _worst(
        bot,
        "base_off_target",
        ["base_pct", "target_base_pct"],
        last,
        lambda row: (
            abs(float(row["base_pct"] - row["target_base_pct"])),
            f"{float(row['base_pct']):.3g} where the target is {float(row['target_base_pct']):.3g}",
        ),
    )


def _count_off(case: Case, bot: str, rows: pl.DataFrame) -> Metric:
    own = case.of_day(case.fills.filter((pl.col("bot") == bot) & (pl.col("leg") == "local")))
    last = rows.drop_nulls("fills_count_today").unique("_of", keep="last", maintain_order=True)
    # A record has no controller's name, so those of one pair are counted together.
    pairs = last.group_by("pair", maintain_order=True).agg(pl.col("fills_count_today").sum(), pl.col("ts").max())

    def off(row: Mapping[str, Any]) -> tuple[float, str]:
        mine = own if row["pair"] is None else own.filter(pl.col("pair") == row["pair"])
        there, counted = mine.filter(pl.col("ts") <= row["ts"]).height, row["fills_count_today"]
        return abs(float(counted - there)), f"it counts {counted}, its own record has {there}"

    return _worst(bot, "fills_count_off", ["fills_count_today"], pairs, off)


def _worst(
    bot: str,
    name: str,
    columns: list[str],
    last: pl.DataFrame,
    value: Callable[[Mapping[str, Any]], tuple[float, str]],
) -> Metric:
    if last.is_empty():
        return Metric(bot, name, None, 0, _lacks(bot, columns))
    (off, explanation), row = max(
        ((value(row), row) for row in last.iter_rows(named=True)), key=lambda each: each[0][0]
    )
    return Metric(bot, name, off, last.height, f"{explanation}, at {row['ts']:%H:%M} UTC")


def _lacks(bot: str, columns: list[str]) -> str:
    return f"minute.csv of {bot} has no {' and no '.join(columns)}"
