"""Smoke: does each bot do anything at all? A bot that makes no order and sees no price may run for days and show nothing."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.soak.controllers import WINDOW
from deskgate.schema import BOT_LEGS

__all__ = ["METRICS", "check"]

METRICS = (
    MetricSpec("orders_seen", "records", EVERY_BOT, "Orders and fills in the bot's own records and stream, last 24 h."),
    MetricSpec("quotes_seen", "records", EVERY_BOT, "Mids in the bot's own records and stream, last 24 h."),
)


def check(case: Case) -> Findings:
    """Count the signs of life of every judged bot in the 24 h up to `as_of`.

    Returns
    -------
    Findings
        Per bot: `orders_seen` and `quotes_seen`; no value where it shows none.
    """
    inside = pl.col("ts").is_between(case.as_of - WINDOW, case.as_of) & pl.col("leg").is_in(BOT_LEGS)
    orders = _counts(case.lazy("orders").filter(inside), case.lazy("fills").filter(inside))
    quotes = _counts(case.lazy("mids").filter(inside))
    return Findings(
        [
            metric
            for bot in case.desk.judged
            for metric in (
                _seen(case, bot.name, "orders_seen", orders.get(bot.name, 0)),
                _seen(case, bot.name, "quotes_seen", quotes.get(bot.name, 0)),
            )
        ]
    )


def _seen(case: Case, bot: str, name: str, count: int) -> Metric:
    # What was not seen shows nothing, so it is no failure that was found.
    lacks = f"no record of {bot} since {case.as_of - WINDOW:%Y-%m-%d %H:%M} UTC has any"
    return Metric(bot, name, float(count), count) if count else Metric(bot, name, None, 0, lacks)


def _counts(*tables: pl.LazyFrame) -> dict[str, int]:
    rows = (
        pl.concat([table.select("bot") for table in tables])
        .group_by("bot")
        .agg(pl.len())
        .sort("bot")
        .collect(engine="streaming")
    )
    return dict(rows.iter_rows())
