"""The soak's clock: since when has a bot run without a breach, and how long until it is ready?

It starts with the frozen baseline or its last anchor, and anew at the end of each breach: a state that is no running one or
pause, or a silence of a controller. What is left of a breach is not known before it is over.
"""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.findings import Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.soak.controllers import LOOK_BACK, controllers, records
from deskgate.checks.soak.minutes import no_records
from deskgate.checks.stream_gaps import clock_start
from deskgate.measures.state_words import RUNNING

__all__ = ["METRICS", "NO_RECORD", "breaches", "clean_hours"]

METRICS = (
    MetricSpec(
        "soak_clean_h",
        "h",
        EVERY_BOT,
        "Hours since the last breach of the soak: a stop, a state that is none of running, or a silence; 48 at the most.",
    ),
)
# A silence that the share of minutes on record would not forgive either: 1 % of 24 h.
_SILENCE = timedelta(minutes=15)
_HEALTHY = (RUNNING, "soft_pause")
# What a breach that is a silence is called.
NO_RECORD = "no record"


def clean_hours(case: Case, bot: str) -> list[Metric]:
    """Return how long the bot has run without a breach, with the breach that the clock began anew after."""
    name = METRICS[0].name
    started = clock_start(case)
    if why := no_records(case, bot):
        return [Metric(bot, name, None, 0, why)]
    if started is None:
        return [Metric(bot, name, None, 0, "no baseline is frozen, so nothing says since when the soak counts")]
    found = breaches(case).filter(pl.col("bot") == bot)
    begin, who = max(started[0], case.as_of - LOOK_BACK), started[1]
    note = f"since {begin:%Y-%m-%d %H:%M} UTC" + (f" ({who})" if begin == started[0] else " or before")
    if found.height and (last := found.sort("end").row(-1, named=True))["end"] > begin:
        begin, note = last["end"], f"since {last['end']:%Y-%m-%d %H:%M} UTC, the end of: {last['what']}"
    return [Metric(bot, name, max((case.as_of - begin).total_seconds() / 3600, 0.0), found.height, note)]


@per_case
def breaches(case: Case) -> pl.DataFrame:
    """Return the breaches of the last 48 h: bot, controller, what, start, end (not after `as_of`); sorted."""
    since = case.as_of - LOOK_BACK
    rows = records(case).filter(pl.col("ts") >= since)
    state = pl.col("state").fill_null("a state that is not named")
    runs = (
        rows.with_columns(what=state, later=pl.col("ts").shift(-1).over("bot", "controller"))
        .with_columns(run=pl.struct("bot", "controller", "what").rle_id())
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("bot", "controller", "what").first(),
            start=pl.col("ts").first(),
            end=pl.col("later").last().fill_null(pl.lit(case.as_of, pl.Datetime("us", "UTC"))),
        )
        .filter(~pl.col("what").is_in(_HEALTHY))
    )
    columns = ["bot", "controller", "what", "start", "end"]
    return pl.concat([runs.select(columns), _silences(case, rows, since).select(columns)]).sort(
        "bot", "start", "controller"
    )


def _silences(case: Case, rows: pl.DataFrame, since: datetime) -> pl.DataFrame:
    """Return the silences of each expected controller; one that has not written at all is silent from then on."""
    at = pl.Datetime("us", "UTC")
    expected = controllers(case).select("bot", "controller")
    started = clock_start(case)
    begin = max(since, started[0]) if started else since
    edges = [expected.with_columns(ts=pl.lit(edge, at)) for edge in (min(begin, case.as_of), case.as_of)]
    written = rows.select("bot", "controller", "ts").filter(pl.col("ts") > begin)
    both = pl.concat([written, *edges]).sort("bot", "controller", "ts")
    later = pl.col("ts").shift(-1).over("bot", "controller")
    return (
        both.select("bot", "controller", what=pl.lit(NO_RECORD), start="ts", end=later)
        .drop_nulls("end")
        .filter(pl.col("end") - pl.col("start") > _SILENCE)
    )
