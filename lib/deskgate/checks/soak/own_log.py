"""The lines of each bot's own log that may be believed: of its own process, read in the zone of its clock.

A log's times name no zone, so its clock is checked by what else shows when a line was written: when the file was last changed,
and the bot's own records of the same fills. A log shows life, never a state, and it is no leg: it is written by the process
whose fills are to be confirmed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

import polars as pl

from deskgate.case.case import RECENT, Case, per_case
from deskgate.checks.soak.controllers import derived_files
from deskgate.schema.log_lines import AHEAD, AMBIGUOUS, CLOCK_STARTED, FILL, IMPOSSIBLE, SIGN_OF_LIFE, STRATEGY_STARTED

__all__ = ["LOG", "ambiguous_minutes", "log_minutes", "misread", "own_lines", "starts"]

# The log and what it was rotated to.
LOG = pl.col("path").str.replace(r"\.log.*$", ".log").alias("log")
# A bot writes a fill to its log and to its database within seconds; zones differ by no less than this.
_ANOTHER_ZONE = timedelta(minutes=15)
_DAY = timedelta(days=1)


@per_case
def own_lines(case: Case) -> pl.DataFrame:
    """Return the rows of `LogLines` of the last 7 days that may be believed, of judged bots; sorted by (bot, ts, row_id).

    Not among them are those of a bot whose log is read in a wrong zone, and those of a file whose fills its own records do not
    have.
    """
    lines = _lines(case)
    return lines.filter(~pl.col("bot").is_in(list(misread(case)))).join(_foreign(case), on=["bot", "log"], how="anti")


@per_case
def misread(case: Case) -> dict[str, str]:
    """Return by bot why its log is no sign of life, as a sentence; without the bots whose log may be believed."""
    found = {}
    for bot in case.desk.judged:
        mine = _lines(case).filter(pl.col("bot") == bot.name)
        if why := next(chain(_wrong_zone(case, bot.name, mine), _of_another(case, bot.name, mine)), None):
            found[bot.name] = why
    return found


def log_minutes(case: Case) -> pl.DataFrame:
    """Return when each bot wrote to its log: bot, ts; at least one row for each minute with a line."""
    return own_lines(case).filter(pl.col("what") == SIGN_OF_LIFE).select("bot", "ts")


def ambiguous_minutes(case: Case, bot: str, since: datetime) -> int:
    """Return in how many minutes since then a bot wrote lines whose time its zone has twice, so that they show no life."""
    lines = own_lines(case).filter(pl.col("bot") == bot, pl.col("what") == AMBIGUOUS, pl.col("visible_at") >= since)
    return lines["ts"].dt.truncate("1m").n_unique()


def starts(case: Case, bot: str, since: datetime) -> Iterator[tuple[list[datetime], str]]:
    """Yield when each sign of a start in a bot's log was seen since then, and which it is."""
    mine = own_lines(case).filter(pl.col("bot") == bot)
    for what, says in (
        (CLOCK_STARTED, "its log has a clock created"),
        (STRATEGY_STARTED, "its log has a strategy started"),
    ):
        yield mine.filter(pl.col("what") == what, pl.col("ts") >= since)["ts"].to_list(), says
    processes = mine.filter(pl.col("what") == SIGN_OF_LIFE)
    changed = (pl.col("process") != pl.col("process").shift(1)).over("log")
    yield processes.filter(changed, pl.col("ts") >= since)["ts"].to_list(), "the process id in its log changed"


@per_case
def _lines(case: Case) -> pl.DataFrame:
    """Return the rows of the last 7 days that were read in the zone that desk.toml names now, with the `log` they are of."""
    zones = pl.LazyFrame(
        [(bot.name, bot.log_timezone) for bot in case.desk.judged],
        schema={"bot": pl.String, "zone": pl.String},
        orient="row",
    )
    return (
        case.lazy("log_lines")
        .filter(pl.col("ts") >= case.as_of - RECENT)
        .join(zones, on=["bot", "zone"], how="semi")
        .join(derived_files(case), on=["bot", "path"], how="anti")
        .with_columns(LOG)
        .collect()
        .sort("bot", "ts", "row_id")
    )


def _wrong_zone(case: Case, bot: str, mine: pl.DataFrame) -> Iterator[str]:
    todo = f"write the zone of its clock as log_timezone under [bots.{bot}]"
    read = f"the log of {bot}, read in {case.desk.bots[bot].log_timezone}"
    for path, text, ts in mine.filter(pl.col("what") == AHEAD).select("path", "local_time", "ts").tail(1).iter_rows():
        yield f"{read}, has a line of {text}, and {path} was last written at {ts:%Y-%m-%d %H:%M:%S} UTC; {todo}"
    for (text,) in mine.filter(pl.col("what") == IMPOSSIBLE).select("local_time").tail(1).iter_rows():
        yield f"{read}, has a line of {text}, a time that the clocks there skip; {todo}"
    if lead := _lead(case, bot):
        yield (
            f"{read}, has its fills {abs(lead) / timedelta(hours=1):.2g} h {'after' if lead > timedelta(0) else 'before'} its"
            f" own records of them; {todo}"
        )


def _lead(case: Case, bot: str) -> timedelta | None:
    """Return by how much a log's fills are later than the bot's records of them, on the newest day on which they differ by a zone."""
    both = _filled_orders(case).filter(pl.col("bot") == bot).drop_nulls("recorded")
    by_day = both.group_by(pl.col("ts").dt.date()).agg(lead=(pl.col("ts") - pl.col("recorded")).median()).sort("ts")
    leads = [lead for lead in by_day["lead"] if abs(lead) >= _ANOTHER_ZONE]
    return leads[-1] if leads else None


def _of_another(case: Case, bot: str, mine: pl.DataFrame) -> Iterator[str]:
    foreign = _foreign(case).filter(pl.col("bot") == bot)
    if foreign.height and mine.join(foreign, on=["bot", "log"], how="anti").is_empty():
        yield (
            f"{foreign['log'][0]} has fills of the last 7 days, and none of their orders is in the records of {bot}, so it is the"
            f" log of another bot or its fills are not recorded; name the log and the database of one bot under bots.{bot}.local"
        )


@per_case
def _foreign(case: Case) -> pl.DataFrame:
    """Return the logs with fills, none of which is in the records of the bot that lists them: bot, log."""
    with_records = [bot.name for bot in case.desk.judged if "local" in case.legs.get(bot.name, set())]
    of_log = _filled_orders(case).filter(pl.col("bot").is_in(with_records), pl.col("ts") <= case.settled)
    return of_log.group_by("bot", "log").agg(pl.col("recorded").count()).filter(recorded=0).select("bot", "log")


@per_case
def _filled_orders(case: Case) -> pl.DataFrame:
    """Return the orders that logs have fills of: bot, log, order_id, ts, and when the bot's own records have the first, or null."""
    filled = _lines(case).filter(pl.col("what") == FILL).group_by("bot", "log", "order_id").agg(pl.col("ts").min())
    if filled.is_empty():
        return filled.with_columns(recorded=pl.lit(None, pl.Datetime("us", "UTC")))
    records = (
        case.lazy("fills")
        .filter(pl.col("leg") == "local", pl.col("ts") >= case.as_of - RECENT - _DAY, pl.col("order_id").is_not_null())
        .group_by("bot", "order_id")
        .agg(recorded=pl.col("ts").min())
        .collect()
    )
    return filled.join(records, on=["bot", "order_id"], how="left")
