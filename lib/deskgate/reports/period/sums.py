"""What the days of a period add up to: by bot, market, day, hour and weekday.

Only what is known is summed, over as many days as it is known of, and that number stands beside each sum. Amounts of different
quotes and of different modes are never added to each other.
"""

from collections.abc import Sequence

import polars as pl

__all__ = ["MONEY", "PARTS", "WEEKDAYS", "by_bot", "by_day", "by_hour", "by_market", "by_weekday", "daily"]

PARTS = ("realized_quote", "unrealized_quote", "fees_quote", "funding_quote", "pnl_quote")
# What is one money: sums are within it.
MONEY = ("mode", "quote")
_AMOUNTS = ("turnover_quote", *PARTS)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def daily(split: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return the amounts of each day and key; one that is not known of one market of it is null.

    Parameters
    ----------
    split
        Rows of `pnl_split` with their `date`.

    Returns
    -------
    polars.DataFrame
        date, key, fills, the amounts, not_confirmed (fills that are in none of these), and because (the first reason why one is null); sorted by them.
    """
    whole = [_all_known(name).alias(name) for name in ("fills", *_AMOUNTS)]
    return (
        split.sort("date", *key, "pair")
        .group_by("date", *key, maintain_order=True)
        .agg(
            *whole,
            not_confirmed=_all_known("not_confirmed"),
            because=pl.col("because").drop_nulls().first(),
        )
    )


def by_bot(split: pl.DataFrame) -> pl.DataFrame:
    """Return what each bot earned in each money, see `_summed`; key: bot, mode, quote."""
    return _summed(daily(split, ["bot", *MONEY]), ["bot", *MONEY])


def by_market(split: pl.DataFrame) -> pl.DataFrame:
    """Return what each bot earned in each market, see `_summed`; key: bot, mode, pair, quote. Days without markets are not in it."""
    key = ["bot", "mode", "pair", "quote"]
    return _summed(daily(split.filter(pl.col("pair").is_not_null()), key), key)


def by_day(split: pl.DataFrame) -> pl.DataFrame:
    """Return what was earned on each day in each money.

    Returns
    -------
    polars.DataFrame
        mode, quote, date, bots, known (how many of them have a net PnL), fills, the amounts (of those that are known) and
        cumulated_quote (of what is known of the days so far); sorted by (mode, quote, date). A day on which none is known has null amounts.
    """
    rows = daily(split, ["bot", *MONEY])
    is_known = pl.col("pnl_quote").is_not_null()
    known = [_whole(name, is_known) for name in ("fills", *_AMOUNTS)]
    sums = rows.group_by(*MONEY, "date", maintain_order=True).agg(
        *known, bots=pl.len().cast(pl.Int64), known=is_known.sum().cast(pl.Int64)
    )
    return sums.sort(*MONEY, "date").with_columns(cumulated_quote=pl.col("pnl_quote").cum_sum().over(MONEY))


def by_hour(hours: pl.DataFrame) -> pl.DataFrame:
    """Return what was earned in each hour of the day in each money: mode, quote, hour (0 to 23), pnl_quote, turnover_quote, known, of.

    `known` of `of` hours of a market have a net PnL.

    Parameters
    ----------
    hours
        Rows of `pnl_by_hour`.
    """
    return _by_time(hours, pl.col("hour").dt.hour().cast(pl.Int64).alias("hour"))


def by_weekday(split: pl.DataFrame) -> pl.DataFrame:
    """Return what was earned on each weekday in each money: mode, quote, weekday (1: Monday), pnl_quote, turnover_quote, known, of (days of a bot)."""
    rows = daily(split, ["bot", *MONEY])
    return _by_time(rows, pl.col("date").dt.weekday().cast(pl.Int64).alias("weekday"))


def _by_time(rows: pl.DataFrame, when: pl.Expr) -> pl.DataFrame:
    name = when.meta.output_name()
    is_known = pl.col("pnl_quote").is_not_null()
    return (
        rows.with_columns(when)
        .sort(*MONEY, name, maintain_order=True)
        .group_by(*MONEY, name, maintain_order=True)
        .agg(
            *(_whole(of, is_known) for of in ("pnl_quote", "turnover_quote")),
            known=is_known.sum().cast(pl.Int64),
            of=pl.len().cast(pl.Int64),
        )
    )


def _summed(days: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Add up days: key, days (those with a net PnL; of what has none at all, those of which fills and fees are known), of (days on which it was judged), first, last, fills, the amounts, not_confirmed (of all days; null where it is not known of one), because.

    So the parts always add up to the net PnL beside them. `because` is the last reason why a day is missing.
    """
    net, gross = (
        pl.col("pnl_quote").is_not_null(),
        pl.all_horizontal(pl.col("realized_quote", "fees_quote").is_not_null()),
    )
    counted = pl.when(net.any().over(key)).then(net).otherwise(gross)
    used = pl.col("_counted")
    amounts = [_whole(name, used) for name in ("fills", *_AMOUNTS)]
    return (
        days.with_columns(_counted=counted)
        .group_by(key, maintain_order=True)
        .agg(
            *amounts,
            days=used.sum().cast(pl.Int64),
            of=pl.len().cast(pl.Int64),
            first=pl.col("date").min(),
            last=pl.col("date").max(),
            not_confirmed=_all_known("not_confirmed"),
            because=pl.col("because").drop_nulls().last(),
        )
        .sort(key, nulls_last=True)
    )


def _all_known(name: str) -> pl.Expr:
    """Return the sum; null where one is not known."""
    return pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum())


def _whole(name: str, used: pl.Expr) -> pl.Expr:
    """Return the sum over the rows that are used; null without any, and where one of them is not known."""
    amounts = pl.col(name).filter(used)
    return pl.when(used.any() & amounts.is_not_null().all()).then(amounts.sum()).alias(name)
