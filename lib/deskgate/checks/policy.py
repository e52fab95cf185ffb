"""Do desk.toml, the suites and what lies on disk agree about who trades, from when on, and by which bounds?

What is outside of desk.toml is judged by nobody; a suite that asks less than Deskgate's own lets a day pass that nobody judged;
an opening after a loss forgets it.
"""

from datetime import datetime

import polars as pl

from deskgate.case.baselines import soak_start
from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric, listed
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec, bots_that
from deskgate.case.values import without_snapshot
from deskgate.config.bot import Bot, Mode
from deskgate.config.plural import count_of
from deskgate.config.policy import Policy, Widened
from deskgate.measures.state_words import RUNNING, state_word
from deskgate.schema import BOT_LEGS

__all__ = ["METRICS", "check", "measure_policy"]


def _opens(bot: Bot) -> bool:
    return bot.opening is not None or bot.opens_at_first_snapshot


_OPENED = bots_that("bots with an `opening`", _opens)
METRICS = (
    MetricSpec(
        "below_floor",
        "checks",
        THE_PORTFOLIO,
        "Critical checks of Deskgate's suites that the desk's suites lack, or by which they ask less.",
    ),
    MetricSpec(
        "widest_bound", "times", THE_PORTFOLIO, "How much more the desk's widest bound lets pass than Deskgate's own."
    ),
    MetricSpec(
        "widest_quote_bound", "times", THE_PORTFOLIO, "The same of bounds in quote currency, which grow with a desk."
    ),
    MetricSpec("unnamed_bots", "bots", THE_PORTFOLIO, "Bots in the desk's folder whose files desk.toml does not name."),
    MetricSpec(
        "unnamed_active_bots",
        "bots",
        THE_PORTFOLIO,
        "Those of them with records of the day or later, or that cannot be read.",
    ),
    MetricSpec(
        "untaken_actions",
        "actions",
        THE_PORTFOLIO,
        "Kinds of action that the suites call for and that no sink of desk.toml takes.",
    ),
    MetricSpec(
        "disabled_active_bots",
        "bots",
        THE_PORTFOLIO,
        "Disabled bots with fills, orders or running minutes of the day in their own records.",
    ),
    MetricSpec(
        "fills_before_opening",
        "fills",
        _OPENED,
        "Fills between the baseline (or the day's start) and the bot's opening.",
    ),
)


def check(case: Case) -> Findings:
    """Measure what desk.toml and the suites leave out.

    Returns
    -------
    Findings
        Of the portfolio `below_floor`, `widest_bound`, `widest_quote_bound`, `unnamed_bots`, `unnamed_active_bots`,
        `untaken_actions` and `disabled_active_bots`; of each judged bot with an opening `fills_before_opening`.
    """
    opened = [bot for bot in case.desk.judged if _opens(bot)]
    return Findings(
        [
            *measure_policy(case.policy),
            _untaken(case),
            _disabled(case),
            *(_before_opening(case, bot) for bot in opened),
        ]
    )


def measure_policy(policy: Policy | None) -> list[Metric]:
    """Measure what a run found beside the records: `below_floor`, `widest_bound`, `widest_quote_bound`, and the unnamed bots."""
    if policy is None:
        why = "nobody looked at the suites and the desk's folder"
        names = ("below_floor", "widest_bound", "widest_quote_bound", "unnamed_bots", "unnamed_active_bots")
        return [Metric(PORTFOLIO, name, None, 0, why) for name in names]
    active = [name for name, found in policy.unnamed.items() if found.records is None or found.records]
    return [
        Metric(PORTFOLIO, "below_floor", float(len(policy.below_floor)), 1, listed(policy.below_floor)),
        _widest("widest_bound", [each for each in policy.widened if not each.in_quote]),
        _widest("widest_quote_bound", [each for each in policy.widened if each.in_quote]),
        Metric(PORTFOLIO, "unnamed_bots", float(len(policy.unnamed)), 1, listed(_unnamed(policy, [*policy.unnamed]))),
        Metric(PORTFOLIO, "unnamed_active_bots", float(len(active)), 1, listed(_unnamed(policy, active))),
    ]


