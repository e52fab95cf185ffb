"""Views of notebook 04: why live differs from its reference."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.parity.bridge import bridge
from deskgate.parity.contributions import contributions

__all__ = ["parity_bridge", "parity_contributions"]


def parity_bridge(assessment: Assessment) -> pl.DataFrame:
    """Return the steps from the shadow's realised PnL to live's, see `deskgate.parity.bridge`."""
    return bridge(assessment.case)


def parity_contributions(assessment: Assessment) -> pl.DataFrame:
    """Return which hours, sides, sizes and volatilities contribute to each delta, see `deskgate.parity.contributions`."""
    return contributions(assessment.case)
