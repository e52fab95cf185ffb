"""What a metric is: its name, its unit, who is judged by it, and what it means.

Each check module declares its metrics as `METRICS`; everything else that knows of them derives from that.
"""

from collections.abc import Callable
from dataclasses import dataclass

from deskgate.config.bot import Bot, Mode
from deskgate.config.connectors import is_of_contracts
from deskgate.config.desk import Desk

__all__ = [
    "DERIVATIVES",
    "EVERY_BOT",
    "PORTFOLIO",
    "THE_PORTFOLIO",
    "WITH_ACCOUNT",
    "MetricSpec",
    "Scope",
    "bots_that",
]

# The subject of what is measured of the desk as a whole.
PORTFOLIO = "portfolio"


@dataclass(frozen=True)
class Scope:
    """Who is judged by a metric: in words, and for a desk by name. Who is in it and has no value is INSUFFICIENT."""

    title: str
    subjects: Callable[[Desk], list[str]]


@dataclass(frozen=True)
class MetricSpec:
    """One metric of one check.

    Parameters
    ----------
    name
        As the check emits it and the suites name it. One of a kind within its gate.
    unit
        Of its value; empty for none.
    scope
        Who must have a value.
    doc
        What the value means, in one sentence.
    """

    name: str
    unit: str
    scope: Scope
    doc: str


def bots_that(title: str, applies: Callable[[Bot], bool]) -> Scope:
    """Return the scope of the judged bots for which `applies` holds."""
    return Scope(title, lambda desk: [bot.name for bot in desk.judged if applies(bot)])


def _has_account(bot: Bot) -> bool:
    # A paper bot has no account at a venue: its ledger lists fills alone.
    return bot.mode in {Mode.LIVE, Mode.TESTNET}


EVERY_BOT = bots_that("every judged bot", lambda _: True)
WITH_ACCOUNT = bots_that("bots with a venue account (live, testnet)", _has_account)
DERIVATIVES = bots_that(
    "bots with a venue account that trade derivatives",
    lambda bot: _has_account(bot) and any(map(is_of_contracts, bot.connectors)),
)
THE_PORTFOLIO = Scope("the portfolio", lambda _: [PORTFOLIO])
