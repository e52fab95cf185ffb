"""The 24 h proof of the event stream: how long it has run without a gap, and the gaps between its market snapshots."""

from datetime import datetime, timedelta
from typing import NamedTuple

import polars as pl

from deskgate.case.baselines import in_force
from deskgate.case.case import RECENT, Case, per_case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import absent_leg
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.case.stream_minutes import stream_minutes
from deskgate.sources.registry import stream_kinds

__all__ = ["METRICS", "check", "clock_start", "longest_gap"]

WINDOW = timedelta(hours=24)
# The typical gap is the p90 of the gaps between active minutes, a minute at least.
TYPICAL_GAP_QUANTILE = 0.9
TYPICAL_GAP_SAMPLE = 20
_MINUTE_S = 60.0

METRICS = tuple(
    MetricSpec(name, unit, EVERY_BOT, doc, leg="events")
    for name, unit, doc in (
        (
            "coverage_h",
            "h",
            "Hours since the 24 h proof began: the baseline, the last anchor, or the first event after it; no value where the last"
            " 24 h have no event.",
        ),
        (
            "gap_x",
            "times the typical gap",
            "Longest gap of the last 24 h over the typical one: the p90 of the last 7 days.",
        ),
        (
            "snapshot_gap_x",
            "times the typical gap",
            "Longest gap of the last 24 h between the stream's market snapshots over the typical one.",
        ),
    )
)


def check(case: Case) -> Findings:
    """Measure the 24 h proof of every judged bot's stream.

    Returns
    -------
    Findings
        Per bot: `coverage_h` (hours since the clock started, or since the stream's first event after that), `gap_x` and
        `snapshot_gap_x` (the longest gap of the last 24 h, as a multiple of the stream's typical gap).
    """
    gaps, snapshots = _event_gaps(case), _snapshot_gaps(case)
    metrics = []
    for bot in (bot.name for bot in case.desk.judged):
        absent = None if "events" in case.legs.get(bot, ()) else f"{bot}: {absent_leg(case.sources, bot, 'events')}"
        silent = absent or (None if bot in gaps else f"no event of {bot} in the last {RECENT.days} days")
        metrics += _coverage(case, bot, gaps.get(bot), silent)
        metrics.append(_snapshot_gap(case, bot, snapshots.get(bot), silent))
    return Findings(metrics)


@per_case
def clock_start(case: Case) -> tuple[datetime, str] | None:
    """Return when the clock of the 24 h proof starts and by whose record: the baseline or a later reset; None without one."""
    starts: list[tuple[datetime, str]] = []
    if frozen := in_force(case.frames["baselines"]):
        starts.append((frozen.effective_at, f"baseline frozen by {frozen.by}: {frozen.why}"))
    resets = case.frames["anchors"].sort("effective_at", "recorded_at")
    starts += [
        (row["effective_at"], f"anchor reset by {row['by']}: {row['why']}") for row in resets.iter_rows(named=True)
    ]
    return max(starts, key=lambda start: start[0], default=None)


class _Gaps(NamedTuple):
    """The gaps between the active minutes of a bot in the last days (start, end, gap_s; sorted), and the longest that counts.

    A burst is one minute, a heartbeat ends a gap. The last gap reaches to `as_of`.
    """

    each: pl.DataFrame
    longest: tuple[datetime, datetime, float] | None


@per_case
def _event_gaps(case: Case) -> dict[str, _Gaps]:
    return _gaps(case)


@per_case
def _snapshot_gaps(case: Case) -> dict[str, _Gaps]:
    return _gaps(case, pl.col("event_type") == "market_snapshot")


def _gaps(case: Case, *which: pl.Expr) -> dict[str, _Gaps]:
    """Return the gaps of each bot; an active minute has an event, of those for which the expressions `which` hold."""
    minutes = (
        stream_minutes(case)
        .filter(pl.col("last") > case.as_of - RECENT, *which)
        .select("bot", start="minute")
        .unique()
        .sort("bot", "start")
        .with_columns(end=pl.col("start").shift(-1).over("bot").fill_null(case.as_of))
        .with_columns(gap_s=(pl.col("end") - pl.col("start")).dt.total_microseconds() / 1e6)
    )
    parts = minutes.partition_by("bot", as_dict=True, include_key=False)
    return {str(bot): _Gaps(mine, _longest(case, mine)) for (bot,), mine in parts.items()}


