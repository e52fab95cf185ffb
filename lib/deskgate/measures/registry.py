"""All measures of how a bot trades, in the order in which they are listed."""

from deskgate.measures.cancels import CANCEL_BEFORE_FILL, CANCEL_RATE
from deskgate.measures.fees import FEES_BPS, MAKER_SHARE, TURNOVER
from deskgate.measures.fill_ratio import FILL_RATIO, FILL_RATIO_ORDERS
from deskgate.measures.latency import FILL_LATENCY, ORDER_LATENCY
from deskgate.measures.markouts import MARKOUTS
from deskgate.measures.measure import Measure
from deskgate.measures.realized_pnl import REALIZED_FUNDING_BPS, REALIZED_GROSS_BPS, REALIZED_PNL_BPS
from deskgate.measures.rejects import REJECT_RATE, REJECT_RATE_BY_STAGE
from deskgate.measures.slippage import SLIPPAGE, SLIPPAGE_AT_ORDER
from deskgate.measures.spreads import EFFECTIVE_SPREAD, PRICE_IMPACT, REALIZED_SPREAD
from deskgate.measures.uptime import QUOTE_UPTIME, STATE_SHARES

__all__ = ["GATED", "MEASURES", "measure_of"]

# What the gate judges.
GATED: tuple[Measure, ...] = (FILL_RATIO, SLIPPAGE, REJECT_RATE, REALIZED_GROSS_BPS, REALIZED_PNL_BPS)
MEASURES: tuple[Measure, ...] = (
    *GATED,
    *(FEES_BPS, REALIZED_FUNDING_BPS, MAKER_SHARE, TURNOVER),
    *(FILL_RATIO_ORDERS, CANCEL_RATE, CANCEL_BEFORE_FILL, *REJECT_RATE_BY_STAGE),
    *(SLIPPAGE_AT_ORDER, EFFECTIVE_SPREAD, REALIZED_SPREAD, PRICE_IMPACT, *MARKOUTS),
    *(ORDER_LATENCY, FILL_LATENCY, QUOTE_UPTIME, *STATE_SHARES),
)


def measure_of(name: str) -> Measure:
    """Return a measure by its name."""
    return next(measure for measure in MEASURES if measure.name == name)
