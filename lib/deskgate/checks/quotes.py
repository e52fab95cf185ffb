"""Quotes: are the bids, asks and mids that a bot observed ones that a market can have?"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.prices.flaws import is_impossible
from deskgate.prices.quotes import is_mid_ref

__all__ = ["METRICS", "check"]

METRICS = (
    MetricSpec(
        "impossible_quotes",
        "records",
        EVERY_BOT,
        "Mids of the day of 0 or less, or with a bid or ask of 0 or less, an ask below the bid, or outside of both.",
    ),
)


def check(case: Case) -> Findings:
    """Count the day's impossible quotes of every judged bot; no value where it observed none.

    What a fill names as its mid is no quote that the bot's feed gave.
    """
    wrong = pl.col("ts").filter(is_impossible())
    today = (
        case.lazy("mids")
        .filter(case.in_day(), ~is_mid_ref(case))
        .group_by("bot")
        .agg(quotes=pl.len(), wrong=wrong.len(), first=wrong.min(), last=wrong.max())
        .collect(engine="streaming")
    )
    found = {row["bot"]: row for row in today.iter_rows(named=True)}
    return Findings([_of(case, bot.name, found.get(bot.name)) for bot in case.desk.judged])


def _of(case: Case, bot: str, mids: Mapping[str, Any] | None) -> Metric:
    name = "impossible_quotes"
    if mids is None:
        return Metric(bot, name, None, 0, f"{bot} observed no mid on {case.day}")
    note = f"the first at {mids['first']:%H:%M} UTC, the last at {mids['last']:%H:%M}" if mids["wrong"] else None
    return Metric(bot, name, float(mids["wrong"]), mids["quotes"], note)
