"""Which minutes are compared: those in which a bot and its shadow both ran, on the same pair."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.baselines import soak_start
from deskgate.case.case import Case, per_case
from deskgate.case.findings import Metric
from deskgate.config.bot import Bot
from deskgate.measures.states import running_minutes
from deskgate.parity.references import Kind, Reference, compared, reference_of

__all__ = ["Matched", "matched", "matched_share"]


@dataclass(frozen=True)
class Matched:
    """What one bot is compared with, and over which minutes.

    `live` and `theirs` hold pair and minute, sorted by (minute, pair), over all that is measured: the bot's minutes and
    its reference's. Beside a shadow both are the same minutes; a window of the past has minutes of its own; constants
    have none. `ran` are all minutes in which the bot ran.
    """

    reference: Reference
    live: pl.DataFrame
    theirs: pl.DataFrame
    ran: pl.DataFrame

    def within(self, since: datetime, until: datetime) -> "Matched":
        """Return the same over [since, until); the window of the past stays whole."""
        inside = (pl.col("minute") >= since) & (pl.col("minute") < until)
        theirs = self.theirs.filter(inside) if self.reference.kind is Kind.SHADOW else self.theirs
        return Matched(self.reference, self.live.filter(inside), theirs, self.ran.filter(inside))


@per_case
def _all_matched(case: Case) -> dict[str, Matched | str]:
    bots = compared(case)
    if not bots:
        return {}
    minutes = running_minutes(case).sort("minute", "pair")
    parts = minutes.partition_by("bot", as_dict=True, include_key=False, maintain_order=True)
    none = minutes.clear().drop("bot")
    of = {name: parts.get((name,), none) for name in case.desk.bots}
    return {bot.name: _match(case, bot, of) for bot in bots}


def matched(case: Case, bot: Bot) -> Matched | str:
    """Return the compared minutes of a bot that parity judges, or why there is nothing to compare it with."""
    return _all_matched(case)[bot.name]


def _match(case: Case, bot: Bot, of: Mapping[str, pl.DataFrame]) -> Matched | str:
    reference = reference_of(case, bot)
    if isinstance(reference, str):
        return reference
    ran = of[bot.name].filter(pl.col("minute") >= soak_start(case))
    if reference.kind is Kind.SHADOW and reference.bot:
        both = ran.join(of[reference.bot], on=["pair", "minute"], how="semi", maintain_order="left")
        return Matched(reference, both, both, ran)
    if bot.baseline_window:
        inside = (pl.col("minute") >= bot.baseline_window.since) & (pl.col("minute") < bot.baseline_window.until)
        return Matched(reference, ran, of[bot.name].filter(inside), ran)
    return Matched(reference, ran, ran.clear(), ran)


def matched_share(case: Case, bot: Bot) -> Metric:
    """Return the share of the day's minutes in which a bot ran that are compared."""
    name, found = "matched_share", matched(case, bot)
    if isinstance(found, str):
        return Metric(bot.name, name, None, 0, found)
    day = found.within(case.start, case.start + timedelta(days=1))
    ran, both = day.ran.height, day.live.height
    if not ran:
        return Metric(bot.name, name, None, 0, f"no record shows that {bot.name} ran in any minute of {case.day}")
    against = f"{both} of the {ran} minutes in which {bot.name} ran are compared with {found.reference}"
    return Metric(bot.name, name, both / ran, both, against)
