"""Where the life of each bot is on record, in the order in which it is believed.

1. The minute records of its controllers (minute.csv): each strategy writes its own.
2. Heartbeats and status messages of its MQTT bridge: its process lives, and of no strategy is anything said.
3. State snapshots in its stream.
4. Lines of its log: the coarsest, for a bot that has nothing to write lives too.

The first of these that a bot has since the frozen baseline, or in the last 7 days without one, counts alone: where it falls silent,
what is believed less is no life. What a file derived from another one says is none either.
"""

import polars as pl

from deskgate.case.baselines import in_force
from deskgate.case.case import RECENT, Case, per_case
from deskgate.case.stream_minutes import stream_minutes
from deskgate.checks.soak.controllers import controllers, derived_files, records
from deskgate.checks.soak.own_log import log_minutes
from deskgate.measures.minutes import minute_of
from deskgate.schema import HEARTBEAT, NOTICE
from deskgate.sources.hummingbot.topics import STATUS

__all__ = ["BRIDGE", "LOG_LINES", "MINUTE_RECORDS", "SNAPSHOTS", "believed", "bridges", "life", "status_messages"]

MINUTE_RECORDS = "minute records"
BRIDGE, SNAPSHOTS = "heartbeats and status messages of its bridge", "state snapshots in its stream"
LOG_LINES = "lines of its log"
# The most believed first.
_ORDER = (MINUTE_RECORDS, BRIDGE, SNAPSHOTS, LOG_LINES)


@per_case
def life(case: Case) -> pl.DataFrame:
    """Return the minutes in which each judged bot showed life, by what is believed of it most.

    Returns
    -------
    polars.DataFrame
        bot, shown_by (one of four), controller (of minute records; else empty), minute; one row each, sorted. Of minute records
        those of `records`, of the others those of the last 7 days.
    """
    own = records(case).select("bot", shown_by=pl.lit(MINUTE_RECORDS), controller="controller", minute=minute_of("ts"))
    names = [bot.name for bot in case.desk.judged]
    found = (
        pl.concat([own, _others(case)]).join(believed(case), on=["bot", "shown_by"]).filter(pl.col("bot").is_in(names))
    )
    return found.unique().sort("bot", "controller", "minute")


@per_case
def believed(case: Case) -> pl.DataFrame:
    """Return by what each bot's life is judged, silent or not: bot, shown_by (one of four); a bot that has none is left out."""
    # One that is expected to write and has written nothing of late is no less believed for it.
    expected = pl.concat(
        [
            controllers(case).select("bot", shown_by=pl.lit(MINUTE_RECORDS)).unique(),
            bridges(case).select("bot", shown_by=pl.lit(BRIDGE)),
        ]
    )
    rank = pl.col("shown_by").replace_strict({name: place for place, name in enumerate(_ORDER)})
    return (
        pl.concat([expected, _others(case).select("bot", "shown_by").unique()])
        .sort("bot", rank)
        .unique("bot", keep="first", maintain_order=True)
    )


@per_case
def _others(case: Case) -> pl.DataFrame:
    """Return the minutes of the last 7 days with a sign of life that is no minute record: the columns of `life`."""
    signs = pl.concat(
        [
            _of_stream(case),
            status_messages(case).select("bot", pl.lit(BRIDGE).alias("shown_by"), "ts"),
            log_minutes(case).select("bot", pl.lit(LOG_LINES).alias("shown_by"), "ts"),
        ]
    )
    return signs.select("bot", "shown_by", controller=pl.lit(""), minute=minute_of("ts"))


@per_case
def status_messages(case: Case) -> pl.DataFrame:
    """Return the status messages of the last 7 days: bot, ts, says (`online`, `offline`, ...; null for another kind of message)."""
    rows = case.lazy("events").filter(pl.col("ts") >= case.as_of - RECENT, _is_status())
    is_availability = pl.col("payload").str.json_path_match("$.type") == "availability"
    says = pl.when(is_availability).then(pl.col("payload").str.json_path_match("$.msg"))
    return (
        rows.join(derived_files(case), on=["bot", "path"], how="anti")
        .select("bot", "ts", says=says)
        .collect()
        .sort("bot", "ts", "says")
    )


@per_case
def bridges(case: Case) -> pl.DataFrame:
    """Return the bots whose MQTT bridge has sent a heartbeat or a status message since the frozen baseline.

    Without a baseline those of the last 7 days. Whoever switches a bridge off changes the configuration, and freezes anew.

    Returns
    -------
    polars.DataFrame
        bot, last (the newest of these messages): one row per judged bot with a bridge, sorted.
    """
    frozen = in_force(case.frames["baselines"])
    since = frozen.effective_at if frozen else case.as_of - RECENT
    recent, names = pl.col("ts") >= case.as_of - RECENT, [bot.name for bot in case.desk.judged]
    rows = (
        case.lazy("events")
        .filter(pl.col("ts") >= since, (pl.col("event_type") == HEARTBEAT) | _is_status(), pl.col("bot").is_in(names))
        .join(derived_files(case), on=["bot", "path"], how="anti")
    )
    found = _last_message(rows.filter(recent))
    # Older messages are looked up only for those that have none of late.
    heard = pl.col("bot").is_in(found["bot"].implode())
    older = _last_message(rows.filter(~recent, ~heard)) if since < case.as_of - RECENT else found.clear()
    return pl.concat([found, older]).sort("bot")


def _last_message(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.group_by("bot").agg(last=pl.col("ts").max()).collect(engine="streaming")


def _is_status() -> pl.Expr:
    return (pl.col("event_type") == NOTICE) & pl.col("producer").str.ends_with(STATUS)


def _of_stream(case: Case) -> pl.DataFrame:
    kinds = {HEARTBEAT: BRIDGE, "state_snapshot": SNAPSHOTS}
    rows = stream_minutes(case).filter(pl.col("last") >= case.as_of - RECENT, pl.col("event_type").is_in(list(kinds)))
    own = rows.lazy().join(derived_files(case), on=["bot", "path"], how="anti").collect()
    return own.select("bot", shown_by=pl.col("event_type").replace_strict(kinds, return_dtype=pl.String), ts="minute")