def _coverage(case: Case, bot: str, gaps: _Gaps | None, silent: str | None) -> list[Metric]:
    names = ("coverage_h", "gap_x")
    if gaps is None:
        return [Metric(bot, name, None, 0, silent) for name in names]
    if (last := gaps.each["start"][-1]) <= case.as_of - WINDOW:
        why = f"the last event of {bot} is of {last:%Y-%m-%d %H:%M} UTC, more than 24 h before the run's instant"
        return [Metric(bot, names[0], None, 0, why), _longest_gap(case, bot, gaps)]
    start = clock_start(case)
    if start is None:
        why = "no baseline is frozen and no anchor is set, so nothing says since when the stream has to be whole"
        return [Metric(bot, names[0], None, 0, why), _longest_gap(case, bot, gaps)]
    started, who = start
    first = gaps.each["start"][0]
    begin = max(started, first)
    note = f"since {begin:%Y-%m-%d %H:%M} UTC ({who if begin == started else 'the first event on record'})"
    hours = (case.as_of - begin).total_seconds() / 3600
    return [Metric(bot, names[0], max(hours, 0.0), gaps.each.height, note), _longest_gap(case, bot, gaps)]


def _snapshot_gap(case: Case, bot: str, gaps: _Gaps | None, silent: str | None) -> Metric:
    """Return the longest gap between market snapshots: fills that go on hide it from `gap_x`."""
    name = "snapshot_gap_x"
    if silent:
        return Metric(bot, name, None, 0, silent)
    if gaps is None:
        why = f"the stream of {bot} had no market snapshot in the last {RECENT.days} days"
        streams = case.sources.filter((pl.col("bot") == bot) & pl.col("kind").is_in(stream_kinds("mids")))
        if streams.height:
            return Metric(bot, name, None, 0, why)
        return Metric(bot, name, 0.0, 0, f"{why}, and Hummingbot's own events never have one")
    return _longest_gap(case, bot, gaps, name)


def longest_gap(case: Case, bot: str, *, snapshots: bool = False) -> tuple[datetime, datetime, float] | None:
    """Return the gap that `gap_x` is of: from, until, and the typical gap in seconds; None where there is no typical one.

    With `snapshots` that of `snapshot_gap_x`.
    """
    gaps = (_snapshot_gaps if snapshots else _event_gaps)(case).get(bot)
    return gaps.longest if gaps else None


def _longest_gap(case: Case, bot: str, gaps: _Gaps, name: str = "gap_x") -> Metric:
    found, height = gaps.longest, gaps.each.height
    closed = height - 1
    if found is None and closed < TYPICAL_GAP_SAMPLE:
        why = f"{height} active minutes of {bot} are too few for a typical gap, expected {TYPICAL_GAP_SAMPLE + 1}"
        return Metric(bot, name, None, height, why)
    if found is None:
        begin = _window_start(case)
        return Metric(bot, name, None, 0, f"the 24 h proof of {bot} starts at {begin:%Y-%m-%d %H:%M} UTC, or later")
    since, until, typical_s = found
    seconds = (until - since).total_seconds()
    note = (
        f"{seconds / 60:.0f} min from {since:%Y-%m-%d %H:%M} to {until:%H:%M} UTC; the typical gap is"
        f" {typical_s / 60:.0f} min"
    )
    return Metric(bot, name, seconds / typical_s, closed, note)


def _longest(case: Case, gaps: pl.DataFrame) -> tuple[datetime, datetime, float] | None:
    # The last gap is not over, so it is left out of the typical gap.
    closed = gaps["gap_s"].head(-1)
    if closed.len() < TYPICAL_GAP_SAMPLE:
        return None
    typical_s = max(float(closed.quantile(TYPICAL_GAP_QUANTILE, "higher") or 0.0), _MINUTE_S)
    begin = _window_start(case)
    window = gaps.filter(pl.col("end") > begin).with_columns(pl.max_horizontal("start", pl.lit(begin)).alias("from"))
    if gaps["start"][0] > begin:
        before = pl.DataFrame({"from": [begin], "end": [gaps["start"][0]]}, schema=window.select("from", "end").schema)
        window = pl.concat([before, window.select("from", "end")])
    longest = window.select("from", "end", length=pl.col("end") - pl.col("from")).sort("length", "from")
    return None if longest.is_empty() else (*longest.select("from", "end").row(-1), typical_s)


def _window_start(case: Case) -> datetime:
    """Return from when gaps count: 24 h before the instant, or when the clock started."""
    begin, start = case.as_of - WINDOW, clock_start(case)
    return begin if start is None else max(begin, min(start[0], case.as_of))
