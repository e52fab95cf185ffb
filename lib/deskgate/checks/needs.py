"""What each check needs of a desk, and what of it a bot lacks: so that what blocks is told by its cause and not a hundred times.

A need is a fact of desk.toml or of the records, never a reading of a sentence. It says nothing of the measurement itself: a
check that has all that it needs may still have no value, and its reason says why.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import polars as pl

from deskgate.accounting.starts import unknown_start
from deskgate.case.baselines import in_force
from deskgate.case.case import Case, per_case
from deskgate.case.metric_spec import DERIVATIVES, WITH_ACCOUNT, Scope
from deskgate.checks.freshness import newest_records
from deskgate.checks.soak.controllers import controllers
from deskgate.checks.soak.life import believed
from deskgate.config.bot import Bot
from deskgate.parity.references import reference_of
from deskgate.reconciliation.agreed import confirmed
from deskgate.schema import BOT_LEGS
from deskgate.sources.registry import account_kinds, missing_order_exports

__all__ = ["CHECK_NEEDS", "METRIC_NEEDS", "Need", "lacked_of", "lacking"]


class Need(StrEnum):
    """One thing that checks wait for; of a bot, or of the whole desk."""

    LOCAL = "local"
    EVENTS = "events"
    ACCOUNT = "account"
    ORDERS = "orders"
    FUNDING = "funding"
    POSITIONS = "positions"
    BALANCES = "balances"
    OPENING = "opening"
    MINUTES = "minutes"
    LIFE = "life"
    REFERENCE = "reference"
    CONFIG = "config"
    BASELINE = "baseline"
    TODAY = "today"
    EXPORTS_TODAY = "exports_today"
    # Two legs of the three, without which no fill is agreed: what lacks is one of the legs.
    AGREED = "agreed"


_MONEY = (Need.AGREED, Need.OPENING, Need.BALANCES)
# The legs in the order in which one that lacks is named, as `reconciliation.agreed.unconfirmed` has it.
_LEGS = (Need.ACCOUNT, Need.EVENTS, Need.LOCAL)
# These come from the account of the venue: a bot without any of it lacks the account.
_OF_ACCOUNT = (Need.ORDERS, Need.FUNDING, Need.POSITIONS, Need.BALANCES)
# Checks of desk.toml, of Deskgate itself or of what operators record: no record of the day's trading is in them.
_UNDATED = (
    *("baseline", "policy", "drills", "actions", "control_drills", "incidents", "alerting", "alert_drill"),
    *("monitoring", "secrets", "lost_files", "clock"),
)
# Check -> what it needs, the most fundamental first. What a check has from desk.toml or from Deskgate itself alone is no need.
CHECK_NEEDS: Mapping[str, tuple[Need, ...]] = {
    "baseline": (Need.BASELINE,),
    "policy": (),
    "freshness": (),
    "stream_gaps": (Need.EVENTS,),
    "stream": (Need.EVENTS,),
    "stream_losses": (Need.EVENTS, Need.LOCAL),
    "copies": (Need.ACCOUNT,),
    "quotes": (),
    "fills": (Need.ACCOUNT, Need.LOCAL),
    "clocks": (Need.ACCOUNT, Need.LOCAL),
    "orders": (Need.ORDERS, Need.LOCAL),
    "unlisted_orders": (Need.ORDERS, Need.LOCAL),
    "funding": (Need.FUNDING, Need.LOCAL),
    "funding_amounts": (Need.FUNDING, Need.LOCAL),
    "accounts": _MONEY,
    "account_snapshots": (Need.ACCOUNT,),
    "counters": (Need.MINUTES,),
    "own_figures": (Need.MINUTES, *_MONEY),
    "declared": (),
    "drills": (),
    "parity": (Need.REFERENCE, Need.AGREED),
    "portfolio_risk": _MONEY,
    "liquidation": (Need.POSITIONS,),
    "actions": (),
    "control_drills": (),
    "smoke": (),
    "hard_stop": (Need.MINUTES,),
    "soak": (Need.MINUTES,),
    "incidents": (),
    "alerting": (),
    "alert_drill": (),
    "monitoring": (),
    "secrets": (),
    "lost_files": (),
    "clock": (),
}
# Metric -> what it needs where that is not what its check needs.
METRIC_NEEDS: Mapping[str, tuple[Need, ...]] = {
    "config_unmatched": (Need.CONFIG,),
    "config_files": (Need.CONFIG,),
    "fills_before_opening": (Need.OPENING,),
    "events": (Need.EVENTS,),
    "coverage_h": (Need.EVENTS, Need.BASELINE),
    **dict.fromkeys(("local_age_s", "local_unreadable"), (Need.LOCAL,)),
    **dict.fromkeys(("events_age_s", "events_unreadable"), (Need.EVENTS,)),
    **dict.fromkeys(("exchange_age_s", "exchange_unreadable"), (Need.ACCOUNT,)),
    **dict.fromkeys(
        ("position_drift", "position_drift_age_h", "position_drift_value_quote"), (*_MONEY, Need.POSITIONS)
    ),
    **dict.fromkeys((f"fill_missing_events{part}" for part in ("", "_age_h", "_value_quote")), (Need.EVENTS,)),
    **dict.fromkeys((f"timestamp_skew{part}" for part in ("", "_age_h", "_value_quote")), (Need.EVENTS,)),
    **dict.fromkeys(("snapshot_coverage", "snapshot_gap_min", "restarts"), (Need.LIFE,)),
    **dict.fromkeys(("positions_gap_h", "positions_age_h"), (Need.POSITIONS,)),
    **dict.fromkeys(("balance_gap_h", "balance_age_h"), (Need.BALANCES,)),
    **dict.fromkeys(("kill_events", "critical_audits", "error_audits", "risk_actions_per_h"), (Need.EVENTS,)),
    **dict.fromkeys(("funded_h", "funded_short_h"), _MONEY),
    **dict.fromkeys(("log_errors", "log_complaints", "runs_missing", "alerts_undelivered"), ()),
}


def lacked_of(case: Case, bots: Iterable[str], check: str, metric: str) -> tuple[Need, ...]:
    """Return what lacks of what a metric of a check needs, the most fundamental first; nothing where all is there.

    Parameters
    ----------
    bots
        Whose records the metric is measured from; a need lacks where one of them lacks it.
    """
    wanted, mine = (*(declared := METRIC_NEEDS.get(metric, CHECK_NEEDS[check])), *_dated(check, declared)), list(bots)
    return tuple(dict.fromkeys(need for each in wanted for bot in mine for need in _lacked_by(case, bot, each)))


def _dated(check: str, declared: tuple[Need, ...]) -> tuple[Need, ...]:
    """Return what a check needs behind what it declares: that there is something of the day at all."""
    if check in _UNDATED:
        return ()
    of_venue = {Need.ACCOUNT, Need.AGREED, *_OF_ACCOUNT} & {*declared}
    return (Need.TODAY, Need.EXPORTS_TODAY) if of_venue else (Need.TODAY,)


def _lacked_by(case: Case, bot: str, need: Need) -> tuple[Need, ...]:
    without = lacking(case)
    if need is Need.AGREED:
        return () if confirmed(case, bot) else tuple(leg for leg in _LEGS if bot in without[leg])[:1]
    if bot not in without[need]:
        return ()
    return (Need.ACCOUNT,) if need in _OF_ACCOUNT and bot in without[Need.ACCOUNT] else (need,)


@per_case
def lacking(case: Case) -> Mapping[Need, frozenset[str]]:
    """Return of each need the judged bots that lack it; of the baseline, which is the desk's, all of them."""
    return {need: frozenset(bot.name for bot in case.desk.judged if lacks(case, bot)) for need, lacks in _LACKS.items()}


