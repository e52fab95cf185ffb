"""The bot's and the collector's clock against the venue's, over the fills that both have.

Hummingbot stamps a fill when it processes it, with its own whole-second tick; the collector stamps when a message arrives.
So a record may be late: a fill that the websocket missed is polled, after 120 s at worst, and one of an outage comes hours
later. But nobody has a fill on record before it happened: such a clock is behind, or the venue's is ahead.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import absent_leg
from deskgate.case.markets import incomparable
from deskgate.case.metric_spec import WITH_ACCOUNT, MetricSpec
from deskgate.case.values import without_inverse_values
from deskgate.reconciliation.breaks.counts import kind_metrics, tally
from deskgate.reconciliation.fills.times import KIND, fill_times, misdated

__all__ = ["METRICS", "check"]

CLOCKS = (
    MetricSpec(
        "clock_early_s",
        "s",
        WITH_ACCOUNT,
        "By how much the bot, or the collector, has a fill of the day on record before the venue; the most.",
    ),
    MetricSpec(
        "clock_offset_s",
        "s",
        WITH_ACCOUNT,
        "Difference between the bot's time of a fill and the venue's, without sign; the day's median.",
    ),
    MetricSpec(
        "fill_late_s",
        "s",
        WITH_ACCOUNT,
        "Delay of a fill of the day that the bot recorded while it heard from the venue; the most.",
    ),
)
_NAMES = tuple(spec.name for spec in CLOCKS)
METRICS = (
    *CLOCKS,
    *kind_metrics(
        KIND, WITH_ACCOUNT, "fills that the bot has before the venue, or later than polling or an outage explains"
    ),
)


def check(case: Case) -> Findings:
    """Compare the clocks over the day's fills that the venue and a leg of the bot have.

    Returns
    -------
    Findings
        A break for each fill of any day that no clock's error, poll or outage explains. Per bot with a venue account their
        number and the three metrics of the clocks, none where no fill of the day is in both. Which clock is off is in
        the note: the bot's, the collector's, or where both agree, theirs or the venue's.
    """
    fills, breaks = _offsets(case), without_inverse_values(case, misdated(case))
    return Findings(
        [
            metric
            for bot in case.desk.judged
            for metric in (*_measure(case, bot.name, fills), *_count(case, bot.name, fills, breaks))
        ],
        breaks,
    )


def _count(case: Case, bot: str, fills: pl.DataFrame, breaks: pl.DataFrame) -> list[Metric]:
    legs = case.legs.get(bot, set())
    lacks = None if "exchange" in legs else f"{bot}: {absent_leg(case.sources, bot, 'exchange')}"
    compared = fills.filter(pl.col("bot") == bot).height
    return tally(case, bot, KIND, breaks, compared, lacks or incomparable(case, bot))


def _offsets(case: Case) -> pl.DataFrame:
    """Return the day's `fill_times` with `early` and `arrived` (s before and after the venue)."""
    fills = case.of_day(fill_times(case), "ts_exchange")
    arrivals = (
        case.happened.filter(pl.col("event_type") == "order_filled", pl.col("arrived_at").is_not_null())
        .group_by("bot", "trade_id")
        .agg(pl.col("arrived_at").min())
        .drop_nulls("trade_id")
        .collect()
    )
    arrived = (pl.col("arrived_at") - pl.col("ts_exchange")).dt.total_microseconds() / 1e6
    return fills.join(arrivals, on=["bot", "trade_id"], how="left", maintain_order="left").with_columns(
        early=-pl.col("late"), arrived=arrived
    )


def _measure(case: Case, bot: str, fills: pl.DataFrame) -> list[Metric]:
    mine = fills.filter(pl.col("bot") == bot)
    legs = case.legs.get(bot, set())
    if "exchange" not in legs:
        return [Metric(bot, name, None, 0, f"{bot}: {absent_leg(case.sources, bot, 'exchange')}") for name in _NAMES]
    if mine.is_empty():
        why = f"no fill of {bot} on {case.day} is at the venue and in its own records, so no clock was compared"
        return [Metric(bot, name, None, 0, why) for name in _NAMES]
    bots, offset, collector = mine.select(
        pl.col("early").max(), pl.col("late").median(), collector=-pl.col("arrived").min()
    ).row(0)
    early = max(bots, 0.0 if collector is None else collector, 0.0)
    unexplained = mine.filter(pl.col("heard") | (pl.col("late") <= tolerances.settle().total_seconds()))
    worst = mine.sort("early", "trade_id").row(-1, named=True)
    latest = unexplained.sort("late", "trade_id").row(-1, named=True) if unexplained.height else None
    apart = mine.height - unexplained.height
    return [
        Metric(
            bot, _NAMES[0], early, mine.height, f"{_side(bots, collector)}; the earliest is trade {worst['trade_id']}"
        ),
        Metric(bot, _NAMES[1], abs(offset), mine.height, f"the bot's time less the venue's: {offset:.1f} s"),
        Metric(
            bot,
            _NAMES[2],
            max(latest["late"], 0.0) if latest else 0.0,
            mine.height,
            (f"trade {latest['trade_id']}" if latest else "none was found while the bot heard from the venue")
            + (f"; {apart} more came after an outage: the bot recorded nothing meanwhile" if apart else ""),
        ),
    ]


def _side(bot: float, collector: float | None) -> str:
    """Say whose clock has fills before the venue."""
    bound = tolerances.clock_skew_s()
    bot_off, collector_off = bot > bound, collector is not None and collector > bound
    if bot_off and collector_off:
        return (
            "the bot and the collector both have fills before the venue: their clock is behind, or the venue's is ahead"
        )
    if bot_off:
        return "database and stream have fills before the venue: the bot's clock is behind"
    if collector_off:
        return "the collector has fills before the venue: its clock is behind"
    return "no clock is behind the venue's"