def _untaken(case: Case) -> Metric:
    """Count what the suites call for and nobody hears: a `reduce` needs a control plane, Hummingbot itself has none."""
    sinks, name = case.desk.actions, "untaken_actions"
    if case.policy is None:
        return Metric(PORTFOLIO, name, None, 0, "nobody looked at the suites")
    called = set(case.policy.actions)
    control_plane, bot = sinks.redis or sinks.outbox, sinks.mqtt or sinks.hummingbot_api
    if not control_plane and not bot:
        why = f"desk.toml names no sink in [actions]: {', '.join(sorted(called)) or 'an action'} of a breached cap stays in a file"
        return Metric(PORTFOLIO, name, None, 0, why)
    left = [] if control_plane else sorted(called & {"reduce"})
    lacks = f"{', '.join(left)} needs a control plane ([actions] redis or outbox)" if left else None
    return Metric(PORTFOLIO, name, float(len(left)), max(len(called), 1), lacks)


def _widest(name: str, widened: list[Widened]) -> Metric:
    lines = [f"{each.entry} {each.what}" for each in widened]
    return Metric(PORTFOLIO, name, max((each.times for each in widened), default=1.0), 1, listed(lines))


def _unnamed(policy: Policy, names: list[str]) -> list[str]:
    found = {name: policy.unnamed[name] for name in names}
    return [f"{name} ({each.files[0]}): {_later(each.records)}" for name, each in found.items()]


def _later(records: int | None) -> str:
    return "not readable" if records is None else f"{count_of(records, 'record')} of the day or later"


def _disabled(case: Case) -> Metric:
    """Count the disabled bots whose own records show them at work; that their account traded is told by `outside_money`."""
    name = "disabled_active_bots"
    if case.sources.is_empty():
        return Metric(PORTFOLIO, name, None, 0, "the desk has no record that would say who works")
    disabled = [bot.name for bot in case.desk.bots.values() if bot.mode is Mode.DISABLED]
    active = [why for bot in disabled if (why := _at_work(case, bot))]
    return Metric(PORTFOLIO, name, float(len(active)), len(case.desk.bots), listed(active))


def _at_work(case: Case, bot: str) -> str | None:
    """Return what a disabled bot recorded of the day, None where it did nothing."""
    own = (pl.col("bot") == bot) & pl.col("leg").is_in(BOT_LEGS)
    # Who is switched off may still say so, minute by minute.
    runs = (state_word() == RUNNING).fill_null(value=True)
    counts = {
        "fills": case.lazy("fills").filter(case.in_day(), own),
        "orders": case.lazy("orders").filter(case.in_day("created_ts"), own),
        "minutes in which it ran": case.lazy("snapshots").filter(case.in_day(), own, runs),
    }
    found = {what: rows.select(pl.len()).collect().item() for what, rows in counts.items()}
    listed = [f"{count} {what}" for what, count in found.items() if count]
    return f"{bot} is disabled in desk.toml and recorded {', '.join(listed)} on {case.day}" if listed else None


def _before_opening(case: Case, bot: Bot) -> Metric:
    """Count the fills that the roll-forward from the opening leaves out, of the span that the evidence speaks for."""
    if not case.legs.get(bot.name, set()) & set(BOT_LEGS):
        return Metric(
            bot.name, "fills_before_opening", None, 0, f"{bot.name} has no record of its own that lists fills"
        )
    if why := without_snapshot(bot):
        return Metric(bot.name, "fills_before_opening", None, 0, why)
    at: datetime = bot.opening.at if bot.opening else case.start
    since = min(soak_start(case), case.start)
    # An account may be another bot's too: its own records say which fills are its.
    own = (pl.col("bot") == bot.name) & pl.col("leg").is_in(BOT_LEGS)
    left_out = own & (pl.col("ts") >= since) & (pl.col("ts") < at)
    fills = case.lazy("fills").filter(left_out).select("leg", "ts").collect()
    if fills.is_empty():
        return Metric(bot.name, "fills_before_opening", 0.0, 1, None)
    # Each leg tells of the same fills.
    count = max(fills.group_by("leg").len()["len"].to_list())
    first: datetime = fills.select(pl.col("ts").min()).item()
    why = f"its opening is of {at:%Y-%m-%d %H:%M} UTC, and fills since {first:%Y-%m-%d %H:%M} UTC are before it"
    return Metric(bot.name, "fills_before_opening", float(count), 1, why)
