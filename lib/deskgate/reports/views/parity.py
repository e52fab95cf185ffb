"""Views of notebook 04: live against reference."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.checks.parity import MEASURES
from deskgate.reports.views.metrics import gate_metrics

__all__ = ["parity"]


def parity(assessment: Assessment) -> pl.DataFrame:
    """Return live against reference: bot, metric, live, reference, bound (the suite's tightest)."""
    bounds = {
        entry.meta.entry.removesuffix("_delta"): entry.kwargs.max_value
        for entry in assessment.suites["parity"].expectations
        if entry.meta.entry == entry.kwargs.column
    }
    wide = gate_metrics(assessment, "parity").select("subject", "metric", "value")
    live = wide.filter(pl.col("metric").is_in(MEASURES)).rename({"value": "live"})
    other = wide.filter(pl.col("metric").str.ends_with("_reference")).select(
        "subject", pl.col("metric").str.strip_suffix("_reference"), pl.col("value").alias("reference")
    )
    return (
        live.join(other, on=["subject", "metric"])
        .with_columns(bound=pl.col("metric").replace_strict(bounds, default=None, return_dtype=pl.Float64))
        .rename({"subject": "bot"})
        .sort("bot", "metric")
    )