def _without_exports(table: str, scope: Scope = WITH_ACCOUNT) -> Callable[[Case, Bot], bool]:
    return lambda case, bot: (
        bot.name in scope.subjects(case.desk) and not case.export_kinds.get(bot.name, set()) & {*account_kinds(table)}
    )


def _without_orders(case: Case, bot: Bot) -> bool:
    return _has_account(case, bot) and bool(missing_order_exports(case.export_kinds.get(bot.name, set())))


def _has_account(case: Case, bot: Bot) -> bool:
    return bot.name in WITH_ACCOUNT.subjects(case.desk)


def _without_leg(leg: str) -> Callable[[Case, Bot], bool]:
    return lambda case, bot: leg not in case.legs.get(bot.name, set())


def _has_no_minutes(case: Case, bot: Bot) -> bool:
    return bot.name not in _with_minutes(case)


@per_case
def _with_minutes(case: Case) -> set[str]:
    """Return the bots with a minute record of the day that is their own."""
    rows = case.lazy("snapshots").filter(case.in_day()).select("bot").unique().collect()["bot"]
    return set(rows) & set(controllers(case)["bot"])


def _newest_before_the_day(case: Case, legs: tuple[str, ...]) -> set[str]:
    """Return the bots that have records in some legs, none of them since the day began."""
    mine = newest_records(case).filter(pl.col("leg").is_in(legs)).group_by("bot").agg(pl.col("newest").max())
    return set(mine.filter(pl.col("newest") < case.start)["bot"])


def _has_no_start(case: Case, bot: Bot) -> bool:
    return unknown_start(case, bot.name) is not None


_LACKS: Mapping[Need, Callable[[Case, Bot], bool]] = {
    Need.LOCAL: _without_leg("local"),
    Need.EVENTS: _without_leg("events"),
    Need.ACCOUNT: _without_leg("exchange"),
    Need.ORDERS: _without_orders,
    Need.FUNDING: _without_exports("funding"),
    # An account of spot has no positions to export.
    Need.POSITIONS: _without_exports("positions", DERIVATIVES),
    Need.BALANCES: _without_exports("balances"),
    Need.OPENING: _has_no_start,
    Need.MINUTES: _has_no_minutes,
    Need.LIFE: lambda case, bot: bot.name not in set(believed(case)["bot"]),
    Need.REFERENCE: lambda case, bot: isinstance(reference_of(case, bot), str),
    Need.CONFIG: lambda _, bot: not bot.config,
    Need.TODAY: lambda case, bot: bot.name in _newest_before_the_day(case, BOT_LEGS),
    Need.EXPORTS_TODAY: lambda case, bot: bot.name in _newest_before_the_day(case, ("exchange",)),
    Need.BASELINE: lambda case, _: in_force(case.frames["baselines"]) is None,
}
