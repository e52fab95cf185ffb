"""In which minutes of the last 24 h each controller wrote a record; of a bot without minute.csv, in which it showed life otherwise."""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.findings import Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.soak.controllers import WINDOW, controllers, looked_at_since, records
from deskgate.checks.soak.life import BRIDGE, LOG_LINES, MINUTE_RECORDS, bridges, life
from deskgate.checks.soak.own_log import ambiguous_minutes, misread
from deskgate.measures.minutes import minute_of
from deskgate.sources.registry import local_kinds

__all__ = ["METRICS", "covered_minutes", "minutes_on_record", "no_records", "records_with_states"]

MINUTES = int(WINDOW / timedelta(minutes=1))
_MINUTE = timedelta(minutes=1)
METRICS = (
    MetricSpec(
        "snapshot_coverage",
        "share",
        EVERY_BOT,
        "Share of the minutes of the last 24 h with a minute record; of several controllers the least. Of a bot without minute.csv"
        " with a heartbeat or status message of its bridge, or else with a state snapshot in its stream, or else with a line in"
        " its log: one that is silent is not shown to run.",
    ),
    MetricSpec(
        "snapshot_gap_min",
        "min",
        EVERY_BOT,
        "Longest run of minutes without a minute record in the last 24 h, of any controller; without minute.csv, without what"
        " `snapshot_coverage` counts.",
    ),
)


def minutes_on_record(case: Case, bot: str) -> list[Metric]:
    """Return the share of minutes on record and the longest gap: of the controller that has the least, or the longest."""
    names = [spec.name for spec in METRICS]
    expected = _expected(case).filter(pl.col("bot") == bot).sort("last", "controller")
    if expected.is_empty():
        return [Metric(bot, name, None, 0, _nothing(case, bot)) for name in names]
    minutes = _minutes(case).filter(pl.col("bot") == bot)
    found = []
    for controller, last, shown_by in expected.select("controller", "last", "shown_by").iter_rows():
        mine = minutes.filter(pl.col("controller") == controller)["minute"]
        if shown_by == MINUTE_RECORDS:
            whose = f"{controller}: " if expected.height > 1 else ""
            note = f"{whose}its last snapshot is of {last:%Y-%m-%d %H:%M} UTC"
        else:
            note = f"by the {shown_by}, the last of {last:%Y-%m-%d %H:%M} UTC: it has no minute.csv"
            note += _of_log(case, bot) if shown_by == LOG_LINES else ""
        found.append((mine.len(), _gap(case, mine), note))
    count, _, note = min(found, key=lambda each: each[0])
    gap_of, gap, gap_note = max(found, key=lambda each: each[1])
    return [
        Metric(bot, names[0], min(count / MINUTES, 1.0), count, note),
        Metric(bot, names[1], gap, gap_of, gap_note),
    ]


@per_case
def covered_minutes(case: Case) -> pl.DataFrame:
    """Return the minutes of the last 24 h in which every controller of a bot, or what else shows its life, has a record.

    Returns
    -------
    polars.DataFrame
        bot, minute: one row each, sorted.
    """
    expected = _expected(case).group_by("bot").agg(expected=pl.len())
    return (
        _minutes(case)
        .group_by("bot", "minute")
        .agg(there=pl.len())
        .join(expected, on="bot")
        .filter(pl.col("there") >= pl.col("expected"))
        .select("bot", "minute")
        .sort("bot", "minute")
    )


def no_records(case: Case, bot: str) -> str | None:
    """Return why nothing shows in which state a bot was, or None where it has minute records."""
    if controllers(case).filter(pl.col("bot") == bot).height:
        return None
    return f"{_lacks(case, bot)}, so nothing shows in which state it was"


def _nothing(case: Case, bot: str) -> str:
    """Return why nothing shows that a bot ran; a log that may not be believed comes with what to do about it."""
    if why := misread(case).get(bot):
        return f"{_lacks(case, bot)}, nor heartbeats, and its log shows no life: {why}"
    others = "nor heartbeats, status messages, state snapshots or a log"
    return f"{_lacks(case, bot)}, {others}, so nothing shows that it ran"


def _of_log(case: Case, bot: str) -> str:
    """Return how coarse a log is."""
    twice = ambiguous_minutes(case, bot, case.as_of - WINDOW)
    zone = case.desk.bots[bot].log_timezone
    lost = f"; {twice} minutes with lines do not count, for the clocks of {zone} show them twice" if twice else ""
    return f" and no bridge, and a minute in which it has nothing to write counts as silent{lost}"


def _lacks(case: Case, bot: str) -> str:
    paths = case.sources.filter("derived", pl.col("bot") == bot, pl.col("kind").is_in(local_kinds("snapshots")))["path"]
    if paths.len():
        return f"{bot} has no minute snapshots of its own: {paths.sort()[0]} was derived from other files"
    return f"{bot} has no minute snapshots (a controller's minute.csv)"


def records_with_states(case: Case, bot: str) -> pl.DataFrame | str:
    """Return the records of a bot in which states count, or why they have none: no record, or one that names no state."""
    if why := no_records(case, bot):
        return why
    mine = records(case).filter(pl.col("bot") == bot, pl.col("ts") >= looked_at_since(case))
    if mine.is_empty():
        return f"{bot} has no minute record from {case.day} on"
    if unnamed := mine["state"].null_count():
        return f"{unnamed} of {mine.height} minute records of {bot} name no state"
    return mine


@per_case
def _expected(case: Case) -> pl.DataFrame:
    """Return what is expected to show the life of each bot, with its last sign of it: bot, controller, last, shown_by."""
    others = life(case).filter(pl.col("shown_by") != MINUTE_RECORDS)
    last = others.group_by("bot", "controller", "shown_by").agg(last=pl.col("minute").max())
    own = controllers(case).with_columns(shown_by=pl.lit(MINUTE_RECORDS))
    # A bridge that has been silent for longer than life is looked at is expected all the same.
    bridge = bridges(case).join(pl.concat([own, last.select(own.columns)]), on="bot", how="anti")
    silent = bridge.select("bot", minute_of("last").alias("last"), controller=pl.lit(""), shown_by=pl.lit(BRIDGE))
    return pl.concat([each.select(own.columns) for each in (own, last, silent)]).sort("bot", "controller")


@per_case
def _minutes(case: Case) -> pl.DataFrame:
    """Return the minutes of the last 24 h with a sign of life: bot, controller, minute; one row each, sorted."""
    inside = (pl.col("minute") > case.as_of - WINDOW - _MINUTE) & (pl.col("minute") < case.as_of)
    return life(case).filter(inside).select("bot", "controller", "minute")


def _gap(case: Case, minutes: pl.Series) -> float:
    begin = (case.as_of - WINDOW).replace(second=0, microsecond=0)
    edges = [pl.Series([at], dtype=minutes.dtype) for at in (begin - _MINUTE, case.as_of)]
    gaps = pl.concat([edges[0], minutes, edges[1]]).diff().drop_nulls().dt.total_seconds() / 60 - 1
    return max(float(gaps.sort()[-1]), 0.0)
