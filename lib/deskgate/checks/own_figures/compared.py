"""Position, equity and realised PnL of a controller, against those of opening, agreed fills, mids and transfers."""

from dataclasses import replace
from typing import Any

import polars as pl

from deskgate.accounting.amounts import (
    amounts_at,
    held_at,
    opened_with,
    realized_of_day_by_average,
    unvaluable,
)
from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.checks.own_figures.minutes import Figure, lacks, recorded_share
from deskgate.config.accounting import Accounting
from deskgate.config.bot import Bot
from deskgate.portfolio.readings import lasting
from deskgate.reconciliation.accounts.transfers import account_transfers

__all__ = ["compared"]


def compared(case: Case, bot: Bot, rows: pl.DataFrame) -> dict[str, Figure]:
    """Compare position, equity and realised PnL with the account's, a minute each; by name."""
    names = ("position_base_off", "equity_change_off", "realized_pnl_off")
    if why := unvaluable(case, bot):
        return {name: _unknown(bot, name, why) for name in names}
    opened = bot.opening.at if bot.opening else case.start
    rows = rows.filter(pl.col("ts") >= opened)
    if rows.filter("in_day").is_empty():
        why = f"{bot.name} opens after its last minute record of {case.day}"
        return {name: _unknown(bot, name, why) for name in names}
    minutes = rows.with_columns(ts=pl.col("ts").max().over(pl.col("ts").dt.truncate("1m")))
    at = minutes["ts"].unique().sort()
    worth = _worth(case, bot, at)
    found = (
        _position(case, bot, minutes, at, worth),
        _equity(case, bot, minutes, worth),
        _realized(case, bot, minutes, worth),
    )
    return dict(zip(names, found, strict=True))


def _worth(case: Case, bot: Bot, at: pl.Series) -> pl.DataFrame:
    """Return what the account is worth at each instant: ts, pnl, moved (transfers since the opening), equity."""
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
        equity=float(opened_with(case, bot)) + pnl + shifted,
    )


def _position(case: Case, bot: Bot, minutes: pl.DataFrame, at: pl.Series, worth: pl.DataFrame) -> Figure:
    """Return how far positions are off; of a market that is held and that no controller states it believes in none."""
    held = (
        held_at(case, bot, at)
        .group_by("ts", "market")
        .agg(ours=pl.col("position").sum().cast(pl.Float64), mid=pl.col("mid").first().cast(pl.Float64))
        .rename({"market": "pair"})
    )
    theirs = _of_all(minutes, "position_base", "ts", "pair")
    stated = theirs.join(held, on=["ts", "pair"], how="left")
    zero = {name: pl.lit(0.0) for name in ("sum", "low", "high")}
    unstated = held.join(theirs.select("pair").unique(), on="pair", how="anti").filter(pl.col("ours") != 0)
    days = minutes.select("ts", "in_day").unique("ts").join(unstated, on="ts").with_columns(**zero)
    both = pl.concat([stated, days], how="diagonal").join(worth, on="ts").sort("pair", "ts")
    off = _off(pl.col("ours").fill_null(0.0)) * pl.coalesce("mid", "own_mid")
    return _most(case, bot, "position_base_off", "position_base", minutes, both.with_columns(off=off), "pair")


def _equity(case: Case, bot: Bot, minutes: pl.DataFrame, worth: pl.DataFrame) -> Figure:
    """Return how far the change of equity is off; a controller may count transfers, or the capital that it was given.

    Each controller's change is since its own first record at which the account has a value, and is compared with the
    account's change since then; the sum of several with the account's change since the first of all these records.
    """
    equity = pl.col("equity_quote").cast(pl.Float64)
    stated = (
        minutes.drop_nulls("equity_quote")
        .unique(["controller", "ts"], keep="last", maintain_order=True)
        .join(worth.select("ts", "equity", ours="pnl", gained=pl.col("pnl") + pl.col("moved")), on="ts")
        .sort("ts", "controller")
    )
    known = stated.drop_nulls("ours")
    first = known.group_by("controller", maintain_order=True).agg(
        equity.first().alias("equity_0"), pl.col("ours", "gained").first().name.suffix("_0")
    )
    change = stated.join(first, on="controller", how="left").with_columns(change=equity - pl.col("equity_0"))
    offs = [_change_off(change, known, ours) for ours in ("ours", "gained")]
    best = pl.concat(offs).group_by("ts").agg(pl.col("off").min())
    both = change.unique("ts").select("ts", "in_day", "equity").join(best, on="ts").sort("ts")
    return _most(case, bot, "equity_change_off", "equity_quote", minutes, both)


def _change_off(change: pl.DataFrame, known: pl.DataFrame, ours: str) -> pl.DataFrame:
    """Return how far the changes of the controllers are off the account's at each instant: ts, off; null where one is not known."""
    since_own = pl.col(ours) - pl.col(f"{ours}_0")
    since_first = pl.col(ours) - (known[ours][0] if known.height else None)
    each = (pl.col("change") - since_own).abs()
    off = pl.min_horizontal((pl.col("change").sum() - since_first.first()).abs(), each.max())
    return change.group_by("ts").agg(off=pl.when(each.is_not_null().all()).then(off))


def _realized(case: Case, bot: Bot, minutes: pl.DataFrame, worth: pl.DataFrame) -> Figure:
    theirs = _of_all(minutes.filter("in_day"), "realized_pnl_today_quote", "ts")
    ours = realized_of_day_by_average(case, bot, theirs["ts"])
    both = theirs.join(worth, on="ts").join(ours, on="ts").sort("ts")
    off = both.with_columns(off=_off(pl.col("realized_quote").cast(pl.Float64)))
    return _by_average(case, _most(case, bot, "realized_pnl_off", "realized_pnl_today_quote", minutes, off))


def _by_average(case: Case, figure: Figure) -> Figure:
    """Return a figure whose note says that it is by average cost, where the desk books by another method."""
    if case.desk.accounting is Accounting.AVERAGE:
        return figure
    words = f"by average cost, as controllers count; the desk's own method is {case.desk.accounting.words}"
    note = "; ".join(filter(None, (figure.metric.note, words)))
    return figure._replace(metric=replace(figure.metric, note=note))


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


def _most(case: Case, bot: Bot, name: str, column: str, minutes: pl.DataFrame, both: pl.DataFrame, *by: str) -> Figure:
    day = both.filter("in_day")
    known = day.drop_nulls(["off", "equity"])
    if minutes.filter("in_day").drop_nulls(column).is_empty():
        return _unknown(bot, name, lacks(bot, column))
    if known.is_empty():
        return _unknown(bot, name, f"no mid values what {bot.name} holds at the time of its minute records")
    if known.filter(pl.col("equity") <= 0).height:
        return _unknown(bot, name, f"{bot.name} has no equity left to compare its figures with")
    share = known.with_columns(share=pl.col("off") / pl.col("equity"))
    found: list[tuple[float, Any, str]] = []
    for mine in share.partition_by(*by, maintain_order=True) if by else [share]:
        values = lasting(mine["share"], case.risk.consecutive)
        place = values.arg_max() or 0
        found.append((float(values[place]), mine["ts"][place], mine[by[0]][place] if by else ""))
    value, at, of = max(found)
    note = f"{column}{f' of {of}' if of else ''}, at {at:%H:%M} UTC" if value else None
    judged = min(recorded_share(case, minutes, column), known.height / day.height)
    return Figure(Metric(bot.name, name, value, known.height, note), judged)


def _unknown(bot: Bot, name: str, why: str) -> Figure:
    return Figure(Metric(bot.name, name, None, 0, why), 0.0)
