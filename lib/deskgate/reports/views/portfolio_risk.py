"""Views of notebook 05: PnL and exposure of the book."""

import polars as pl

from deskgate.accounting.amounts import PARTS
from deskgate.accounting.day_pnl import DayPnl, day_pnl
from deskgate.assessment.assessment import Assessment
from deskgate.reports.views.metrics import gate_metrics

__all__ = ["exposures", "pnl"]


def exposures(assessment: Assessment) -> pl.DataFrame:
    """Return each book bot's exposure against the cap on one bot: bot, exposure_quote, cap (quote)."""
    bounds = assessment.suites["portfolio_risk"].bounds_of("concentration_share")
    cap = bounds.max_value if bounds else None
    wide = gate_metrics(assessment, "portfolio_risk").filter(pl.col("subject") != "portfolio")
    table = wide.pivot("metric", index="subject", values="value").rename({"subject": "bot"})
    if table.is_empty():
        return pl.DataFrame(schema={"bot": pl.String, "exposure_quote": pl.Float64, "cap": pl.Float64})
    return table.select(
        "bot", pl.col("exposure_quote").abs(), (pl.col("equity_quote").sum() * (cap or 0.0)).alias("cap")
    ).sort("bot")


def pnl(assessment: Assessment) -> pl.DataFrame:
    """Return each valued bot's PnL over the day and its parts (quote): the last one of each bot is the metric.

    bot, ts, pnl_quote = realized_quote + unrealized_quote - fees_quote + funding_quote, all since the day's start. Bots that cannot be valued are left out; the verdicts on the portfolio say why.
    """
    days = {bot.name: day_pnl(assessment.case, bot) for bot in assessment.case.desk.judged}
    amounts = ("pnl_quote", *PARTS)
    frames = [
        day.series.select(pl.lit(bot).alias("bot"), "ts", pl.col(amounts).cast(pl.Float64))
        for bot, day in days.items()
        if isinstance(day, DayPnl)
    ]
    empty = {"bot": pl.String(), "ts": pl.Datetime("us", "UTC")} | dict.fromkeys(amounts, pl.Float64())
    return pl.concat([pl.DataFrame(schema=empty), *frames])
