"""Readings: what each bot of the book is worth and holds, every minute of the soak, and the book over all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from deskgate.accounting.amounts import amounts_at, held_at, opened_with, unvaluable
from deskgate.accounting.day_pnl import unmarked
from deskgate.case.baselines import soak_start
from deskgate.case.case import Case, per_case
from deskgate.config.bot import Bot
from deskgate.portfolio.assets import asset_of
from deskgate.portfolio.book import book
from deskgate.portfolio.worth_history import worth_history
from deskgate.reconciliation.accounts.transfers import account_transfers

__all__ = ["BotReadings", "every_reading", "lasting", "longest_unknown", "readings"]

EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class BotReadings:
    """What one bot is worth and holds, in quote.

    Readings are taken every minute since `since`, the soak's start or the opening if that is later, to the case's end. `worth` has
    a row for each, or for each since the cut of what is carried, and of a bot outside the book for each of the day: ts, pnl
    (since the first reading), moved (transfers since then), equity (transfers included); pnl and equity null where a held
    market has no mid young enough. `base` is the PnL at the first reading (null likewise). Of a bot of the book `earlier` are
    how many readings lie before `worth`, and `short` is the last of those with less equity than `funded` asks for. `held` has a row per minute of the day and position: ts, pair, asset, value (signed).
    """

    bot: str
    since: datetime
    worth: pl.DataFrame
    held: pl.DataFrame
    base: float | None
    earlier: int = 0
    short: datetime | None = None

    def last_short(self, equity: float) -> datetime | None:
        """Return the last reading with less than the equity that `funded` asks for; one that is not known has less."""
        rows = self.worth.filter((pl.col("equity") < equity).fill_null(value=True))
        return rows["ts"][-1] if rows.height else self.short


@per_case
def readings(case: Case) -> dict[str, BotReadings | str]:
    """Return the readings of every bot of the book by name, or why it has none."""
    return {bot.name: _since_the_cut(case, bot) for bot in book(case.desk)}


@per_case
def every_reading(case: Case) -> dict[str, BotReadings | str]:
    """Return the readings of every judged bot by name, or why it has none; of those outside the book `worth` is of the day alone."""
    of_book = readings(case)
    return {bot.name: of_book.get(bot.name) or _of_the_day(case, bot) for bot in case.desk.judged}


def _since_the_cut(case: Case, bot: Bot) -> BotReadings | str:
    """Return the readings of a bot of the book, or why it has none."""
    history, known = case.fill_history, worth_history(case)
    mine = known.bots.filter(pl.col("bot") == bot.name).rows(named=True) if known else []
    if history is None or not mine:
        return _readings(case, bot, _begin(case, bot))
    return _readings(case, bot, history.cut, mine[0])


def _of_the_day(case: Case, bot: Bot) -> BotReadings | str:
    return _readings(case, bot, max(_begin(case, bot), case.start))


def _begin(case: Case, bot: Bot) -> datetime:
    """Return when the readings of a bot begin."""
    return max(soak_start(case), bot.opening.at if bot.opening else case.start)


def _readings(case: Case, bot: Bot, since: datetime, before: Mapping[str, Any] | None = None) -> BotReadings | str:
    """Return the readings of one bot since an instant, or why it has none: it cannot be valued at all, at the day's start, or now.

    Parameters
    ----------
    before
        What is carried of its readings before that instant, a row of `WorthHistory.bots`.
    """
    if why := unvaluable(case, bot):
        return why
    first = _begin(case, bot)
    at = _minutes(since, case.end)
    amounts = amounts_at(case, bot, at)
    day = at.filter(at >= max(case.start, first))
    for border in (day[0], day[-1]):
        row = amounts.row(by_predicate=pl.col("ts") == border, named=True)
        if row["unmarked"]:
            return unmarked(bot, border, row["unmarked"])
    held = _exposures(held_at(case, bot, day))
    if before:
        worth = _worth(case, bot, amounts, first, before["base"])
        return BotReadings(bot.name, first, worth, held, before["base"], before["readings"], before["short"])
    opening = amounts if since == first else amounts_at(case, bot, pl.Series([first], dtype=at.dtype))
    base = _pnl_of(opening)[0]
    return BotReadings(bot.name, first, _worth(case, bot, amounts, first, base), held, base)


def _pnl_of(amounts: pl.DataFrame) -> pl.Series:
    return amounts["pnl_quote"].cast(pl.Float64)


def _minutes(since: datetime, until: datetime) -> pl.Series:
    """Return every full minute of a span, its two ends included."""
    inside = pl.datetime_range(since, until, EVERY, closed="both", eager=True, time_unit="us").dt.truncate("1m")
    ends = pl.Series([since, until], dtype=inside.dtype)
    return pl.concat([ends, inside.filter((inside > since) & (inside < until))]).unique().sort()


def _worth(case: Case, bot: Bot, amounts: pl.DataFrame, since: datetime, base: float | None) -> pl.DataFrame:
    """Return `BotReadings.worth` of a bot whose first reading is of `since` and had the PnL `base`."""
    mine = account_transfers(case).filter(pl.col("bot") == bot.name)
    before = float(mine.filter(pl.col("ts") < since)["amount"].sum())
    later = mine.filter(pl.col("ts") >= since).select("ts", moved=pl.col("amount").cum_sum().cast(pl.Float64))
    # A transfer of the instant itself is in the next reading, as a fill is.
    rows = amounts.select("ts", pnl_quote=_pnl_of(amounts)).join_asof(
        later.unique("ts", keep="last", maintain_order=True),
        on="ts",
        strategy="backward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    moved = pl.col("moved").fill_null(0.0)
    opened = float(opened_with(case, bot)) + before
    return rows.select(
        "ts",
        pnl=pl.col("pnl_quote") - pl.lit(base, pl.Float64),
        moved=moved,
        equity=opened + pl.col("pnl_quote") + moved,
    )


def _exposures(held: pl.DataFrame) -> pl.DataFrame:
    names = {market: asset_of(market) for market in held["market"].unique()}
    asset = pl.col("market").replace_strict(names, return_dtype=pl.String)
    return held.select("ts", "pair", asset=asset, value=pl.col("value").cast(pl.Float64))


def lasting(values: pl.Series, consecutive: int) -> pl.Series:
    """Return what lasted until each reading: the least of so many before and at it; null while there are not so many.

    Of fewer readings in all the last one has the least of them. A reading that is not known must be left out: it is no
    relief.
    """
    return values.rolling_min(min(consecutive, max(1, values.len())))


def longest_unknown(worth: pl.DataFrame, since: datetime) -> float:
    """Return the longest time in minutes over which readings since an instant have no equity."""
    rows = worth.filter(pl.col("ts") >= since).with_columns(unknown=pl.col("equity").is_null())
    runs = rows.group_by(pl.col("unknown").rle_id().alias("run"), maintain_order=True).agg(
        pl.col("unknown").first(), first=pl.col("ts").min()
    )
    ends = runs.with_columns(end=pl.col("first").shift(-1, fill_value=rows["ts"][-1])).filter("unknown")
    seconds = (ends["end"] - ends["first"]).dt.total_seconds().sort()
    return float(seconds[-1]) / 60 if seconds.len() else 0.0
