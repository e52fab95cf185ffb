"""The events of the stream: their account, their chains, and how long they took to arrive.

Counts are by id, and all bots are measured in one pass over the events. How long the stream has been whole is measured in
`stream_gaps`, what it lost of the bot's records in `stream_losses`.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import absent_leg
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.accounting import by_source, last_reading
from deskgate.config.plural import count_of
from deskgate.schema import ASIDE

__all__ = ["METRICS", "check", "delays"]

METRICS = tuple(
    # All but the account of records, which are of each leg, are of the stream alone.
    MetricSpec(name, unit, EVERY_BOT, doc, leg="" if name == "unaccounted" else "events")
    for name, unit, doc in (
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
    )
)
_CHAIN = ("missing_correlations", "dangling_correlations")
_LAG = ("lag_p50_s", "lag_p99_s", "clock_skew_s")


def check(case: Case) -> Findings:
    """Measure the events of every judged bot's stream.

    Returns
    -------
    Findings
        Per bot: `unaccounted` (records of its sources that were neither stored nor refused) and `conflicts`,
        `invalid_ratio` (of its stream, heartbeats and notices apart), `missing_correlations` and `dangling_correlations`
        (shares of the day's events), and `lag_p50_s`, `lag_p99_s` and `clock_skew_s` of the day.
    """
    chains, lags, accounts = _chains(case), _lags(case), _accounts(case)
    metrics = []
    for bot in (bot.name for bot in case.desk.judged):
        absent = None if "events" in case.legs.get(bot, ()) else f"{bot}: {absent_leg(case.sources, bot, 'events')}"
        metrics += chains.get(bot) or _none(bot, _CHAIN, absent or _no_events(case, bot))
        metrics += lags.get(bot) or _none(bot, _LAG, absent or _no_events(case, bot))
        metrics += accounts[bot]
    return Findings(metrics)


def _chains(case: Case) -> dict[str, list[Metric]]:
    """Measure the day's correlation ids: an id is there, and it leads to an event.

    An order's chain begins with its creation, or with its failure: one that was refused was never created. Most events lead
    to themselves, so that few ids are looked for.
    """
    today, begins = case.happened.filter(case.in_day()), pl.col("event_type").is_in(["order_created", "order_failed"])
    itself = pl.col("correlation_id") == pl.col("event_id")
    counted = (
        today.group_by("bot")
        .agg(
            pl.len().alias("events"),
            pl.col("correlation_id").null_count().alias("missing"),
            (itself | begins).sum().alias("roots"),
        )
        .collect(engine="streaming")
    )
    wanted = (
        today.filter(pl.col("correlation_id").is_not_null(), ~itself)
        .group_by("bot", id="correlation_id")
        .agg(pl.len().alias("dangling"))
        .collect(engine="streaming")
    )
    # A chain that began before the recent events is looked up afterwards.
    for events in (case.happened, case.lazy("events").filter(~pl.col("event_type").is_in(ASIDE))):
        if wanted.height:
            wanted = wanted.join(_roots(events, begins, wanted), on=["bot", "id"], how="anti")
    dangling_of = wanted.group_by("bot").agg(pl.col("dangling").sum())
    counted = counted.join(dangling_of, on="bot", how="left").with_columns(pl.col("dangling").fill_null(0))
    found = {}
    for bot, count, missing, roots_of, dangling in counted.iter_rows():
        note = f"{dangling} of {count} lead to no event; {roots_of} are the beginning of a chain"
        found[bot] = [
            Metric(bot, _CHAIN[0], missing / count, count, f"{missing} of {count} have none"),
            Metric(bot, _CHAIN[1], dangling / count, count, note),
        ]
    return found


def _roots(events: pl.LazyFrame, begins: pl.Expr, wanted: pl.DataFrame) -> pl.DataFrame:
    """Return which of some correlation ids lead to one of these events: bot, id."""
    places = [events.select("bot", id="event_id"), events.filter(begins).select("bot", id="order_id")]
    found = [each.join(wanted.lazy(), on=["bot", "id"], how="semi") for each in places]
    return pl.concat(pl.collect_all(found, engine="streaming"))


def delays(case: Case) -> pl.LazyFrame:
    """Return how long each of the day's events took to arrive, where the source says so: bot, lag_s, in no particular order."""
    lag = (pl.col("arrived_at") - pl.col("ts")).dt.total_microseconds() / 1e6
    return case.happened.filter(case.in_day(), pl.col("arrived_at").is_not_null()).select("bot", lag_s=lag)


def _lags(case: Case) -> dict[str, list[Metric]]:
    """Measure how long the day's events took to arrive, and how far the producer's clock is from the collector's."""
    counted = (
        delays(case)
        .collect(engine="streaming")
        .group_by("bot")
        .agg(
            pl.len(),
            pl.col("lag_s").quantile(0.5, "higher").alias("p50"),
            pl.col("lag_s").quantile(0.99, "higher").alias("p99"),
            pl.col("lag_s").quantile(0.01, "lower").alias("p01"),
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
    # What was lost is lost in whichever reading; everything else is of the source as it was last read.
    lost_of = by_source(case.frames["ledger"]).select("path", "unaccounted")
    account = by_source(last_reading(case.frames["ledger"])).drop("unaccounted").join(lost_of, on="path")
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
            else f"{count_of(mine['read'].sum(), 'record', spec=',')} of {count_of(mine.height, 'source')}"
        )
        stream = mine.filter(pl.col("leg") == "events")
        read, of_stream = (
            int(mine["read"].sum()),
            int((stream["read"] - stream["heartbeats"] - stream["notices"]).sum()),
        )
        # A source of which nothing was read lost nothing, and shows nothing.
        unaccounted = (
            Metric(bot, names[0], float(mine["unaccounted"].sum()), read, where)
            if read or lost.height
            else Metric(bot, names[0], None, 0, f"no record of any source of {bot} was read")
        )
        found[bot] = [unaccounted, *_conflicts(case, bot, stream, of_stream)]
    return found


def _conflicts(case: Case, bot: str, stream: pl.DataFrame, read: int) -> list[Metric]:
    """Return how many of the records of a stream contradict another one, and the share of them that is in quarantine."""
    names = ("conflicts", "invalid_ratio")
    if stream.is_empty():
        return _none(bot, names, f"{bot}: {absent_leg(case.sources, bot, 'events')}")
    if not read:
        return _none(bot, names, f"no record of the stream of {bot} was read")
    counts = (float(stream["conflicts"].sum()), int(stream["quarantined"].sum()) / read)
    return [Metric(bot, name, count, read) for name, count in zip(names, counts, strict=True)]


def _no_events(case: Case, bot: str) -> str:
    return f"no event of {bot} is dated {case.day} and says when it arrived; a file's name does not date its rows"


def _none(bot: str, names: tuple[str, ...], why: str) -> list[Metric]:
    return [Metric(bot, name, None, 0, why) for name in names]
