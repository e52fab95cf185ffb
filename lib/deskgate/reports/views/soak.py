"""Views of notebook 07: minutes on record, survival, readiness and equity."""

from datetime import timedelta

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.checks.soak.clock import NO_RECORD, breaches
from deskgate.checks.soak.controllers import LOOK_BACK, WINDOW, records
from deskgate.checks.soak.minutes import covered_minutes

__all__ = ["coverage", "equity", "readiness", "survival"]

# A record speaks for no longer than this where no later one is there.
_SPEAKS = timedelta(minutes=15)


def coverage(assessment: Assessment) -> pl.DataFrame:
    """Return the 24 h up to `as_of` as spans with and without minute records, or what else shows life (`life`): bot, start, end, covered."""
    as_of = assessment.case.as_of
    begin = (as_of - WINDOW).replace(second=0, microsecond=0)
    grid = pl.DataFrame({"minute": pl.datetime_range(begin, as_of, "1m", closed="left", time_zone="UTC", eager=True)})
    bots = pl.DataFrame({"bot": [bot.name for bot in assessment.case.desk.judged]}, schema={"bot": pl.String})
    seen = covered_minutes(assessment.case).with_columns(covered=pl.lit(value=True))
    full = bots.join(grid, how="cross").join(seen, on=["bot", "minute"], how="left")
    return (
        full.with_columns(pl.col("covered").fill_null(value=False))
        .sort("bot", "minute")
        .with_columns(span=pl.col("covered").rle_id().over("bot"))
        .group_by("bot", "span", "covered", maintain_order=True)
        .agg(start=pl.col("minute").min(), end=pl.col("minute").max() + timedelta(minutes=1))
        .select("bot", "start", "end", "covered")
    )


def equity(assessment: Assessment) -> pl.DataFrame:
    """Return what the bots say of their equity over the day, every five minutes: bot, ts, equity_quote."""
    case = assessment.case
    today = case.lazy("snapshots").filter(case.in_day(), pl.col("equity_quote").is_not_null()).collect()
    return (
        today.sort("ts", "row_id")
        .group_by("bot", pl.col("ts").dt.truncate("5m"), maintain_order=True)
        .agg(pl.col("equity_quote").last().cast(pl.Float64))
        .sort("bot", "ts")
    )


def survival(assessment: Assessment) -> pl.DataFrame:
    """Return the last 48 h of each controller as spans: bot, controller, start, end, state (its word, or `no record`)."""
    case = assessment.case
    rows = records(case).filter(pl.col("ts") >= case.as_of - LOOK_BACK)
    later = pl.col("ts").shift(-1).over("bot", "controller").fill_null(case.as_of)
    spans = (
        rows.with_columns(
            state=pl.col("state").fill_null("none named"), end=pl.min_horizontal(later, pl.col("ts") + _SPEAKS)
        )
        .with_columns(span=pl.struct("bot", "controller", "state").rle_id())
        .group_by("bot", "controller", "state", "span", maintain_order=True)
        .agg(start=pl.col("ts").min(), end=pl.col("end").max())
    )
    columns = ["bot", "controller", "start", "end", "state"]
    silent = breaches(case).filter(pl.col("what") == NO_RECORD).rename({"what": "state"})
    return pl.concat([spans.select(columns), silent.select(columns)]).sort("bot", "controller", "start", "state")


def readiness(assessment: Assessment) -> pl.DataFrame:
    """Return for each bot whether its soak is over: bot, soak (ready or hold), clean_h, hours_to_go, because."""
    bounds = {each.meta.entry: each.kwargs for each in assessment.suites["soak"].expectations}
    needed = bounds["soak_clean_h"].min_value or 0.0 if "soak_clean_h" in bounds else None
    clean = assessment.metrics.filter(pl.col("metric") == "soak_clean_h").select("subject", "value", "note")
    blocking: dict[str, list[str]] = {}
    waived: dict[str, list[str]] = {}
    for verdict in assessment.verdicts:
        if verdict.gate == "soak" and verdict.blocks:
            blocking.setdefault(verdict.subject, []).append(verdict.title)
        elif verdict.gate == "soak" and verdict.waiver:
            waived.setdefault(verdict.subject, []).append(f"{verdict.title} (waived)")
    rows = [
        {
            "bot": bot,
            "soak": "hold" if bot in blocking else "ready",
            "clean_h": value,
            "hours_to_go": None if value is None or needed is None else max(needed - value, 0.0),
            "because": "; ".join(blocking.get(bot, []) + waived.get(bot, [])) or note,
        }
        for bot, value, note in clean.sort("subject").iter_rows()
    ]
    schema = pl.Schema(
        {
            "bot": pl.String(),
            "soak": pl.String(),
            "clean_h": pl.Float64(),
            "hours_to_go": pl.Float64(),
            "because": pl.String(),
        }
    )
    return pl.DataFrame(rows, schema=schema)
