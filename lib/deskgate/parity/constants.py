"""What desk.toml expects of a bot, as a measure's value."""

from deskgate.case.case import Case
from deskgate.case.values import unvalued
from deskgate.config.bot import Bot, Expected
from deskgate.measures.measure import Measure
from deskgate.reconciliation.agreed import unagreed

__all__ = ["constant_of"]


def constant_of(case: Case, bot: Bot, measure: Measure, notional: float, hours: float) -> float | str:
    """Return the expected value of a measure in its unit, or why there is none.

    Parameters
    ----------
    notional
        What the bot traded, in quote: the expected PnL is an amount of the desk's quote, the measure a share of it.
    hours
        Over how long: the expected PnL is of 24 hours.
    """
    expected = bot.expected
    if expected is None:
        return f"bots.{bot.name} has no `expected` in desk.toml"
    if measure.name in Expected.model_fields:
        return float(getattr(expected, measure.name))
    if measure.name != "realized_pnl_bps":
        return f"`expected` in desk.toml states no {measure.name}"
    if why := unvalued(case, bot):
        return why
    if not notional:
        why = measure.missing(case, bot.name) or unagreed(case, bot.name)
        return why or f"{bot.name} traded nothing, so that no share of its turnover is expected"
    return expected.realized_pnl_quote * hours / 24 / notional * measure.scale
