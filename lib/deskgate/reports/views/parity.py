"""Views of notebook 04: live against reference."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.checks.parity import MEASURES
from deskgate.reports.views.metrics import gate_metrics

__all__ = ["parity"]


def parity(assessment: Assessment) -> pl.DataFrame:
    """Return live against reference: bot, metric, live, reference, bound (the suite's tightest)."""
    bounds = {
        measure: bounds.max_value
        for measure in MEASURES
        if (bounds := assessment.suites["parity"].bounds_of(f"{measure}_delta"))
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
