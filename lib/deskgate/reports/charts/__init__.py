"""Charts: each function takes a frame of one shape and returns a chart of it, with a description in words.

No judging and no aggregation of money happens here; a bound is drawn where the frame names it. An empty frame gives
a chart that says so. `enable()` is called once in a notebook, so that charts show in Jupyter and survive papermill.
"""

from deskgate.reports.charts.coverage import coverage_strip, events_per_hour, source_age_bars
from deskgate.reports.charts.lines import equity_lines, pnl_lines, position_lines
from deskgate.reports.charts.risk import exposure_bars, parity_bars
from deskgate.reports.charts.stream import lag_distribution, stream_calendar
from deskgate.reports.charts.theme import MIMETYPE, enable
from deskgate.reports.charts.verdicts import breaks_by_kind, verdict_strip
from deskgate.reports.charts.waterfall import waterfall

__all__ = [
    "MIMETYPE",
    "breaks_by_kind",
    "coverage_strip",
    "enable",
    "equity_lines",
    "events_per_hour",
    "exposure_bars",
    "lag_distribution",
    "parity_bars",
    "pnl_lines",
    "position_lines",
    "source_age_bars",
    "stream_calendar",
    "verdict_strip",
    "waterfall",
]
