"""Position, equity and realised PnL of a controller, against those of opening, agreed fills, mids and transfers."""

from typing import Any

import polars as pl

from deskgate.accounting.amounts import amounts_at, held_at, opened_with, unvaluable
from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.checks.own_figures.minutes import lacks
from deskgate.config.bot import Bot
from deskgate.portfolio.readings import lasting
from deskgate.reconciliation.accounts.balances import account_transfers

__all__ = ["compared"]


def compared(case: Case, bot: Bot, rows: pl.DataFrame) -> list[Metric]:
    """Compare position, equity and realised PnL with the account's, a minute each."""
    names = ("position_base_off", "equity_change_off", "realized_pnl_off")
    if why := unvaluable(case, bot):
        return [Metric(bot.name, name, None, 0, why) for name in names]
    opened = bot.opening.at if bot.opening else case.start
    rows = rows.filter(pl.col("ts") >= opened)
    if rows.filter("in_day").is_empty():
        why = f"{bot.name} opens after its last minute record of {case.day}"
        return [Metric(bot.name, name, None, 0, why) for name in names]
    minutes = rows.with_columns(ts=pl.col("ts").max().over(pl.col("ts").dt.truncate("1m")))
    at = minutes["ts"].unique().sort()
    worth = _worth(case, bot, at)
    return [
        _position(case, bot, minutes, at, worth),
        _equity(case, bot, minutes, worth),
        _realized(case, bot, minutes, worth),
    ]


def _worth(case: Case, bot: Bot, at: pl.Series) -> pl.DataFrame:
    """Return what the account is worth at each instant: ts, pnl, moved (transfers since the opening), equity, realized."""
    transfers = account_transfers(case).filter(pl.col("bot") == bot.name).sort("ts")
    moved = transfers.select("ts", moved=pl.col("amount").cum_sum().cast(pl.Float64)).unique(
        "ts", keep="last", maintain_order=True
    )
    rows = amounts_at(case, bot, at).join_asof(moved, on="ts", strategy="backward", check_sortedness=False)
    pnl, shifted = pl.col("pnl_quote").cast(pl.Float64), pl.col("moved").fill_null(0.0)
    return rows.select(
        "ts",
        pnl=pnl,
        moved=shifted,
        realized=pl.col("realized_quote").cast(pl.Float64),
        equity=float(opened_with(case, bot)) + pnl + shifted,
    )


def _position(case: Case, bot: Bot, minutes: pl.DataFrame, at: pl.Series, worth: pl.DataFrame) -> Metric:
    held = (
        held_at(case, bot, at)
        .group_by("ts", "market")
        .agg(ours=pl.col("position").sum().cast(pl.Float64), mid=pl.col("mid").first().cast(pl.Float64))
    )
    theirs = _of_all(minutes, "position_base", "ts", "pair")
    both = theirs.join(held, left_on=["ts", "pair"], right_on=["ts", "market"], how="left").join(worth, on="ts")
    mid = pl.coalesce("mid", "own_mid")
    return _most(
        case,
        bot,
        "position_base_off",
        "position_base",
        both.with_columns(off=_off(pl.col("ours").fill_null(0.0)) * mid),
        "pair",
    )


def _equity(case: Case, bot: Bot, minutes: pl.DataFrame, worth: pl.DataFrame) -> Metric:
    """Return how far the change of equity is off; a controller may count transfers, or the capital that it was given."""
    first = pl.col("equity_quote").drop_nulls().first().over("controller")
    day = minutes.with_columns(change=pl.col("equity_quote") - first)
    begins = minutes.group_by("controller").agg(pl.col("ts").min())["ts"].max()
    theirs = _of_all(day, "change", "ts")
    since = worth.filter(pl.col("ts") <= begins).tail(1)
    pnl, moved = (pl.col(name) - since[name][0] for name in ("pnl", "moved"))
    both = theirs.join(worth, on="ts").with_columns(off=pl.min_horizontal(_off(pnl), _off(pnl + moved)))
    return _most(case, bot, "equity_change_off", "equity_quote", both)


def _realized(case: Case, bot: Bot, minutes: pl.DataFrame, worth: pl.DataFrame) -> Metric:
    theirs = _of_all(minutes.filter("in_day"), "realized_pnl_today_quote", "ts")
    opened = bot.opening.at if bot.opening else case.start
    morning = amounts_at(case, bot, pl.Series("ts", [max(case.start, opened)], dtype=worth.schema["ts"]))
    both = theirs.join(worth, on="ts").with_columns(off=_off(pl.col("realized") - float(morning["realized_quote"][0])))
    return _most(case, bot, "realized_pnl_off", "realized_pnl_today_quote", both)


def _of_all(minutes: pl.DataFrame, column: str, *by: str) -> pl.DataFrame:
    """Return a figure of all controllers at each instant: their sum, the least and the most of them, their mid."""
    value = pl.col(column).cast(pl.Float64)
    return (
        minutes.drop_nulls(column)
        .unique(["controller", "ts"], keep="last", maintain_order=True)
        .group_by(*by, maintain_order=True)
        .agg(
            sum=value.sum(),
            low=value.min(),
            high=value.max(),
            own_mid=pl.col("mid").last().cast(pl.Float64),
            in_day=pl.col("in_day").last(),
        )
        .sort(*by)
    )


def _off(ours: pl.Expr) -> pl.Expr:
    """Return how far a figure is off ours: of several controllers each may mean its own part, or the whole account."""
    each = pl.max_horizontal((pl.col("low") - ours).abs(), (pl.col("high") - ours).abs())
    return pl.min_horizontal((pl.col("sum") - ours).abs(), each)


def _most(case: Case, bot: Bot, name: str, column: str, both: pl.DataFrame, *by: str) -> Metric:
    known = both.filter("in_day").drop_nulls(["off", "equity"])
    if both.filter("in_day").is_empty():
        return Metric(bot.name, name, None, 0, lacks(bot, column))
    if known.is_empty():
        return Metric(bot.name, name, None, 0, f"no mid values what {bot.name} holds at the time of its minute records")
    if known.filter(pl.col("equity") <= 0).height:
        return Metric(bot.name, name, None, 0, f"{bot.name} has no equity left to compare its figures with")
    share = known.with_columns(share=pl.col("off") / pl.col("equity"))
    found: list[tuple[float, Any]] = []
    for mine in share.partition_by(*by, maintain_order=True) if by else [share]:
        values = lasting(mine["share"], case.risk.consecutive)
        place = values.arg_max() or 0
        found.append((float(values[place]), mine["ts"][place]))
    value, at = max(found)
    return Metric(bot.name, name, value, known.height, f"{column}, at {at:%H:%M} UTC" if value else None)
