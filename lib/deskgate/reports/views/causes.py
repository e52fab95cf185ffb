"""The view of what a GO still needs: the causes of the blocking verdicts."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.reports import blocking_causes as grouping

__all__ = ["blocking_causes"]


def blocking_causes(assessment: Assessment) -> pl.DataFrame:
    """Return the causes of the verdicts that block, worst first, one row each: the fields of `BlockingCause`."""
    return grouping.causes_frame(grouping.blocking_causes(assessment))
