"""Charts: each function takes a frame of one shape and returns a chart of it, with a description in words.

No judging and no aggregation of money happens here; a bound is drawn where the frame names it. An empty frame gives
a chart that says so. `enable()` is called once in a notebook, so that charts show in Jupyter and survive papermill.
"""

from deskgate.reports.charts.bridge import contribution_bars, pnl_bridge
from deskgate.reports.charts.coverage import coverage_strip, events_per_hour, source_age_bars
from deskgate.reports.charts.distributions import value_distributions
from deskgate.reports.charts.execution import (
    fills_over_mid,
    markout_curves,
    pnl_beside_reference,
    slippage_by_liquidity,
)
from deskgate.reports.charts.lines import equity_lines, own_record_lines, pnl_lines, position_lines
from deskgate.reports.charts.margins import margin_costs, margin_outcomes
from deskgate.reports.charts.over_time import delta_history, delta_sequences
from deskgate.reports.charts.parity import delta_forest, other_deltas
from deskgate.reports.charts.risk import cap_bars, exposure_bars, risk_lines
from deskgate.reports.charts.stream import lag_distribution, stream_calendar
from deskgate.reports.charts.survival import survival_strip
from deskgate.reports.charts.theme import MIMETYPE, enable
from deskgate.reports.charts.trading import (
    equity_and_drawdown,
    fills_and_quotes,
    markouts_of_bots,
    pnl_hours,
    pnl_parts,
)
from deskgate.reports.charts.verdicts import breaks_by_kind, verdict_strip
from deskgate.reports.charts.waterfall import waterfall

__all__ = [
    "MIMETYPE",
    "breaks_by_kind",
    "cap_bars",
    "contribution_bars",
    "coverage_strip",
    "delta_forest",
    "delta_history",
    "delta_sequences",
    "enable",
    "equity_and_drawdown",
    "equity_lines",
    "events_per_hour",
    "exposure_bars",
    "fills_and_quotes",
    "fills_over_mid",
    "lag_distribution",
    "margin_costs",
    "margin_outcomes",
    "markout_curves",
    "markouts_of_bots",
    "other_deltas",
    "own_record_lines",
    "pnl_beside_reference",
    "pnl_bridge",
    "pnl_hours",
    "pnl_lines",
    "pnl_parts",
    "position_lines",
    "risk_lines",
    "slippage_by_liquidity",
    "source_age_bars",
    "stream_calendar",
    "survival_strip",
    "value_distributions",
    "verdict_strip",
    "waterfall",
]
