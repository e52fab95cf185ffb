"""How often each bot was started anew: a bot that restarts again and again trades between its restarts, and proves nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import RECENT, Case, per_case
from deskgate.case.findings import Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.soak.controllers import controller_of, derived_files, looked_at_since
from deskgate.checks.soak.life import BRIDGE, LOG_LINES, believed, bridges, life, status_messages
from deskgate.checks.soak.own_log import misread, starts

__all__ = ["METRICS", "restarts"]

METRICS = (
    MetricSpec(
        "restarts",
        "restarts",
        EVERY_BOT,
        "Restarts that the bot's records show, from the day's start or over 24 h: its bridge says that it is online, its signs of life"
        " stop for 3 minutes or more, its log has a start or another process, or a counter since the start falls; of these the most.",
    ),
)
# Two records that come late are no silence. Hummingbot's bridge gives a heartbeat every 10 s (20260922, remote_iface/mqtt.py).
_SILENCE = timedelta(minutes=3)
_MINUTE = timedelta(minutes=1)
# A log alone that is silent for longer may be one that is written elsewhere now.
_LOG_SILENCE = timedelta(hours=1)


def restarts(case: Case, bot: str) -> list[Metric]:
    """Return how often a bot was restarted; no value where nothing of it could show a restart.

    A restart is seen where the bridge says `online` (it does at each start, and when it has its broker again), where the signs
    of life in which the bot is believed most (`life`) stop for `_SILENCE` and go on (a log's may: a bot does not always have something
    to write), where its log has a start or another process, and where the controller's count of reconnects since its start falls.
    One restart may show in all of them, so the most of them counts, of several controllers the worst.
    Where the bot has a bridge (`bridges`) that is silent in all of that time there is no value: it alone shows a restart of less
    than `_SILENCE`. Nor is there one of a bot with a log alone that does not reach over that time.
    """
    name = METRICS[0].name
    if fell_silent := _silent_bridge(case, bot):
        return [Metric(bot, name, None, 0, fell_silent)]
    mine, shown_by = (frame.filter(pl.col("bot") == bot) for frame in (life(case), believed(case)))
    if shown_by.is_empty():
        return [
            Metric(
                bot,
                name,
                None,
                0,
                f"{bot} has no minute records, heartbeats, status messages or log of late, so nothing shows a restart"
                f"{f': {why}' if (why := misread(case).get(bot)) else ''}",
            )
        ]
    seen = [(len(times), times[-1], what) for times, what in _signs(case, bot, mine) if times]
    looked_at = mine.filter(pl.col("minute") >= looked_at_since(case)).height
    if not looked_at:
        since = looked_at_since(case)
        why = f"{bot} has no {shown_by['shown_by'].item()} since {since:%Y-%m-%d %H:%M} UTC, so nothing shows a restart"
        return [Metric(bot, name, None, 0, why)]
    if LOG_LINES in shown_by["shown_by"] and (why := _log_is_short(case, bot, mine["minute"])):
        return [Metric(bot, name, None, 0, why)]
    if not seen:
        return [Metric(bot, name, 0.0, looked_at)]
    count, last, what = max(seen)
    return [Metric(bot, name, float(count), looked_at, f"{what}, the last at {last:%Y-%m-%d %H:%M} UTC")]


def _log_is_short(case: Case, bot: str, minutes: pl.Series) -> str | None:
    """Return why a log alone does not show all restarts of the judged time; None where it does. `minutes` are those with a line, sorted."""
    begins, ends = minutes[0], minutes[-1]
    if ends < case.as_of - _LOG_SILENCE:
        return f"the log of {bot} ends at {ends:%Y-%m-%d %H:%M} UTC, so a restart after it may not show"
    if begins > looked_at_since(case) + _SILENCE:
        return f"the log of {bot} begins at {begins:%Y-%m-%d %H:%M} UTC, so a restart before does not show; name its rotated files too"
    return None


def _silent_bridge(case: Case, bot: str) -> str | None:
    """Return why nothing is known of restarts where the bot's bridge said nothing in the judged time; None where it did, or has none."""
    since = looked_at_since(case)
    for last in bridges(case).filter(pl.col("bot") == bot, pl.col("last") < since)["last"]:
        return (
            f"the MQTT bridge of {bot} has sent nothing since {last:%Y-%m-%d %H:%M} UTC, so a restart after"
            f" {since:%Y-%m-%d %H:%M} UTC may not show; let it send again, or freeze a new baseline without it"
        )
    return None


def _signs(case: Case, bot: str, mine: pl.DataFrame) -> Iterator[tuple[list[datetime], str]]:
    """Yield when each sign of a restart was seen, and which it is."""
    since = looked_at_since(case)
    online = status_messages(case).filter(pl.col("bot") == bot, pl.col("says") == "online", pl.col("ts") >= since)
    yield online["ts"].to_list(), "its bridge came online"
    fell = _falls(case).filter(pl.col("bot") == bot)
    for _, each in fell.group_by("controller", maintain_order=True):
        yield each["ts"].to_list(), "its count of reconnects fell"
    yield from starts(case, bot, since)
    if LOG_LINES in mine["shown_by"]:
        return
    what = "its bridge was silent" if BRIDGE in mine["shown_by"] else "its records stopped"
    silent = mine.with_columns(after=pl.col("minute").diff().over("controller") - _MINUTE).filter(
        pl.col("after") >= _SILENCE, pl.col("minute") >= since
    )
    for _, each in silent.group_by("controller", maintain_order=True):
        yield each["minute"].to_list(), what


@per_case
def _falls(case: Case) -> pl.DataFrame:
    """Return when a controller's count of reconnects since its start was less than before: bot, controller, ts; sorted."""
    rows = (
        case.lazy("snapshots")
        .filter(pl.col("ts") >= case.as_of - RECENT, pl.col("ws_reconnect_count").is_not_null())
        .join(derived_files(case), on=["bot", "path"], how="anti")
        .sort("ts", "row_id")
        .collect()
    )
    falls = pl.col("ws_reconnect_count").diff().over("bot", "controller") < 0
    named = rows.select("bot", controller_of(), "ts", "ws_reconnect_count")
    return named.filter(falls, pl.col("ts") >= looked_at_since(case)).select("bot", "controller", "ts")
