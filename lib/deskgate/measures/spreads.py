"""Effective spread, realised spread, and their difference, the price impact: what a fill pays for, and to whom it goes.

Huang & Stoll, Dealer versus auction markets (Journal of Financial Economics 41, 1996): both are twice the signed distance
of the price from a mid, of the mid at the trade and of one some minutes later. The SEC's Rule 605 (17 CFR 242.600) takes 5
minutes for the realised spread as well; its effective spread is against the mid at the order's receipt, as slippage at
order is here. Positive is cost to the bot: a maker has negative ones, and earns what of it no impact takes back.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.measures.measure import RATIO_OF_AMOUNTS, Measure
from deskgate.measures.priced import mid_after, priced_rows, unpriced
from deskgate.measures.slippage import BPS, cost_against

__all__ = ["EFFECTIVE_SPREAD", "PRICE_IMPACT", "REALIZED_AT", "REALIZED_SPREAD"]

# The horizon of the realised spread and of the impact.
REALIZED_AT = "5m"


def _effective(case: Case) -> pl.DataFrame:
    return priced_rows(case, 2 * cost_against("mid"))


def _realized(case: Case) -> pl.DataFrame:
    return priced_rows(case, 2 * cost_against(mid_after(REALIZED_AT)))


def _impact(case: Case) -> pl.DataFrame:
    return priced_rows(case, 2 * (cost_against("mid") - cost_against(mid_after(REALIZED_AT))))


EFFECTIVE_SPREAD = Measure(
    "effective_spread_bps",
    "bps",
    BPS,
    "2 x side x (price - mid) x quantity over traded notional, against the last mid at or before the fill"
    " (Huang & Stoll 1996); positive is cost.",
    _effective,
    title="Effective spread",
    missing=unpriced,
    amounts=RATIO_OF_AMOUNTS,
)
REALIZED_SPREAD = Measure(
    "realized_spread_bps",
    "bps",
    BPS,
    "2 x side x (price - mid 5 min later) x quantity over traded notional (Huang & Stoll 1996, SEC Rule 605); positive is"
    " cost.",
    _realized,
    title="Realised spread after 5 min",
    missing=unpriced,
    amounts=RATIO_OF_AMOUNTS,
)
PRICE_IMPACT = Measure(
    "price_impact_bps",
    "bps",
    BPS,
    "2 x side x (mid 5 min later - mid) x quantity over traded notional: effective less realised spread (Huang & Stoll 1996);"
    " positive is a market that went on the way the bot traded, negative one that went against it.",
    _impact,
    title="Price impact after 5 min",
    missing=unpriced,
    amounts=RATIO_OF_AMOUNTS,
)
