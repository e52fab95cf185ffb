"""The drawdown of a period: how much was lost since the best point, along the path of equity across its days.

A day that is missing, or of which one of the bots has no value, ends the path: what happened on it nobody knows, so the path begins
anew after it, at 0. The largest fall of all such runs is said with their number.
"""

import polars as pl

__all__ = ["drawdowns", "path_of"]

_AT = ["mode", "quote", "date"]
_MONEY = ["mode", "quote"]
_SCHEMA = {
    **dict.fromkeys(("mode", "quote"), pl.String()),
    **dict.fromkeys(("drawdown_quote", "drawdown_share"), pl.Float64()),
    **dict.fromkeys(("peak_at", "lowest_at"), pl.Datetime("us", "UTC")),
    **dict.fromkeys(("runs", "days", "of"), pl.Int64()),
    **dict.fromkeys(("equity_start", "equity_end"), pl.Float64()),
}


def path_of(split: pl.DataFrame, paths: pl.DataFrame) -> pl.DataFrame:
    """Return what the bots of each money were worth together, along the days of which all of them have a value.

    Parameters
    ----------
    split
        Rows of `pnl_split` with their `date`: which bots there were.
    paths
        Rows of `equity_path` with their `date`.

    Returns
    -------
    polars.DataFrame
        mode, quote, date, run (days in a row), ts, equity (transfers included), pnl (since the run began, transfers apart), lost (since
        the best of the run). A bot that joins later is worth nothing before.
    """
    if not split.columns or not paths.columns:
        return pl.DataFrame()
    bots = split.select(*_AT, "bot").unique()
    valued = bots.join(paths.select("bot", "date").unique(), on=["bot", "date"], how="semi")
    whole = bots.group_by(_AT).len().join(valued.group_by(_AT).len(), on=[*_AT, "len"], how="semi").select(_AT)
    of_money = bots.join(whole, on=_AT, how="semi").join(paths, on=["bot", "date"])
    instants = of_money.select(*_AT, "ts").unique()
    filled = (
        bots.join(whole, on=_AT, how="semi")
        .join(instants, on=_AT)
        .join(of_money.select(*_AT, "bot", "ts", "equity_quote", "pnl_quote"), on=[*_AT, "bot", "ts"], how="left")
        .sort(*_AT, "bot", "ts")
        # Before its first reading of the day a bot had not opened.
        .with_columns(pl.col("equity_quote", "pnl_quote").forward_fill().over(*_AT, "bot").fill_null(0.0))
    )
    together = (
        filled.sort(*_AT, "ts", "bot")
        .group_by(*_AT, "ts", maintain_order=True)
        .agg(equity=pl.col("equity_quote").sum(), of_day=pl.col("pnl_quote").sum())
    )
    ends = together.group_by(_AT, maintain_order=True).agg(pl.col("of_day").last())
    follows = (pl.col("date").diff().dt.total_days() == 1).over(_MONEY).fill_null(value=False)
    runs = ends.with_columns(run=(~follows).cum_sum().over(_MONEY)).with_columns(
        before=pl.col("of_day").cum_sum().over(*_MONEY, "run") - pl.col("of_day")
    )
    joined = together.join(runs.select(*_AT, "run", "before"), on=_AT, maintain_order="left")
    run = joined.with_columns(pnl=pl.col("before") + pl.col("of_day"))
    best = pl.col("pnl").cum_max().over(*_MONEY, "run").clip(lower_bound=0.0)
    return run.select(*_AT, "run", "ts", "equity", "pnl", lost=(best - pl.col("pnl")).clip(lower_bound=0.0))


def drawdowns(path: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Return the largest fall of each money.

    Parameters
    ----------
    path
        As `path_of` returns it.
    days
        mode, quote, date: the days of each money, whether all of it is known or not.

    Returns
    -------
    polars.DataFrame
        mode, quote, drawdown_quote, drawdown_share (the largest at any instant, of the equity at the best point: lost over equity + lost), peak_at, lowest_at, runs
        (unbroken ones), days (that all of them have), of (days in all), equity_start, equity_end; null of a money without a path.
    """
    of = days.group_by(_MONEY).agg(of=pl.col("date").n_unique().cast(pl.Int64))
    if not path.columns or path.is_empty():
        return of.select(
            *_MONEY,
            *(
                pl.lit(None, dtype).alias(name)
                for name, dtype in _SCHEMA.items()
                if name not in (*_MONEY, "of", "runs", "days")
            ),
            runs=pl.lit(0, pl.Int64),
            days=pl.lit(0, pl.Int64),
            of="of",
        ).select(list(_SCHEMA))
    whole = pl.col("equity") + pl.col("lost")
    share = pl.when(whole > 0).then(pl.col("lost") / whole).when(pl.col("lost") > 0).then(1.0).otherwise(0.0)
    # The last instant of the best point before the fall.
    peak = pl.when(pl.col("lost") == 0).then("ts").forward_fill().over(*_MONEY, "run")
    rows = path.with_columns(share=share, peak=peak.fill_null(pl.col("ts").first().over(*_MONEY, "run")))
    deepest = pl.col("lost").arg_max()
    found = rows.group_by(_MONEY, maintain_order=True).agg(
        drawdown_quote=pl.col("lost").max(),
        drawdown_share=pl.col("share").max(),
        peak_at=pl.col("peak").get(deepest),
        lowest_at=pl.col("ts").get(deepest),
        runs=pl.col("run").n_unique().cast(pl.Int64),
        days=pl.col("date").n_unique().cast(pl.Int64),
        equity_start=pl.col("equity").first(),
        equity_end=pl.col("equity").last(),
    )
    return (
        of.join(found, on=_MONEY, how="left")
        .with_columns(pl.col("runs", "days").fill_null(0))
        .select(list(_SCHEMA))
        .sort(_MONEY)
    )
