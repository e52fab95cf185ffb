"""The funded live window: for how long has a live bot traded with the equity that it is to have?

A bot that trades with next to nothing shows how its code runs, and little of its fills, its margin and its limits.
"""

from datetime import datetime

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.case.metric_spec import MetricSpec, bots_that
from deskgate.config.bot import Bot, Mode
from deskgate.config.plural import count_of
from deskgate.portfolio.readings import readings
from deskgate.reconciliation.agreed import agreed_fills

__all__ = ["METRICS", "funded_window"]

_LIVE = bots_that("live bots", lambda bot: bot.mode is Mode.LIVE)
METRICS = (
    MetricSpec(
        "funded_h",
        "h",
        _LIVE,
        "Hours since the bot's first agreed fill of the soak, with the equity that its `funded` asks for without a break.",
    ),
    MetricSpec(
        "funded_short_h",
        "h",
        _LIVE,
        "Hours that are missing to those that `funded` asks for; 0 where it asks for none.",
    ),
)


def funded_window(case: Case, bot: Bot) -> list[Metric]:
    """Return for how long a live bot has traded with enough equity, and how much is missing to what is asked for."""
    names = [spec.name for spec in METRICS]
    if bot.mode is not Mode.LIVE:
        return []
    if (asked := bot.funded) is None:
        why = f"nothing asks for it: give bots.{bot.name} a line such as funded = {{ equity = 500, hours = 24 }} in desk.toml"
        # An empty store may not be this desk's.
        missing = None if case.frames["sources"].is_empty() else 0.0
        return [Metric(bot.name, names[0], None, 0, why), Metric(bot.name, names[1], missing, 0, why)]
    known = readings(case)[bot.name]
    if isinstance(known, str):
        return [Metric(bot.name, name, None, 0, known) for name in names]
    fills = agreed_fills(case).filter(
        pl.col("bot") == bot.name, pl.col("ts").is_between(known.since, case.end, closed="left")
    )
    if fills.is_empty():
        note = f"{bot.name} has no agreed fill of the soak"
        return [Metric(bot.name, names[0], 0.0, 0, note), Metric(bot.name, names[1], asked.hours, 0, note)]
    short = known.last_short(asked.equity)
    begin: datetime = max(fills["ts"][0], short or known.since)
    hours = max((case.end - begin).total_seconds() / 3600, 0.0)
    note = (
        f"{count_of(fills.height, 'fill')}; {asked.equity:g} {case.desk.quote} or more since {begin:%Y-%m-%d %H:%M} UTC"
    )
    return [
        Metric(bot.name, names[0], hours, fills.height, note),
        Metric(bot.name, names[1], max(asked.hours - hours, 0.0), fills.height, note),
    ]
