"""All views by name: what a run computes of a day once, so that notebooks only show it."""

from collections.abc import Callable

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.reports.views import (
    actions,
    baseline,
    causes,
    day_trading,
    event_store,
    ladder,
    own_record,
    parity,
    parity_reasons,
    portfolio_risk,
    promotion,
    reconciliation,
    soak,
)

__all__ = ["VIEWS", "compute_views"]

View = Callable[[Assessment], pl.DataFrame]

# A view is a public function of one of these modules.
VIEWS: dict[str, View] = {
    name: getattr(module, name)
    for module in (
        baseline,
        event_store,
        reconciliation,
        parity,
        parity_reasons,
        portfolio_risk,
        day_trading,
        causes,
        own_record,
        actions,
        soak,
        promotion,
        ladder,
    )
    for name in module.__all__
}


def compute_views(assessment: Assessment) -> dict[str, pl.DataFrame]:
    """Return every view's frame by its name."""
    return {name: view(assessment) for name, view in VIEWS.items()}
