"""Quotes: are the bids, asks and mids that a bot observed ones that a market can have?"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.prices.quotes import is_impossible, is_mid_ref

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
    quotes = case.lazy("mids").filter(case.in_day(), ~is_mid_ref(case))
    today = quotes.select("bot", "ts", "mid", "best_bid", "best_ask").collect()
    return Findings([_of(case, bot.name, today.filter(pl.col("bot") == bot.name)) for bot in case.desk.judged])


def _of(case: Case, bot: str, mids: pl.DataFrame) -> Metric:
    name = "impossible_quotes"
    if mids.is_empty():
        return Metric(bot, name, None, 0, f"{bot} observed no mid on {case.day}")
    wrong = mids.filter(is_impossible()).sort("ts")
    note = f"the first at {wrong['ts'][0]:%H:%M} UTC, the last at {wrong['ts'][-1]:%H:%M}" if wrong.height else None
    return Metric(bot, name, float(wrong.height), mids.height, note)
