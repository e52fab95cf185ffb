"""The soak: did each bot, and the export of its account, run through the last 24 hours without a hole?"""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import export_kinds, readable_exports
from deskgate.case.metric_spec import EVERY_BOT, WITH_ACCOUNT, MetricSpec
from deskgate.sources.registry import account_kinds

__all__ = ["METRICS", "WINDOW", "check", "covered_minutes"]

WINDOW = timedelta(hours=24)
MINUTES = int(WINDOW / timedelta(minutes=1))

METRICS = (
    MetricSpec("snapshot_coverage", "share", EVERY_BOT, "Share of the minutes of the last 24 h with a minute record."),
    MetricSpec(
        "snapshot_gap_min", "min", EVERY_BOT, "Longest run of minutes without a minute record in the last 24 h."
    ),
    MetricSpec("hard_stop_min", "min", EVERY_BOT, "Minutes of the day in the state hard_stop."),
    MetricSpec("positions_gap_h", "h", WITH_ACCOUNT, "Longest time without an export of positions in the last 24 h."),
    MetricSpec("positions_age_h", "h", WITH_ACCOUNT, "Age of the last export of positions at the run's instant."),
    MetricSpec("balance_gap_h", "h", WITH_ACCOUNT, "Longest time without an export of balances in the last 24 h."),
    MetricSpec("balance_age_h", "h", WITH_ACCOUNT, "Age of the last export of balances at the run's instant."),
)


def check(case: Case) -> Findings:
    """Measure the 24 h up to `as_of`.

    Returns
    -------
    Findings
        Per bot: `snapshot_coverage` (share of the minutes with a stored snapshot), `snapshot_gap_min` (the longest
        run of minutes without one), `hard_stop_min` (minutes of the day in state hard_stop), and of the exports of
        positions and of balances `..._gap_h` (the longest time without one in the window) and `..._age_h` (how old the
        last one is at `as_of`).
    """
    minutes = covered_minutes(case)
    return Findings(
        [
            metric
            for bot in case.desk.judged
            for metric in (
                *_snapshots(case, minutes, bot.name),
                *_exports(case, bot.name, "positions", "positions"),
                *_exports(case, bot.name, "balance", "balances"),
            )
        ]
    )


def covered_minutes(case: Case) -> pl.DataFrame:
    """Return the minutes of the window with a snapshot: bot, minute; one row each, sorted."""
    return (
        case.frames["snapshots"]
        .filter((pl.col("ts") >= case.as_of - WINDOW) & (pl.col("ts") < case.as_of))
        .select("bot", pl.col("ts").dt.truncate("1m").alias("minute"))
        .unique()
        .sort("bot", "minute")
    )


def _snapshots(case: Case, minutes: pl.DataFrame, bot: str) -> list[Metric]:
    names = ("snapshot_coverage", "snapshot_gap_min", "hard_stop_min")
    ever = case.frames["snapshots"].filter(pl.col("bot") == bot)
    if ever.is_empty():
        why = f"{bot} has no minute snapshots (a controller's minute.csv), so nothing shows that it ran"
        return [Metric(bot, name, None, 0, why) for name in names]
    mine = minutes.filter(pl.col("bot") == bot).get_column("minute")
    last = ever.sort("ts").get_column("ts")[-1]
    note = f"its last snapshot is of {last:%Y-%m-%d %H:%M} UTC"
    begin = (case.as_of - WINDOW).replace(second=0, microsecond=0)
    edges = pl.concat(
        [pl.Series([begin - timedelta(minutes=1)], dtype=mine.dtype), mine, pl.Series([case.as_of], dtype=mine.dtype)]
    )
    gaps = edges.diff().drop_nulls().dt.total_seconds() / 60 - 1
    today = case.of_day(ever)
    stopped = today.filter(pl.col("state") == "hard_stop")
    stop = Metric(bot, names[2], float(stopped.height), today.height, _stop_note(stopped) or note)
    silent = today.filter(pl.col("state").is_null()).height
    if silent:
        stop = Metric(bot, names[2], None, 0, f"{silent} of {today.height} snapshots of {bot} do not say its state")
    if today.is_empty():
        stop = Metric(bot, names[2], None, 0, f"{bot} has no snapshot of {case.day}; {note}")
    longest = gaps.max()
    return [
        Metric(bot, names[0], min(mine.len() / MINUTES, 1.0), mine.len(), note),
        Metric(bot, names[1], max(float(longest), 0.0) if isinstance(longest, float) else None, mine.len(), note),
        stop,
    ]


def _stop_note(stopped: pl.DataFrame) -> str | None:
    if stopped.is_empty():
        return None
    first, reasons = stopped.sort("ts").select("ts", "risk_reasons").row(0)
    return f"first at {first:%H:%M} UTC, the bot's reasons: {reasons or 'none given'}"


def _exports(case: Case, bot: str, kind: str, table: str) -> list[Metric]:
    names = (f"{kind}_gap_h", f"{kind}_age_h")
    kinds = account_kinds(table)
    if not export_kinds(case.sources, bot) & set(kinds):
        return [Metric(bot, name, None, 0, f"{bot} has no {kind} export of the venue") for name in names]
    mine = readable_exports(case.sources, bot).filter(pl.col("kind").is_in(kinds))
    if table == "balances":
        mine = mine.filter(pl.col("rows") > 0)  # an account has a balance, if only one of zero; it may have no position
    stamps = mine.get_column("exported_at").drop_nulls().unique().sort()
    if stamps.is_empty():
        return [Metric(bot, name, None, 0, f"no {kind} export of {bot} says of when it is") for name in names]
    inside = stamps.filter((stamps > case.as_of - WINDOW) & (stamps <= case.as_of))
    before = stamps.filter(stamps <= case.as_of - WINDOW)
    # The gap that reaches into the window began at the last export before it; with none before, at its edge.
    left = before.tail(1) if before.len() else pl.Series([case.as_of - WINDOW], dtype=stamps.dtype)
    edges = pl.concat([left, inside, pl.Series([case.as_of], dtype=stamps.dtype)])
    gaps = edges.diff().drop_nulls().dt.total_seconds() / 3600
    note = f"{inside.len()} {kind} exports in the window, the last of {stamps[-1]:%Y-%m-%d %H:%M} UTC"
    return [
        Metric(bot, names[0], float(gaps.sort()[-1]), inside.len(), note),
        Metric(bot, names[1], float(gaps[-1]), inside.len(), note),
    ]
