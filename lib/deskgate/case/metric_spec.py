"""What a metric is: its name, its unit, who is judged by it, and what it means.

Each check module declares its metrics as `METRICS`; everything else that knows of them derives from that.
"""

from collections.abc import Callable, Mapping
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
    unless
        The metric of the same check that counts what a subject does not record. Where it is above 0, a subject without a row of
        this metric is not judged by it: it has no verdict, which is neither a pass nor a failure.
    leg
        The leg of a bot without which it has no value; empty: it needs none in particular.
    """

    name: str
    unit: str
    scope: Scope
    doc: str
    unless: str = ""
    leg: str = ""

    def judged(self, desk: Desk, measured: Mapping[tuple[str, str], float | None]) -> list[str]:
        """Return who has a verdict by this metric; `measured` is (metric, subject) -> value of all that was measured."""
        return [
            who
            for who in self.scope.subjects(desk)
            if not self.unless or (self.name, who) in measured or not (measured.get((self.unless, who)) or 0) > 0
        ]


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
