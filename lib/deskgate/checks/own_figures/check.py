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
from deskgate.checks.own_figures.minutes import Figure, minute_records, recorded
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
    MetricSpec(
        "figures_told_share",
        "share",
        EVERY_BOT,
        "Share of the day's minute records by which the controller's figures could be judged; of the figures, and of several"
        " controllers, the least.",
    ),
    MetricSpec(
        "figures_untold",
        "figures",
        EVERY_BOT,
        "Figures that no minute record of the last 7 days has, so none is judged.",
    ),
)
# The column of each figure.
_FIGURES = {
    "position_base_off": "position_base",
    "equity_change_off": "equity_quote",
    "realized_pnl_off": "realized_pnl_today_quote",
    "own_daily_loss": "daily_loss_pct",
    "own_drawdown": "drawdown_pct",
    "own_position_drift": "position_drift_share",
    "own_margin_ratio": "margin_ratio",
    "book_stale_min": "order_book_stale",
    "ws_reconnects": "ws_reconnect_count",
}
# What a controller without fault would have: all of its notional is backed, and nothing is off or lost.
_FAULTLESS = {**dict.fromkeys(_FIGURES, 0.0), "own_margin_ratio": 1.0}


def check(case: Case) -> Findings:
    """Compare the minute records of the day of every judged bot with its account.

    Returns
    -------
    Findings
        Per bot what `METRICS` names; no value where no record of the day has the figure, or the account has no value. Of a
        figure that no record of the last 7 days has nothing can be judged: it is counted in `figures_untold`, and what is
        measured by it is the value that a controller without fault would have.
    """
    rows = minute_records(case)
    return Findings(
        [metric for bot in case.desk.judged for metric in _of(case, bot, rows.filter(pl.col("bot") == bot.name))]
    )


def _of(case: Case, bot: Bot, rows: pl.DataFrame) -> list[Metric]:
    declared = [spec.name for spec in METRICS if bot.name in spec.scope.subjects(case.desk)]
    day = rows.filter("in_day").height
    if not day:
        why = f"{bot.name} has no minute record of {case.day}, so nothing says what it believes"
        return [Metric(bot.name, name, None, 0, why) for name in declared]
    untold = {
        name: column
        for name, column in _FIGURES.items()
        if name in declared and column not in recorded(case).get(bot.name, ())
    }
    figures = _measured(case, bot, rows, [name for name in declared if name in _FIGURES and name not in untold])
    shares = [(figure.told, _FIGURES[name]) for name, figure in figures.items() if figure.metric.value is not None]
    share, of = min(shares, default=(1.0, ""))
    columns = ", ".join(sorted(untold.values()))
    note = f"no minute record of {bot.name} of the last 7 days has {columns}" if untold else None
    unjudged = f"not judged: no minute record of {bot.name} of the last 7 days has {{}}"
    return [
        *[figure.metric for figure in figures.values()],
        *[Metric(bot.name, name, _FAULTLESS[name], day, unjudged.format(column)) for name, column in untold.items()],
        Metric(bot.name, "figures_told_share", share, day, f"{of} is missing most often" if share < 1 else None),
        Metric(bot.name, "figures_untold", float(len(untold)), day, note),
    ]


def _measured(case: Case, bot: Bot, rows: pl.DataFrame, names: list[str]) -> dict[str, Figure]:
    own: dict[str, Callable[[], Figure]] = {
        "own_daily_loss": lambda: worst(case, bot, rows, "own_daily_loss", "daily_loss_pct"),
        "own_drawdown": lambda: worst(case, bot, rows, "own_drawdown", "drawdown_pct"),
        "own_position_drift": lambda: worst(case, bot, rows, "own_position_drift", "position_drift_share"),
        "own_margin_ratio": lambda: worst(case, bot, rows, "own_margin_ratio", "margin_ratio", least=True),
        "book_stale_min": lambda: longest_stale(bot, rows),
        "ws_reconnects": lambda: counted_reconnects(bot, rows),
    }
    of_account = compared(case, bot, rows) if not own.keys() >= set(names) else {}
    return {name: own[name]() if name in own else of_account[name] for name in names}
