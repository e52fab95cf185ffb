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
from deskgate.checks.own_figures.minutes import FIGURES, Figure, minute_records, recorded
from deskgate.config.bot import Bot, Mode

__all__ = ["METRICS", "check"]

_LIVE = bots_that("live bots", lambda bot: bot.mode is Mode.LIVE)
_UNRECORDED = "figures_unrecorded"
_OFF = "the most that lasted, of the day"
METRICS = (
    MetricSpec(
        "position_base_off",
        "share",
        _LIVE,
        f"Controller's position less that of opening and agreed fills, in value over the bot's equity; {_OFF}.",
        unless=_UNRECORDED,
    ),
    MetricSpec(
        "equity_change_off",
        "share",
        _LIVE,
        f"Change of the controller's equity over the day less that of fills, mids and transfers, over equity; {_OFF}.",
        unless=_UNRECORDED,
    ),
    MetricSpec(
        "realized_pnl_off",
        "share",
        _LIVE,
        f"Controller's realised PnL of the day less that of the agreed fills, over the bot's equity; {_OFF}.",
        unless=_UNRECORDED,
    ),
    MetricSpec(
        "own_daily_loss", "share", EVERY_BOT, f"Daily loss by the controller's own count; {_OFF}.", unless=_UNRECORDED
    ),
    MetricSpec(
        "own_drawdown", "share", EVERY_BOT, f"Drawdown by the controller's own count; {_OFF}.", unless=_UNRECORDED
    ),
    MetricSpec(
        "own_position_drift",
        "share",
        WITH_ACCOUNT,
        f"Position drift by the controller's own count; {_OFF}.",
        unless=_UNRECORDED,
    ),
    MetricSpec(
        "own_margin_ratio",
        "of notional",
        DERIVATIVES,
        "Margin ratio by the controller's own count, equity over notional; the least that lasted, of the day.",
        unless=_UNRECORDED,
    ),
    MetricSpec(
        "book_stale_min",
        "min",
        EVERY_BOT,
        "Longest run of minute records of the day that call the order book stale.",
        unless=_UNRECORDED,
    ),
    MetricSpec(
        "ws_reconnects",
        "reconnects",
        EVERY_BOT,
        "Reconnects of the controller's web sockets over the day; of several controllers the most.",
        unless=_UNRECORDED,
    ),
    MetricSpec(
        "figures_judged_share",
        "share",
        EVERY_BOT,
        "Share of the day's minute records by which the controller's figures could be judged; of the figures, and of several"
        " controllers, the least.",
    ),
    MetricSpec(
        "figures_unrecorded",
        "figures",
        EVERY_BOT,
        "Figures that a controller has not recorded since the frozen baseline, so it is not judged by them.",
    ),
)


def check(case: Case) -> Findings:
    """Compare the minute records of the day of every judged bot with its account.

    Returns
    -------
    Findings
        Per bot what `METRICS` names; no value where no record of the day has the figure, or the account has no value; no
        `figures_judged_share` where that holds for every figure. Of a
        figure that no controller of the bot has recorded since the frozen baseline nothing can be judged: it is counted in
        `figures_unrecorded`, and the bot has no row of its metric.
    """
    rows = minute_records(case)
    return Findings(
        [metric for bot in case.desk.judged for metric in _of(case, bot, rows.filter(pl.col("bot") == bot.name))]
    )


def _of(case: Case, bot: Bot, rows: pl.DataFrame) -> list[Metric]:
    declared = [spec.name for spec in METRICS if bot.name in spec.scope.subjects(case.desk)]
    day = rows.filter("in_day").height
    if not day:
        why = f"{bot.name} has no minute record of {case.day}, so its figures cannot be judged"
        return [Metric(bot.name, name, None, 0, why) for name in declared]
    mine = {folder: has for (name, folder), has in recorded(case).items() if name == bot.name}
    writing = set(rows.filter("in_day")["folder"])
    figures = [name for name in declared if name in FIGURES]
    # What any controller has recorded is judged, also where the one that did is gone.
    judged = [name for name in figures if any(FIGURES[name] in has for has in mine.values())]
    unrecorded = sorted(
        FIGURES[name] for name in figures if any(FIGURES[name] not in mine[folder] for folder in writing)
    )
    measured = _measured(case, bot, rows, judged)
    note = f"not recorded since the frozen baseline: {', '.join(unrecorded)}" if unrecorded else None
    return [
        *[figure.metric for figure in measured.values()],
        _judged_share(case, bot, list(measured.values()), day),
        Metric(bot.name, "figures_unrecorded", float(len(unrecorded)), day, note),
    ]


def _judged_share(case: Case, bot: Bot, figures: list[Figure], day: int) -> Metric:
    """Return the least share of the day's records by which a figure could be judged; no value where no figure could be."""
    name, known = "figures_judged_share", [figure for figure in figures if figure.metric.value is not None]
    if not known:
        why = f"none of the {day} minute records of {bot.name} on {case.day} has a figure that could be judged"
        return Metric(bot.name, name, None, 0, why)
    least = min(known, key=lambda figure: (figure.judged, FIGURES[figure.metric.metric]))
    note = f"{FIGURES[least.metric.metric]} could be judged least often" if least.judged < 1 else None
    return Metric(bot.name, name, least.judged, day, note)


def _measured(case: Case, bot: Bot, rows: pl.DataFrame, names: list[str]) -> dict[str, Figure]:
    own: dict[str, Callable[[], Figure]] = {
        "own_daily_loss": lambda: worst(case, bot, rows, "own_daily_loss", "daily_loss_pct"),
        "own_drawdown": lambda: worst(case, bot, rows, "own_drawdown", "drawdown_pct"),
        "own_position_drift": lambda: worst(case, bot, rows, "own_position_drift", "position_drift_share"),
        "own_margin_ratio": lambda: worst(case, bot, rows, "own_margin_ratio", "margin_ratio", least=True),
        "book_stale_min": lambda: longest_stale(case, bot, rows),
        "ws_reconnects": lambda: counted_reconnects(case, bot, rows),
    }
    of_account = compared(case, bot, rows) if not own.keys() >= set(names) else {}
    return {name: own[name]() if name in own else of_account[name] for name in names}
