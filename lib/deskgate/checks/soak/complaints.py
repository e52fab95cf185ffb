"""What a bot's own log complains of: errors, and the lines that say that its records may lack something.

They are notices: each cause that changes money or orders shows in the gate that judges it.
"""

from datetime import datetime

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric, listed
from deskgate.case.metric_spec import MetricSpec, bots_that
from deskgate.checks.soak.controllers import looked_at_since
from deskgate.checks.soak.own_log import misread, own_lines
from deskgate.schema.log_lines import COMPLAINTS, ERROR, SIGN_OF_LIFE

__all__ = ["METRICS", "complaints"]

_LISTING_LOGS = bots_that("bots whose `local` lists a log", lambda bot: any(".log" in pattern for pattern in bot.local))
METRICS = (
    MetricSpec(
        "log_errors",
        "lines",
        _LISTING_LOGS,
        "Lines of level ERROR or CRITICAL in the bot's log, from the day's start or over 24 h.",
    ),
    MetricSpec(
        "log_complaints",
        "lines",
        _LISTING_LOGS,
        "Lines of the bot's log, from the day's start or over 24 h, of fills that came late, orders that are considered lost, and fees"
        " that could not be valued.",
    ),
)
_SAYS = {
    "fills_late": "order fill updates did not arrive on time",
    "order_lost": "an order will be considered lost",
    "fee_not_in_quote": "error calculating fee in quote",
}


def complaints(case: Case, bot: str) -> list[Metric]:
    """Return how many lines of a bot's log are errors and how many complain of its records; no value where no line shows it."""
    if bot not in _LISTING_LOGS.subjects(case.desk):
        return []
    since = looked_at_since(case)
    mine = own_lines(case).filter(pl.col("bot") == bot, pl.col("ts") >= since)
    minutes = mine.filter(pl.col("what") == SIGN_OF_LIFE)["ts"].dt.truncate("1m").n_unique()
    if not minutes:
        why = misread(case).get(bot, f"no line of the log of {bot} is of {since:%Y-%m-%d %H:%M} UTC or later")
        return [Metric(bot, spec.name, None, 0, why) for spec in METRICS]
    return [
        _counted(bot, name, mine, whats, minutes)
        for name, whats in zip((spec.name for spec in METRICS), ((ERROR,), COMPLAINTS), strict=True)
    ]


def _counted(bot: str, name: str, mine: pl.DataFrame, whats: tuple[str, ...], minutes: int) -> Metric:
    # A line that two readings of a file have counts once.
    rows = mine.filter(pl.col("what").is_in(whats)).unique(["ts", "process", "what"])
    by_what = rows.group_by("what").agg(pl.len(), last=pl.col("ts").max()).sort("what")
    notes = [_note(what, count, last) for what, count, last in by_what.iter_rows()]
    return Metric(bot, name, float(rows.height), minutes, listed(notes))


def _note(what: str, count: int, last: datetime) -> str:
    says = f"{_SAYS[what]} ({count}), " if what in _SAYS else ""
    return f"{says}the last at {last:%Y-%m-%d %H:%M:%S} UTC"
