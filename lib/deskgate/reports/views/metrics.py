"""The metrics of one gate, as views use them."""

import polars as pl

from deskgate.assessment.assessment import Assessment

__all__ = ["gate_metrics"]


def gate_metrics(assessment: Assessment, gate: str) -> pl.DataFrame:
    """Return the metrics of one gate: subject, metric, value, sample, note."""
    return assessment.metrics.filter(pl.col("gate") == gate).drop("gate")
