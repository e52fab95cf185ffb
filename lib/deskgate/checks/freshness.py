"""The event stream and the freshness of every source: is there anything to judge, is it whole, and is it of today?

It counts the day's events, the rows of each leg that could not be read, and how old each leg's newest record is at
`as_of`. What the stream was like over 24 hours is measured in `deskgate.checks.stream_gaps`.
"""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import RECENT, Case, per_case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import absent_leg
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.case.stream_minutes import stream_minutes
from deskgate.case.tolerances import clock_skew_s
from deskgate.checks.soak.controllers import controller_of, controllers, derived_files
from deskgate.config.bot import Mode
from deskgate.schema import BOT_LEGS, HEARTBEAT, LEGS, NOTICE
from deskgate.sources.registry import local_kinds

__all__ = ["METRICS", "check", "newest_records"]

DATED = ("fills", "orders", "funding", "mids", "snapshots", "positions", "balances", "events")

# A snapshot of the day's end may be taken a little later.
_SETTLED = timedelta(hours=25)
# The longest time without a fill of a paper bot that is still a quiet one.
_QUIET = timedelta(hours=24)
# After how long a controller's counter has a fill.
_COUNTED = timedelta(minutes=2)
_LEG = {"local": "the bot", "events": "the event stream", "exchange": "the venue's exports"}
METRICS = (
    MetricSpec("events", "events", EVERY_BOT, "Events of the day in the stream, heartbeats not counted.", leg="events"),
    *[
        MetricSpec(
            f"{leg}_unreadable",
            "records",
            EVERY_BOT,
            f"Records of {_LEG[leg]} in quarantine that may be of the day.",
            leg=leg,
        )
        for leg in LEGS
    ],
    *[
        MetricSpec(
            f"{leg}_age_s", "s", EVERY_BOT, f"Age of the newest record of {_LEG[leg]} at the run's instant.", leg=leg
        )
        for leg in LEGS
    ],
)


def check(case: Case) -> Findings:
    """Measure the stream and the age of each leg of every judged bot.

    Returns
    -------
    Findings
        Per bot: `events` (count of the day), and for each leg `<leg>_unreadable` (records of
        its files in quarantine that may be of the day: all that nothing dates are) and `<leg>_age_s`.
    """
    newest = newest_records(case)
    return Findings(
        [
            metric
            for bot in case.desk.judged
            for metric in (_stream(case, bot.name), *_unreadable(case, bot.name), *_ages(case, newest, bot.name))
        ]
    )


@per_case
def newest_records(case: Case) -> pl.DataFrame:
    """Return the newest record of each bot's legs: bot, leg, newest (UTC), age_s at `as_of`.

    Account snapshots count by their export, everything else by its own time; records of a derived leg do not exist.
    """
    newest = _newest(case, pl.col("ts") > case.as_of - RECENT)
    found = set(newest.select("bot", "leg").iter_rows())
    silent = [(bot, leg) for bot in case.desk.bots for leg in LEGS if (bot, leg) not in found]
    if silent:
        which = pl.any_horizontal([(pl.col("bot") == bot) & (pl.col("leg") == leg) for bot, leg in silent])
        newest = pl.concat([newest, _newest(case, which)])
    return newest.with_columns(age_s=(pl.lit(case.as_of) - pl.col("newest")).dt.total_microseconds() / 1e6).sort(
        "bot", "leg"
    )


def _newest(case: Case, which: pl.Expr) -> pl.DataFrame:
    """Return the newest of some records by bot and leg."""
    # A notice is no sign that the events come through.
    happened = {"events": pl.col("event_type") != NOTICE}
    rows = {table: case.lazy(table) for table in DATED if table != "fills"} | {"fills": _dated_fills(case)}
    tables = [
        each.filter(which, happened.get(table, True)).group_by("bot", "leg").agg(newest=pl.col("ts").max())
        for table, each in rows.items()
    ]
    return pl.concat(pl.collect_all(tables, engine="streaming")).group_by("bot", "leg").agg(pl.col("newest").max())


def _dated_fills(case: Case) -> pl.LazyFrame:
    """Return when each leg has fills: bot, leg, ts."""
    found, history = case.fills.lazy().select("bot", "leg", "ts"), case.fill_history
    if history is None:
        return found
    legs = [history.finished.filter(f"in_{leg}").select("bot", leg=pl.lit(leg), ts=f"ts_{leg}") for leg in LEGS]
    return pl.concat([found, *legs])


def _stream(case: Case, bot: str) -> Metric:
    files = case.sources.filter((pl.col("bot") == bot) & (pl.col("leg") == "events") & ~pl.col("derived"))
    if files.is_empty():
        return Metric(bot, "events", None, 0, f"{bot}: {absent_leg(case.sources, bot, 'events')}")
    day = pl.col("minute").is_between(case.start, case.start + timedelta(days=1), closed="left")
    happened = stream_minutes(case).filter(pl.col("bot") == bot, pl.col("event_type") != HEARTBEAT, day)
    today = int(happened["known"].sum())
    if not today:
        return Metric(
            bot, "events", None, 0, f"no event of {bot} is dated {case.day}; a file's name does not date its rows"
        )
    return Metric(bot, "events", float(today), today)


