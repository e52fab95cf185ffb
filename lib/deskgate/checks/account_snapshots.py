"""Account snapshots: was the venue asked about all of the day, and did it say all that it was asked for?

Only bots whose account stands in desk.toml are judged: the exports of others come in a way that Deskgate knows nothing of.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric, listed
from deskgate.case.metric_spec import MetricSpec, bots_that
from deskgate.config.bot import Bot, Mode
from deskgate.config.connectors import is_of_contracts

__all__ = ["METRICS", "check"]


def _is_asked(bot: Bot) -> bool:
    return bool(bot.account) and bot.mode in {Mode.LIVE, Mode.TESTNET}


_ASKED = bots_that("bots with an account in desk.toml", _is_asked)
_WITH_FUNDING = bots_that(
    "bots with an account in desk.toml that trade derivatives",
    lambda bot: _is_asked(bot) and any(map(is_of_contracts, bot.connectors)),
)
_EXPORTS = {
    "trades": ("my_trades",),
    "orders": ("closed_orders", "canceled_orders", "canceled_and_closed_orders", "orders"),
    "funding": ("funding_history",),
}
METRICS = (
    *[
        MetricSpec(
            f"snapshot_{what}_uncovered_h",
            "h",
            _WITH_FUNDING if what == "funding" else _ASKED,
            f"Time of the day, from the bot's opening on, about which no snapshot of its account has all {what}.",
        )
        for what in _EXPORTS
    ],
    MetricSpec(
        "snapshot_exports_missing",
        "exports",
        _ASKED,
        "Exports that the day's newest snapshot of the account could not have; no value where there is one.",
    ),
    MetricSpec(
        "snapshot_clock_s",
        "s",
        _ASKED,
        "By how much the venue's clock and the machine's differed in the day's newest snapshot.",
    ),
)


def check(case: Case) -> Findings:
    """Measure what the snapshots of each bot's accounts cover of the day, up to `as_of`.

    Returns
    -------
    Findings
        Per bot with an account: the hours without trades, orders and (of contracts) funding, the exports that are missing, the
        difference of the clocks; no value where no snapshot has any part of the day.
    """
    of_day = (pl.col("ts") > case.start) & (pl.col("since") < case.end)
    is_state = (pl.col("ts") == pl.col("since")) & case.in_last_24h()
    coverage = case.lazy("coverage").filter(pl.col("ts") > case.start - timedelta(days=1))
    # The newest snapshot of the day is read whole: an export that failed has no window in the day.
    newest = coverage.filter(of_day | is_state).group_by("bot", "account").agg(newest=pl.col("asked_at").max())
    rows = (
        coverage.join(newest, on=["bot", "account"])
        .filter(of_day | is_state | (pl.col("asked_at") == pl.col("newest")))
        .sort("asked_at", "ts", "row_id")
        .collect()
    )
    metrics = []
    for name in _ASKED.subjects(case.desk):
        bot, mine = case.desk.bots[name], rows.filter(pl.col("bot") == name)
        measured = [what for what in _EXPORTS if what != "funding" or name in _WITH_FUNDING.subjects(case.desk)]
        metrics += [_uncovered(case, bot, what, mine) for what in measured]
        metrics += [_of_newest(case, bot, mine, "snapshot_exports_missing", _missing)]
        metrics += [_of_newest(case, bot, mine, "snapshot_clock_s", _clock)]
    return Findings(metrics)


def _uncovered(case: Case, bot: Bot, what: str, mine: pl.DataFrame) -> Metric:
    metric, wanted = f"snapshot_{what}_uncovered_h", _accounts_with(case, bot, what)
    if not wanted:
        why = f"no account of {bot.name} in desk.toml is of contracts, so that nothing lists its {what}; name one in bots.{bot.name}.account"
        return Metric(bot.name, metric, None, 0, why)
    asked = mine.filter(pl.col("export").is_in(_EXPORTS[what]))
    if absent := [each for each in wanted if each not in set(asked["account"])]:
        silent = [each for each in absent if each in set(mine["account"])]
        said = f"the snapshots of {', '.join(silent)} have no list of {what} of {case.day}"
        return Metric(bot.name, metric, None, 0, said if silent else _none(case, absent))
    begin = max(case.start, bot.opening.at) if bot.opening else case.start
    holes = {}
    for (account, export), part in asked.group_by("account", "export", maintain_order=True):
        spans = (
            part.filter("complete", pl.col("ts") > begin, pl.col("since") < case.end)
            .select("since", "ts")
            .sort("since", "ts")
            .rows()
        )
        holes[f"{export} of {account}"] = _hole_h(spans, begin, case.end)
    worst = max(holes, key=lambda each: holes[each])
    note = listed([f"{each}: {hours:.2f} h" for each, hours in sorted(holes.items()) if hours])
    return Metric(bot.name, metric, holes[worst], asked.height, note)


def _accounts_with(case: Case, bot: Bot, what: str) -> list[str]:
    """Return the accounts of a bot of which there must be exports of this: one of spot has no funding."""
    return [each for each in bot.account if what != "funding" or is_of_contracts(case.desk.accounts[each].connector)]


def _hole_h(spans: list[tuple[datetime, datetime]], begin: datetime, end: datetime) -> float:
    """Return how many hours of [begin, end] lie in none of the spans, which are sorted."""
    reached, missing = begin, 0.0
    for since, until in spans:
        missing += max((min(since, end) - reached).total_seconds(), 0)
        reached = max(reached, min(until, end))
    return (missing + max((end - reached).total_seconds(), 0)) / 3600


def _of_newest(
    case: Case,
    bot: Bot,
    mine: pl.DataFrame,
    metric: str,
    measure: Callable[[pl.DataFrame], tuple[float | None, str | None]],
) -> Metric:
    absent = [each for each in bot.account if each not in set(mine["account"])]
    if absent:
        return Metric(bot.name, metric, None, 0, _none(case, absent))
    newest = mine.filter(pl.col("asked_at") == pl.col("asked_at").max().over("account"))
    value, note = measure(newest)
    return Metric(bot.name, metric, value, newest.height, note)


def _missing(newest: pl.DataFrame) -> tuple[float | None, str | None]:
    lines = pl.format("{} of {}: {}", "export", "account", pl.col("why_incomplete").fill_null("not complete"))
    incomplete = newest.filter(~pl.col("complete")).select(lines).to_series().unique(maintain_order=True).to_list()
    return (None, f"not all could be had, {listed(incomplete)}") if incomplete else (0.0, None)


def _clock(newest: pl.DataFrame) -> tuple[float | None, str | None]:
    unknown = newest.filter(pl.col("clock_ahead_s").is_null())
    if unknown.height:
        return None, f"the venue of {unknown['account'][0]} has no clock that can be asked"
    return float(newest.select(pl.col("clock_ahead_s").abs().max()).item()), None


def _none(case: Case, accounts: list[str]) -> str:
    return f"no snapshot of {', '.join(accounts)} is of {case.day}; take one with `deskgate snapshot`"
