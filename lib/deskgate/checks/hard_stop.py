"""Time to stop: how long did the bot go on trading after its controllers said that they had stopped?

A controller that says hard_stop and whose bot makes an order after the grace has not stopped anything. Of a bot with several
controllers the stop begins when the last of them has stopped: no record says whose an order is.
"""

from datetime import datetime

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.soak.controllers import looked_at_since
from deskgate.checks.soak.minutes import records_with_states
from deskgate.config.plural import count_of
from deskgate.measures.state_words import HARD

__all__ = ["METRICS", "check"]

METRICS = (
    MetricSpec(
        "time_to_stop_s",
        "s",
        EVERY_BOT,
        "Longest time from a hard stop of all controllers to the last order made, or fill of any leg, within it; the sample is of stops.",
    ),
)


def check(case: Case) -> Findings:
    """Measure what each bot did within its hard stops, from the day's start or the last 24 h to `as_of`.

    Returns
    -------
    Findings
        Per bot `time_to_stop_s`: 0 without a hard stop, and without an order or a fill in one; the sample is the number of
        hard stops. No value without minute records, or where one names no state.
    """
    return Findings([_time_to_stop(case, bot.name) for bot in case.desk.judged])


def _time_to_stop(case: Case, bot: str) -> Metric:
    name = METRICS[0].name
    mine = records_with_states(case, bot)
    if isinstance(mine, str):
        return Metric(bot, name, None, 0, mine)
    logs = mine.partition_by("controller", maintain_order=True)
    stops = min(_in_hard_stop(log)["begin"].drop_nulls().n_unique() for log in logs)
    after = _activity(case).filter(pl.col("bot") == bot)
    for place, log in enumerate(logs):
        stopped = _in_hard_stop(log).select("ts", pl.col("begin").alias(f"begin_{place}"))
        after = after.join_asof(stopped, on="ts", strategy="backward")
    begins = [f"begin_{place}" for place in range(len(logs))]
    inside = after.drop_nulls(begins).with_columns(begin=pl.max_horizontal(begins))
    took = inside.with_columns(took=(pl.col("ts") - pl.col("begin")).dt.total_microseconds() / 1e6).sort("took")
    if took.is_empty():
        return Metric(bot, name, 0.0, stops, f"nothing was made in {stops} hard stops" if stops else None)
    what, at, begin, seconds = took.select("what", "ts", "begin", "took").row(-1)
    note = f"{what} at {_clock(at)} after the hard stop of {_clock(begin)}, {count_of(took.height, 'order or fill in hard stops', 'orders and fills in hard stops')}"
    return Metric(bot, name, float(seconds), stops, note)


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _in_hard_stop(log: pl.DataFrame) -> pl.DataFrame:
    """Return the records of one controller with `begin`, when the hard stop that each is in began; null outside of one."""
    hard = pl.col("state").is_in(HARD)
    begins = pl.when(hard & ~hard.shift(1).fill_null(value=False)).then("ts").forward_fill()
    return log.with_columns(begin=pl.when(hard).then(begins)).select("ts", "begin")


@per_case
def _activity(case: Case) -> pl.DataFrame:
    """Return every order made and every fill of any leg in the span: bot, ts, what; sorted by ts."""
    since = looked_at_since(case)
    found = [
        case.lazy("orders").select("bot", pl.lit("an order").alias("what"), ts="created_ts"),
        case.lazy("fills").select("bot", pl.lit("a fill").alias("what"), "ts"),
    ]
    columns = ("bot", "ts", "what")
    rows = pl.concat([each.select(columns) for each in found])
    return rows.filter(pl.col("ts") >= since, pl.col("ts") <= case.as_of).collect().sort("ts", "bot", "what")
