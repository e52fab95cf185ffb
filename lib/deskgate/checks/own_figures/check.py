"""What a controller believes of its own account, against what fills, venue and mids say.

A controller trades on its own figures. One that holds another position than the account has, or has lost what it may lose
by its own count, is no bot to trust, whatever the other legs agree on. Each figure counts where it lasts: a record of a minute
in which a fill came may be either side of it.
"""

from collections.abc import Callable

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import DERIVATIVES, EVERY_BOT, WITH_ACCOUNT, MetricSpec, bots_that
from deskgate.checks.own_figures.compared import compared
from deskgate.checks.own_figures.counted import counted_reconnects, longest_stale, worst
from deskgate.checks.own_figures.minutes import minute_records
from deskgate.config.bot import Bot, Mode

__all__ = ["METRICS", "check"]

_LIVE = bots_that("live bots", lambda bot: bot.mode is Mode.LIVE)
_OFF = "the most that lasted, of the day"
METRICS = (
    MetricSpec(
        "position_base_off",
        "share",
        _LIVE,
        f"Controller's position less that of opening and agreed fills, in value over the bot's equity; {_OFF}.",
    ),
    MetricSpec(
        "equity_change_off",
        "share",
        _LIVE,
        f"Change of the controller's equity over the day less that of fills, mids and transfers, over equity; {_OFF}.",
    ),
    MetricSpec(
        "realized_pnl_off",
        "share",
        _LIVE,
        f"Controller's realised PnL of the day less that of the agreed fills, over the bot's equity; {_OFF}.",
    ),
    MetricSpec("own_daily_loss", "share", EVERY_BOT, f"Daily loss by the controller's own count; {_OFF}."),
    MetricSpec("own_drawdown", "share", EVERY_BOT, f"Drawdown by the controller's own count; {_OFF}."),
    MetricSpec("own_position_drift", "share", WITH_ACCOUNT, f"Position drift by the controller's own count; {_OFF}."),
    MetricSpec(
        "own_margin_ratio",
        "",
        DERIVATIVES,
        "Margin ratio by the controller's own count, equity over notional; the least that lasted, of the day.",
    ),
    MetricSpec(
        "book_stale_min", "min", EVERY_BOT, "Longest run of minute records of the day that call the order book stale."
    ),
    MetricSpec(
        "ws_reconnects",
        "reconnects",
        EVERY_BOT,
        "Reconnects of the controller's web sockets over the day; of several controllers the most.",
    ),
)


def check(case: Case) -> Findings:
    """Compare the minute records of the day of every judged bot with its account.

    Returns
    -------
    Findings
        Per bot what `METRICS` names; no value where no record of the day has the figure, or the account has no value.
    """
    rows = minute_records(case)
    return Findings(
        [metric for bot in case.desk.judged for metric in _of(case, bot, rows.filter(pl.col("bot") == bot.name))]
    )


def _of(case: Case, bot: Bot, rows: pl.DataFrame) -> list[Metric]:
    declared = [spec.name for spec in METRICS if bot.name in spec.scope.subjects(case.desk)]
    if rows.filter("in_day").is_empty():
        why = f"{bot.name} has no minute record of {case.day}, so nothing says what it believes"
        return [Metric(bot.name, name, None, 0, why) for name in declared]
    own: dict[str, Callable[[], Metric]] = {
        "own_daily_loss": lambda: worst(case, bot, rows, "own_daily_loss", "daily_loss_pct"),
        "own_drawdown": lambda: worst(case, bot, rows, "own_drawdown", "drawdown_pct"),
        "own_position_drift": lambda: worst(case, bot, rows, "own_position_drift", "position_drift_share"),
        "own_margin_ratio": lambda: worst(case, bot, rows, "own_margin_ratio", "margin_ratio", least=True),
        "book_stale_min": lambda: longest_stale(bot, rows),
        "ws_reconnects": lambda: counted_reconnects(bot, rows),
    }
    found = compared(case, bot, rows) if "position_base_off" in declared else []
    return [*found, *[own[name]() for name in declared if name in own]]
