"""Views of notebook 02: the event stream, the ledger of ingestion and the age of every source."""

from datetime import timedelta

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.stream_minutes import stream_minutes
from deskgate.checks.accounting import by_day_and_type, by_source, kept, last_reading
from deskgate.checks.freshness import newest_records
from deskgate.checks.soak.controllers import WINDOW
from deskgate.checks.stream import delays
from deskgate.checks.stream_gaps import clock_start
from deskgate.reconciliation.accounts.liquidity import operations
from deskgate.schema import HEARTBEAT, LEGS, NOTICE

# More days than a reader looks at are no longer a calendar.
CALENDAR_DAYS = 7

__all__ = [
    "anchors",
    "events_per_hour",
    "lags",
    "not_judged",
    "passed_over",
    "quarantine",
    "records_by_source",
    "source_ages",
    "stream_calendar",
    "stream_records_by_day",
]


def stream_calendar(assessment: Assessment) -> pl.DataFrame:
    """Return the events by hour of the last days, the empty hours too: bot, day, hour (0 to 23), events."""
    last = assessment.case.end - timedelta(microseconds=1)
    start = clock_start(assessment.case)
    first = max(last - timedelta(days=CALENDAR_DAYS - 1), start[0] if start else last - WINDOW)
    hours = pl.datetime_range(
        first.replace(minute=0, second=0, microsecond=0), last, "1h", time_unit="us", time_zone="UTC", eager=True
    )
    bots = pl.DataFrame({"bot": [bot.name for bot in assessment.case.desk.judged]}, schema={"bot": pl.String})
    at = pl.col("minute").dt.truncate("1h").alias("at")
    counted = stream_minutes(assessment.case).group_by("bot", at).agg(pl.col("events").sum())
    return (
        bots.join(hours.alias("at").to_frame(), how="cross")
        .join(counted, on=["bot", "at"], how="left")
        .select(
            "bot",
            pl.col("at").dt.date().alias("day"),
            pl.col("at").dt.hour().cast(pl.Int64).alias("hour"),
            pl.col("events").fill_null(0).cast(pl.Int64),
        )
        .sort("bot", "day", "hour")
    )


def anchors(assessment: Assessment) -> pl.DataFrame:
    """Return the resets of the 24 h clock: effective_at, by, why, recorded_at; the newest first."""
    resets = assessment.case.frames["anchors"].sort("effective_at", "recorded_at", descending=True)
    return resets.select("effective_at", "by", "why", "recorded_at")


def events_per_hour(assessment: Assessment) -> pl.DataFrame:
    """Return the day's events by hour and type, heartbeats apart: hour (UTC), event_type, count."""
    start = assessment.case.start
    day = pl.col("minute").is_between(start, start + timedelta(days=1), closed="left")
    today = stream_minutes(assessment.case).filter(day, pl.col("event_type") != HEARTBEAT, pl.col("known") > 0)
    return (
        today.group_by(pl.col("minute").dt.truncate("1h").alias("hour"), "event_type")
        .agg(count=pl.col("known").sum())
        .sort("hour", "event_type")
    )


def lags(assessment: Assessment) -> pl.DataFrame:
    """Return how long the day's events took to arrive, where the source says so: bot, lag_s; sorted by them."""
    return delays(assessment.case).sort("bot", "lag_s").collect(engine="streaming")


def source_ages(assessment: Assessment) -> pl.DataFrame:
    """Return the age of each judged bot's legs: bot, leg, newest, age_s, bound_s (the suite's)."""
    bounds = {
        leg: bounds.max_value for leg in LEGS if (bounds := assessment.suites["event_store"].bounds_of(f"{leg}_age_s"))
    }
    every = pl.DataFrame(
        [(bot.name, leg, bound) for bot in assessment.case.desk.judged for leg, bound in bounds.items()],
        schema={"bot": pl.String, "leg": pl.String, "bound_s": pl.Float64},
        orient="row",
    )
    found = every.join(newest_records(assessment.case), on=["bot", "leg"], how="left")
    return found.select("bot", "leg", "newest", "age_s", "bound_s").sort("bot", "leg")


def records_by_source(assessment: Assessment) -> pl.DataFrame:
    """Return what became of every record of each source as it was last read."""
    return kept(by_source(last_reading(assessment.case.frames["ledger"])))


def passed_over(assessment: Assessment) -> pl.DataFrame:
    """Return what a pattern of desk.toml found and nobody read: path, summary (a line in words)."""
    found = [(path, f"{path}: passed over, {why}") for path, why in sorted(assessment.passed_over.items())]
    return pl.DataFrame(found, schema={"path": pl.String, "summary": pl.String}, orient="row")


def stream_records_by_day(assessment: Assessment) -> pl.DataFrame:
    """Return what became of the stream's records, by UTC day (null: nobody can date them) and type."""
    events = last_reading(assessment.case.frames["ledger"].filter(pl.col("leg") == "events"))
    return kept(by_day_and_type(events)).group_by("day", "type").agg(pl.exclude("path").sum()).sort("day", "type")


def not_judged(assessment: Assessment) -> pl.DataFrame:
    """Return what the day's records have that no check judges: bot, summary (a line in words)."""
    case = assessment.case
    pools = case.of_day(operations(case)).group_by("bot").len("n").with_columns(what=pl.lit("liquidity operations"))
    notices = (
        case.lazy("events")
        .filter(pl.col("event_type") == NOTICE, case.in_day())
        .group_by("bot")
        .agg(n=pl.len())
        .with_columns(what=pl.lit("notices of its bridge"))
        .collect()
    )
    found = pl.concat([pools, notices]).sort("bot", "what")
    return found.select("bot", summary=pl.format("{} {}, known and not judged", "n", "what"))


def quarantine(assessment: Assessment) -> pl.DataFrame:
    """Return the rows that could not be read or contradict another: path, line, reason, raw (its beginning)."""
    return (
        assessment.case.lazy("quarantine")
        .select("path", "line", "reason", pl.col("raw").str.head(80))
        .sort("path", "line", "reason")
        .collect()
    )
