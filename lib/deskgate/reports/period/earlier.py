"""What days that an earlier version ran say of PnL: by bot, from the series that every version published."""

import polars as pl

from deskgate.reports.daily_report.days import DayFiles

__all__ = ["path_of_pnl", "split_of_pnl"]

_PARTS = ("realized_quote", "unrealized_quote", "fees_quote", "funding_quote", "pnl_quote")


def split_of_pnl(day: DayFiles) -> pl.DataFrame | None:
    """Return the view `pnl_split` of a day without it: a row a bot, without market and number of fills; None where it has no series."""
    series, bots = day.view("pnl", "bot", "ts", *_PARTS), day.view("risk_bots", "bot", "mode", "turnover", "because")
    if series is None or bots is None:
        return None
    last = series.sort("ts", maintain_order=True).group_by("bot", maintain_order=True).agg(pl.col(_PARTS).last())
    return (
        bots.filter(pl.col("mode") != "disabled")
        .join(last, on="bot", how="left", maintain_order="left")
        .select(
            *("bot", "mode"),
            pair=pl.lit(None, pl.String),
            quote=pl.lit(day.quote),
            fills=pl.lit(None, pl.Int64),
            turnover_quote="turnover",
            **{name: pl.col(name) for name in _PARTS},
            not_confirmed=pl.lit(None, pl.Int64),
            because="because",
        )
    )


def path_of_pnl(day: DayFiles) -> pl.DataFrame | None:
    """Return the view `equity_path` of a day without it: at the instants of fills and payments alone."""
    series, bots = day.view("pnl", "bot", "ts", "pnl_quote"), day.view("risk_bots", "bot", "equity", "pnl")
    if series is None or bots is None:
        return None
    started = bots.select("bot", started=pl.col("equity") - pl.col("pnl"))
    return (
        series.join(started, on="bot", maintain_order="left")
        .drop_nulls(["pnl_quote", "started"])
        .select("bot", "ts", pl.col("started").add(pl.col("pnl_quote")).alias("equity_quote"), "pnl_quote")
    )
