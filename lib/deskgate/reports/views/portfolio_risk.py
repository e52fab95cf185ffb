"""Views of notebook 05: PnL and exposure of the book."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.reconciliation.agreed import agreed_fills, cash_flow, signed
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
    """Return each bot's PnL over the day from agreed fills, marked at each fill: bot, ts, pnl_quote.

    Fees in quote are in it, funding is not.
    """
    today = assessment.case.of_day(agreed_fills(assessment.case))
    return (
        today.sort("bot", "pair", "ts", "trade_id")
        .with_columns(
            cash=cash_flow(assessment.case.desk.quote).cum_sum().over("bot", "pair"),
            base=signed().cum_sum().over("bot", "pair"),
        )
        .select("bot", "pair", "ts", pnl=(pl.col("cash") + pl.col("base") * pl.col("price")).cast(pl.Float64))
        .sort("bot", "ts")
        .with_columns(change=pl.col("pnl") - pl.col("pnl").shift(1).over("bot", "pair").fill_null(0))
        .with_columns(pnl_quote=pl.col("change").cum_sum().over("bot"))
        .select("bot", "ts", "pnl_quote")
    )
