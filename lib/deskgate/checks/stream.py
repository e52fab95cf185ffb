"""The 24 h proof of the event stream: how long it has run, its gaps, its chains, its delays, and its account.

Everything is relative to `as_of`, counts are by id, and all bots are measured in one pass over the events.
"""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import RECENT, Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import absent_leg, with_database
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.case.tolerances import border
from deskgate.checks.accounting import by_source
from deskgate.checks.baseline import in_force
from deskgate.reconciliation.fills.check import settled_fills
from deskgate.reconciliation.order_history import FINAL
from deskgate.schema import ASIDE
from deskgate.sources.registry import stream_kinds

__all__ = ["METRICS", "check", "clock_start"]

WINDOW = timedelta(hours=24)
# The typical gap is the p90 of the gaps between active minutes, a minute at least.
TYPICAL_GAP_QUANTILE = 0.9
TYPICAL_GAP_SAMPLE = 20
_MINUTE_S = 60.0

METRICS = tuple(
    MetricSpec(name, unit, EVERY_BOT, doc)
    for name, unit, doc in (
        (
            "coverage_h",
            "h",
            "Hours since the 24 h proof began: the baseline, the last anchor, or the first event after it.",
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
        (
            "unaccounted",
            "records",
            "Records read that were neither stored, known nor put in quarantine, or missed by a stream.",
        ),
        ("conflicts", "events", "Events whose id another event with other content has."),
        ("invalid_ratio", "share", "Share of the stream's records in quarantine, heartbeats and notices not counted."),
        ("missing_correlations", "share", "Share of the day's events without a correlation id."),
        (
            "dangling_correlations",
            "share",
            "Share of the day's events whose correlation id is no event's and no order's.",
        ),
        ("lag_p50_s", "s", "Median time from an event to its arrival, of the day."),
        ("lag_p99_s", "s", "Time from an event to its arrival that 99 % of the day's events do not exceed."),
        (
            "clock_skew_s",
            "s",
            "Difference between the producer's and the collector's clock, by the day's fastest events.",
        ),
        ("fills_without_event", "fills", "Fills of the day in the bot's own records that the stream lacks."),
        ("orders_without_event", "orders", "Orders of the day in the bot's own records that the stream does not name."),
    )
)


def check(case: Case) -> Findings:
    """Measure the stream of every judged bot.

    Returns
    -------
    Findings
        Per bot: `coverage_h` (hours since the clock started, or since the stream's first event after that), `gap_x` (the
        longest gap of the last 24 h, as a multiple of the stream's typical gap), `unaccounted` (records of its sources
        that were neither stored nor refused) and `conflicts`, `invalid_ratio` (of its stream, heartbeats and notices apart), `missing_correlations` and
        `dangling_correlations` (shares of the day's events), `lag_p50_s`, `lag_p99_s` and `clock_skew_s` of the day,
        and `fills_without_event` and `orders_without_event` (of the bot's own records of the day).
    """
    events = case.happened.select(
        *("bot", "ts", "arrived_at", "event_id", "event_type", "correlation_id", "order_id", "id_derived")
    )
    snapshots = _gaps(case, pl.col("event_type") == "market_snapshot")
    gaps, chains, lags = _gaps(case), _chains(case, events), _lags(case, events)
    accounts = _accounts(case)
    without, orders = _fills_without_event(case), _orders_without_event(case)
    metrics = []
    for bot in (bot.name for bot in case.desk.judged):
        absent = None if "events" in case.legs.get(bot, ()) else f"{bot}: {absent_leg(case.sources, bot, 'events')}"
        metrics += _coverage(case, bot, gaps.get(bot), absent)
        silent = absent or (None if bot in gaps else f"no event of {bot} in the last {RECENT.days} days")
        metrics.append(_snapshot_gap(case, bot, snapshots.get(bot), silent))
        metrics += chains.get(bot) or _none(bot, _CHAIN, absent or _no_events(case, bot))
        metrics += lags.get(bot) or _none(bot, _LAG, absent or _no_events(case, bot))
        metrics += accounts[bot]
        metrics.append(without[bot])
        metrics.append(orders[bot])
    return Findings(metrics)


_CHAIN = ("missing_correlations", "dangling_correlations")
_LAG = ("lag_p50_s", "lag_p99_s", "clock_skew_s")


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


def _gaps(case: Case, *which: pl.Expr) -> dict[str, pl.DataFrame]:
    """Return the gaps between the active minutes of each bot in the last days: start, end, gap_s; sorted.

    An active minute has an event, of those for which the expressions `which` hold.

    A burst is one minute, a heartbeat ends a gap. The last gap reaches to `as_of`.
    """
    minutes = (
        case.recent_events.filter(pl.col("ts") > case.as_of - RECENT, *which)
        .select("bot", pl.col("ts").dt.truncate("1m").alias("start"))
        .unique()
        .sort("bot", "start")
        .with_columns(end=pl.col("start").shift(-1).over("bot").fill_null(case.as_of))
        .with_columns(gap_s=(pl.col("end") - pl.col("start")).dt.total_microseconds() / 1e6)
    )
    return {str(bot): mine for (bot,), mine in minutes.partition_by("bot", as_dict=True, include_key=False).items()}


def _coverage(case: Case, bot: str, gaps: pl.DataFrame | None, absent: str | None) -> list[Metric]:
    names = ("coverage_h", "gap_x")
    if absent or gaps is None:
        return _none(bot, names, absent or f"no event of {bot} in the last {RECENT.days} days")
    start = clock_start(case)
    if start is None:
        why = "no baseline is frozen and no anchor is set, so nothing says since when the stream has to be whole"
        return [Metric(bot, names[0], None, 0, why), _longest_gap(case, bot, gaps)]
    started, who = start
    first = gaps["start"][0]
    begin = max(started, first)
    note = f"since {begin:%Y-%m-%d %H:%M} UTC ({who if begin == started else 'the first event on record'})"
    hours = (case.as_of - begin).total_seconds() / 3600
    return [Metric(bot, names[0], max(hours, 0.0), gaps.height, note), _longest_gap(case, bot, gaps)]


def _snapshot_gap(case: Case, bot: str, gaps: pl.DataFrame | None, absent: str | None) -> Metric:
    """Return the longest gap between market snapshots: fills that go on hide it from `gap_x`."""
    name = "snapshot_gap_x"
    if absent:
        return Metric(bot, name, None, 0, absent)
    if gaps is None:
        why = f"the stream of {bot} had no market snapshot in the last {RECENT.days} days"
        streams = case.sources.filter((pl.col("bot") == bot) & pl.col("kind").is_in(stream_kinds("mids")))
        if streams.height:
            return Metric(bot, name, None, 0, why)
        return Metric(bot, name, 0.0, 0, f"{why}, and Hummingbot's own events never have one")
    return _longest_gap(case, bot, gaps, name)


def _longest_gap(case: Case, bot: str, gaps: pl.DataFrame, name: str = "gap_x") -> Metric:
    # The last gap is not over, so it is left out of the typical gap.
    closed = gaps["gap_s"].head(-1)
    if closed.len() < TYPICAL_GAP_SAMPLE:
        why = f"{gaps.height} active minutes of {bot} are too few for a typical gap, expected {TYPICAL_GAP_SAMPLE + 1}"
        return Metric(bot, name, None, gaps.height, why)
    typical_s = max(float(closed.quantile(TYPICAL_GAP_QUANTILE, "higher") or 0.0), _MINUTE_S)
    begin = case.as_of - WINDOW
    if (start := clock_start(case)) is not None:
        # A gap before the clock started does not count.
        begin = max(begin, min(start[0], case.as_of))
    window = gaps.filter(pl.col("end") > begin).with_columns(pl.max_horizontal("start", pl.lit(begin)).alias("from"))
    if gaps["start"][0] > begin:
        before = pl.DataFrame({"from": [begin], "end": [gaps["start"][0]]}, schema=window.select("from", "end").schema)
        window = pl.concat([before, window.select("from", "end")])
    longest = window.select("from", "end", gap_s=(pl.col("end") - pl.col("from")).dt.total_microseconds() / 1e6).sort(
        "gap_s", "from"
    )
    if longest.is_empty():
        return Metric(bot, name, None, 0, f"the 24 h proof of {bot} starts at {begin:%Y-%m-%d %H:%M} UTC, or later")
    since, until, seconds = longest.row(-1)
    note = (
        f"{seconds / 60:.0f} min from {since:%Y-%m-%d %H:%M} to {until:%H:%M} UTC; the typical gap is"
        f" {typical_s / 60:.0f} min"
    )
    return Metric(bot, name, seconds / typical_s, closed.len(), note)


def _chains(case: Case, events: pl.DataFrame) -> dict[str, list[Metric]]:
    """Measure the day's correlation ids: an id is there, and it leads to an event.

    An order's chain begins with its creation, or with its failure: one that was refused was never created.
    """
    today = case.of_day(events)
    begins = pl.col("event_type").is_in(["order_created", "order_failed"])
    roots = _roots(events.lazy(), begins).collect()
    # A chain that began before the recent events is looked up by its id.
    older = today.join(roots, left_on=["bot", "correlation_id"], right_on=["bot", "id"], how="anti")
    ids = older["correlation_id"].drop_nulls().unique()
    if ids.len():
        named = pl.col("event_id").is_in(ids.implode()) | (begins & pl.col("order_id").is_in(ids.implode()))
        before = case.lazy("events").filter(~pl.col("event_type").is_in(ASIDE), named)
        roots = pl.concat([roots, _roots(before, begins).collect()]).unique()
    resolved = today.join(
        roots.with_columns(resolves=pl.lit(value=True)),
        left_on=["bot", "correlation_id"],
        right_on=["bot", "id"],
        how="left",
    )
    counted = resolved.group_by("bot").agg(
        pl.len().alias("events"),
        pl.col("correlation_id").null_count().alias("missing"),
        (pl.col("correlation_id").is_not_null() & pl.col("resolves").is_null()).sum().alias("dangling"),
        ((pl.col("correlation_id") == pl.col("event_id")) | begins).sum().alias("roots"),
    )
    found = {}
    for bot, count, missing, dangling, roots_of in counted.iter_rows():
        note = f"{dangling} of {count} lead to no event; {roots_of} are the beginning of a chain"
        found[bot] = [
            Metric(bot, _CHAIN[0], missing / count, count, f"{missing} of {count} have none"),
            Metric(bot, _CHAIN[1], dangling / count, count, note),
        ]
    return found


def _roots(events: pl.LazyFrame, begins: pl.Expr) -> pl.LazyFrame:
    """Return what a correlation id may lead to, once: bot, id."""
    return (
        pl.concat([events.select("bot", id="event_id"), events.filter(begins).select("bot", id="order_id")])
        .drop_nulls()
        .unique()
    )


def _lags(case: Case, events: pl.DataFrame) -> dict[str, list[Metric]]:
    """Measure how long the day's events took to arrive, and how far the producer's clock is from the collector's."""
    lag = (pl.col("arrived_at") - pl.col("ts")).dt.total_microseconds() / 1e6
    counted = (
        case.of_day(events)
        .drop_nulls("arrived_at")
        .select("bot", lag=lag)
        .group_by("bot")
        .agg(
            pl.len(),
            pl.col("lag").quantile(0.5, "higher").alias("p50"),
            pl.col("lag").quantile(0.99, "higher").alias("p99"),
            pl.col("lag").quantile(0.01, "lower").alias("p01"),
        )
    )
    found = {}
    for bot, count, p50, p99, p01 in counted.iter_rows():
        # The fastest events have next to no transport time: the rest of their lag is the difference of the clocks.
        ahead = f"the producer's clock is {-p01:.1f} s ahead" if p01 < 0 else f"the quickest events took {p01:.1f} s"
        found[bot] = [
            Metric(bot, _LAG[0], max(p50, 0.0), count, None),
            Metric(bot, _LAG[1], max(p99, 0.0), count, None),
            Metric(bot, _LAG[2], abs(p01), count, ahead),
        ]
    return found


def _accounts(case: Case) -> dict[str, list[Metric]]:
    names = ("unaccounted", "conflicts", "invalid_ratio")
    account = by_source(case.frames["ledger"])
    listed = case.sources.select("bot", "path").unique().join(account, on="path", how="inner")
    found = {}
    for bot in (bot.name for bot in case.desk.judged):
        mine = listed.filter(pl.col("bot") == bot)
        if mine.is_empty():
            found[bot] = _none(bot, names, f"no account is kept of any source of {bot}")
            continue
        lost = mine.filter(pl.col("unaccounted") > 0)
        where = (
            f"in {', '.join(lost['path'].head(3))}"
            if lost.height
            else f"{mine['read'].sum():,} records of {mine.height} sources"
        )
        stream = mine.filter(pl.col("leg") == "events")
        read = int((stream["read"] - stream["heartbeats"] - stream["notices"]).sum())
        found[bot] = [
            Metric(bot, names[0], float(mine["unaccounted"].sum()), int(mine["read"].sum()), where),
            Metric(bot, names[1], float(stream["conflicts"].sum()), read, None)
            if stream.height
            else Metric(bot, names[1], None, 0, f"{bot}: {absent_leg(case.sources, bot, 'events')}"),
            Metric(bot, names[2], int(stream["quarantined"].sum()) / read, read, None)
            if read
            else Metric(bot, names[2], None, 0, f"no record of the stream of {bot} was read"),
        ]
    return found


def _fills_without_event(case: Case) -> dict[str, Metric]:
    name, today = "fills_without_event", case.of_day(settled_fills(case)).filter("in_local")
    found = {}
    for bot in (bot.name for bot in case.desk.judged):
        lacking = [leg for leg in ("events", "local") if leg not in case.legs.get(bot, set())]
        mine = today.filter(pl.col("bot") == bot)
        if lacking:
            found[bot] = Metric(bot, name, None, 0, f"{bot}: {absent_leg(case.sources, bot, lacking[0])}")
        elif mine.is_empty():
            found[bot] = Metric(bot, name, None, 0, f"{bot} has no fill of {case.day} in its own record to look for")
        else:
            found[bot] = Metric(bot, name, float((~mine["in_events"]).sum()), mine.height, None)
    return found


def _orders_without_event(case: Case) -> dict[str, Metric]:
    """Count the orders that the database made, or ended, on the day and settled, of which the stream does not say so."""
    name = "orders_without_event"
    ended = pl.col("status").is_in(FINAL)
    # An event of the last second may be of the next day.
    near = pl.col("ts").is_between(case.start - border(), case.start + WINDOW + border())
    own_day = case.in_day() & (pl.col("ts") <= case.settled)
    named = case.lazy("orders").filter(near, pl.col("order_id").is_not_null())
    states = named.select("bot", "leg", "order_id", ended=ended, mine=own_day).unique().collect()
    told = states.filter(pl.col("leg") == "events").drop("leg", "mine")
    own = states.filter((pl.col("leg") == "local") & pl.col("mine")).drop("leg", "mine")
    lacking = own.join(told, on=["bot", "order_id", "ended"], how="anti")
    found = {}
    for bot in (bot.name for bot in case.desk.judged):
        known = own.filter(pl.col("bot") == bot)["order_id"].n_unique()
        absent = next((leg for leg in ("events", "local") if leg not in case.legs.get(bot, set())), None)
        if absent:
            found[bot] = Metric(bot, name, None, 0, f"{bot}: {absent_leg(case.sources, bot, absent)}")
        elif bot not in with_database(case.sources):
            found[bot] = _orders_of_fills(case, bot, told)
        elif not known:
            found[bot] = Metric(bot, name, None, 0, f"{bot} has no order of {case.day} in its database to look for")
        else:
            lost = lacking.filter(pl.col("bot") == bot)["order_id"].n_unique()
            found[bot] = Metric(bot, name, float(lost), known)
    return found


def _orders_of_fills(case: Case, bot: str, told: pl.DataFrame) -> Metric:
    """Count the orders that a bot without a database of orders names in its fills of the day, and its stream nowhere."""
    name = "orders_without_event"
    fills = settled_fills(case).filter(pl.col("bot") == bot)
    own = case.of_day(fills.filter("in_local"))["order_id_local"].drop_nulls().unique()
    if own.is_empty():
        why = f"{bot} keeps no database of orders, and names no order in its fills of {case.day}"
        return Metric(bot, name, None, 0, why)
    heard = pl.concat([fills["order_id_events"], told.filter(pl.col("bot") == bot)["order_id"]]).drop_nulls()
    lost = own.filter(~own.is_in(heard.unique().implode()))
    note = f"{bot} keeps no database of orders: those of its fills"
    return Metric(bot, name, float(lost.len()), own.len(), note)


def _no_events(case: Case, bot: str) -> str:
    return f"no event of {bot} is dated {case.day} and says when it arrived; a file's name does not date its rows"


def _none(bot: str, names: tuple[str, ...], why: str) -> list[Metric]:
    return [Metric(bot, name, None, 0, why) for name in names]
