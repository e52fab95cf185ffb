"""Views of notebook 04: why live differs from its reference. What each has stands with the function that it names."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.parity.bridge import bridge
from deskgate.parity.contributions import contributions
from deskgate.parity.day_trading import day_fills, day_mids, distributions, markouts, spreads
from deskgate.parity.latencies import latencies
from deskgate.prices.coverage import coverage

__all__ = [
    "parity_bridge",
    "parity_contributions",
    "parity_distribution",
    "parity_fills",
    "parity_latencies",
    "parity_markouts",
    "parity_mids",
    "parity_spread",
    "price_coverage",
]


def parity_bridge(assessment: Assessment) -> pl.DataFrame:
    """Return the steps from the shadow's realised PnL to live's, see `deskgate.parity.bridge`; accounting: the method in words."""
    return bridge(assessment.case).with_columns(accounting=pl.lit(assessment.case.desk.accounting.words))


def parity_contributions(assessment: Assessment) -> pl.DataFrame:
    """Return which hours, sides, sizes and volatilities contribute to each delta, see `deskgate.parity.contributions`."""
    return contributions(assessment.case)


def parity_distribution(assessment: Assessment) -> pl.DataFrame:
    """Return the single values behind slippage and fill latency, see `deskgate.parity.day_trading.distributions`."""
    return distributions(assessment.case)


def parity_fills(assessment: Assessment) -> pl.DataFrame:
    """Return the day's fills of the compared bots and their shadows, see `deskgate.parity.day_trading.day_fills`."""
    return day_fills(assessment.case)


def parity_latencies(assessment: Assessment) -> pl.DataFrame:
    """Return quantiles of the day's latencies, live beside reference, see `deskgate.parity.latencies`."""
    return latencies(assessment.case)


def parity_markouts(assessment: Assessment) -> pl.DataFrame:
    """Return the markouts of live and reference by horizon, see `deskgate.parity.day_trading.markouts`."""
    return markouts(assessment.case)


def parity_mids(assessment: Assessment) -> pl.DataFrame:
    """Return the day's mids of the compared bots, see `deskgate.parity.day_trading.day_mids`."""
    return day_mids(assessment.case)


def parity_spread(assessment: Assessment) -> pl.DataFrame:
    """Return how widely single values stray, live over reference, see `deskgate.parity.day_trading.spreads`."""
    return spreads(assessment.case)


def price_coverage(assessment: Assessment) -> pl.DataFrame:
    """Return in how many minutes of the day each bot had a mid, by source, see `deskgate.prices.coverage`."""
    return coverage(assessment.case)
