"""Which metric is judged of whom: the one table of modes, so that an absent bot is missed and not overlooked."""

from deskgate.checks.parity import is_compared
from deskgate.config.desk import Bot, Desk, Mode
from deskgate.reconciliation.breaks.counts import AGE, VALUE

__all__ = ["PORTFOLIO", "SCOPE", "subjects"]

PORTFOLIO = "portfolio"
JUDGED = frozenset({Mode.LIVE, Mode.PAPER, Mode.TESTNET})
VENUE = frozenset({Mode.LIVE, Mode.TESTNET})  # a paper bot has no account at a venue, its ledger lists fills alone

# Metrics of single bots that do not apply to every judged mode. What is not listed applies to all of them.
SCOPE: dict[str, frozenset[Mode]] = {
    "funding_missing": VENUE,
    "position_drift": VENUE,
    "balance_drift": VENUE,
    "order_open_local_closed_exchange": VENUE,
    "order_closed_local_open_exchange": VENUE,
    "order_fill_sum_mismatch": VENUE,
    "orders_checked_share": VENUE,
    "positions_gap_h": VENUE,
    "positions_age_h": VENUE,
    "balance_gap_h": VENUE,
    "balance_age_h": VENUE,
}
# Metrics of the desk as a whole.
WHOLE = frozenset(
    {
        "config_drift",
        "entered_late_h",
        "drift_drill_age_h",
        "daily_loss_share",
        "net_exposure_share",
        "concentration_share",
    }
)
# Only derivatives pay funding.
DERIVATIVES = frozenset({"funding_missing"})


def subjects(desk: Desk, gate: str, metric: str) -> list[str]:
    """Return who must have a verdict on `metric`, by name."""
    if metric in WHOLE:
        return [PORTFOLIO]
    return [bot.name for bot in desk.judged if _applies(bot, gate, metric)]


def _applies(bot: Bot, gate: str, metric: str) -> bool:
    if gate == "parity" and not is_compared(bot):
        return False
    if metric not in SCOPE:
        # What is at stake in a kind of break, and for how long, is judged of whom the kind is.
        metric = metric.removesuffix(VALUE).removesuffix(AGE)
    if metric in DERIVATIVES and "perpetual" not in bot.connector:
        return False
    return bot.mode in SCOPE.get(metric, JUDGED)