def _unreadable(case: Case, bot: str) -> list[Metric]:
    metrics = []
    for leg in LEGS:
        files = case.sources.filter((pl.col("bot") == bot) & (pl.col("leg") == leg) & ~pl.col("derived"))
        if files.is_empty():
            metrics.append(Metric(bot, f"{leg}_unreadable", None, 0, f"{bot}: {absent_leg(case.sources, bot, leg)}"))
            continue
        # A snapshot of another day is no evidence about this one, whatever in it cannot be read.
        elsewhere = (pl.col("exported_at") <= case.start) | (pl.col("exported_at") > case.start + _SETTLED)
        bad = files.filter((pl.col("quarantined") > 0) & ~elsewhere.fill_null(value=False)).sort("path")
        note = f"in {', '.join(bad.get_column('path').head(3))}" if bad.height else None
        metrics.append(Metric(bot, f"{leg}_unreadable", float(bad.get_column("quarantined").sum()), files.height, note))
    return metrics


def _ages(case: Case, newest: pl.DataFrame, bot: str) -> list[Metric]:
    ages: dict[str, tuple[datetime, float]] = {
        leg: (last, age)
        for leg, last, age in newest.filter(pl.col("bot") == bot).select("leg", "newest", "age_s").iter_rows()
    }
    metrics = []
    for leg in LEGS:
        name = f"{leg}_age_s"
        if leg not in ages:
            metrics.append(Metric(bot, name, None, 0, f"{bot}: {absent_leg(case.sources, bot, leg)}"))
        else:
            last, age = ages[leg]
            note = f"its newest record is of {last:%Y-%m-%d %H:%M:%S} UTC"
            if leg == "exchange" and "local" in ages and _is_quiet(case, bot, last):
                lived, age = ages["local"][0], min(age, ages["local"][1])
                note = f"{note}; the bot had no fill since, and wrote until {lived:%Y-%m-%d %H:%M:%S} UTC"
            metrics.append(Metric(bot, name, age, 1, note))
    return metrics


def _is_quiet(case: Case, bot: str, last: datetime) -> bool:
    """Return whether a paper bot's ledger is as new as it can be: it lists fills alone, and the bot had none since.

    That the bot's records have no fill since shows nothing by itself: the counter of each of its controllers has to stand still,
    and where one has none or shows nothing, the database has to go on. A ledger without a record in `_QUIET` shows nothing,
    whatever the bot says.
    """
    if case.desk.bots[bot].mode is not Mode.PAPER or last < case.as_of - _QUIET:
        return False
    own = pl.col("leg").is_in(BOT_LEGS) & (pl.col("bot") == bot)
    if case.fills.filter(own, pl.col("ts") > last + timedelta(seconds=clock_skew_s())).height:
        return False
    expected = controllers(case).filter(pl.col("bot") == bot)
    counted = _counted_since(case, bot, last + _COUNTED)
    stands_still = expected.join(counted, on="controller", how="left")["stands_still"]
    if not stands_still.drop_nulls().all():
        return False
    counts_all = stands_still.len() > 0 and stands_still.null_count() == 0
    return counts_all or _database_goes_on(case, bot, last + _COUNTED)


def _counted_since(case: Case, bot: str, at: datetime) -> pl.DataFrame:
    """Return of each controller that counts fills whether its counter shows that it had none since an instant.

    The counter has to be known at the instant, by the last record until then, and later. At midnight UTC it counts anew: what the
    first record of a day has is a fill, also where the record before had as many. Nothing is known of fills where it falls within
    a day (a restart, or an hour of its own at which it counts anew), and where it went through a midnight without falling.

    Returns
    -------
    polars.DataFrame
        controller, stands_still (null where it shows nothing): one row per controller with a count in the `_QUIET` before the
        instant, or since.
    """
    rows = (
        case.lazy("snapshots")
        .filter(pl.col("bot") == bot, pl.col("ts") > at - _QUIET)
        .join(derived_files(case), on=["bot", "path"], how="anti")
        .select("bot", "path", "pair", "ts", "row_id", count="fills_count_today")
        .collect()
        .sort("ts", "row_id")
    )
    count, before, day = pl.col("count"), pl.col("count").shift(1), pl.col("ts").dt.date()
    is_later, is_of_next_day = pl.col("ts") > at, day != day.shift(1)
    has_fill = (is_of_next_day | (count != before)) & (count > 0)
    is_unknown = pl.when(is_of_next_day).then((before > 0) & (count >= before)).otherwise((count < before) & is_later)
    has_none = (~is_later).any() & is_later.any() & ~(has_fill & is_later).any()
    return (
        rows.with_columns(controller_of())
        .drop_nulls("count")
        .group_by("controller", maintain_order=True)
        .agg(stands_still=pl.when(~has_none | ~is_unknown.any()).then(has_none))
    )


def _database_goes_on(case: Case, bot: str, at: datetime) -> bool:
    """Return whether the database that has a bot's fills has any other record later than an instant."""
    databases = case.sources.filter(
        pl.col("bot") == bot, pl.col("leg") == "local", pl.col("kind").is_in(local_kinds("fills")), ~pl.col("derived")
    )["path"].unique()
    later = (pl.col("bot") == bot) & (pl.col("ts") > at) & pl.col("path").is_in(databases.implode())
    return any(case.lazy(table).filter(later).head(1).collect().height for table in ("orders", "mids"))
