"""Quotes: are the bids, asks and mids that a bot observed ones that a market can have?"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.case.tolerances import LOCAL_STEP

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
    """Count the day's impossible quotes of every judged bot; no value where it observed no mid."""
    today = case.lazy("mids").filter(case.in_day()).select("bot", "ts", "mid", "best_bid", "best_ask").collect()
    return Findings([_of(case, bot.name, today.filter(pl.col("bot") == bot.name)) for bot in case.desk.judged])


def _of(case: Case, bot: str, mids: pl.DataFrame) -> Metric:
    name = "impossible_quotes"
    if mids.is_empty():
        return Metric(bot, name, None, 0, f"{bot} observed no mid on {case.day}")
    mid, bid, ask = pl.col("mid"), pl.col("best_bid"), pl.col("best_ask")
    wrong = mids.filter(
        pl.any_horizontal([(each <= 0).fill_null(value=False) for each in (mid, bid, ask)])
        # The database cuts each of the three by itself.
        | (pl.max_horizontal(bid - ask, bid - mid, mid - ask) > LOCAL_STEP).fill_null(value=False)
    ).sort("ts")
    note = f"the first at {wrong['ts'][0]:%H:%M} UTC, the last at {wrong['ts'][-1]:%H:%M}" if wrong.height else None
    return Metric(bot, name, float(wrong.height), mids.height, note)
