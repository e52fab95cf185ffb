"""The ladder's metrics over several days of one bot, from the days' rows of the view `ladder`.

Days that do not count are measured too: a day that went wrong is not left out of what it cost.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from deskgate.config.plural import count_of
from deskgate.gates.ladder.days import BotDay, Kind
from deskgate.gates.ladder.worth import Rows, drawdown_share, least_drawdown, returns, unknown_worth

if TYPE_CHECKING:
    from deskgate.gates.ladder.rules import Ladder

__all__ = ["METRICS", "OF_DAYS", "SCALES", "Figure", "figures_of"]

# Ratio of sums -> what it is multiplied by, and the column of its sample.
SCALES: Mapping[str, tuple[float, str]] = {
    "maker_share": (1.0, "fills"),
    "fees_bps": (1e4, "fills"),
    "slippage_delta_bps": (1.0, "fills"),
    "reject_rate": (1.0, "orders"),
    "paused_share": (1.0, "minutes"),
}
# Metric -> unit and what it is.
METRICS: Mapping[str, tuple[str, str]] = {
    "days": ("days", "days that count"),
    "trading_days": ("days", "days that count and have fills"),
    "calendar_days": ("days", "days since the rung began, or since the last day that started the count anew"),
    "own_stops": ("days", "days with a stop condition of the bot's own"),
    "maker_share": ("share", "notional filled as maker over all"),
    "fees_bps": ("bps", "fees over notional"),
    "slippage_p95_bps": ("bps", "95th percentile of the fills' slippage"),
    "slippage_delta_bps": ("bps", "slippage less the reference's, each day by its notional"),
    "reject_rate": ("share", "orders that failed over all orders"),
    "paused_share": ("share", "time in a soft pause, a hard stop or a kill switch over the time whose state is known"),
    "drawdown_share": ("share", "largest loss since the best point over equity then, transfers taken out"),
    "sharpe": ("", "mean of the daily returns over their deviation, of a year"),
}
# Whose sample is of days.
OF_DAYS = ("days", "trading_days", "calendar_days", "own_stops", "drawdown_share", "sharpe")
_PERCENTILE = 0.95


@dataclass(frozen=True)
class Figure:
    """One metric: no value where it cannot be told, with the reason."""

    value: float | None
    sample: int
    why: str = ""
    interval: tuple[float | None, float | None] = (None, None)


def figures_of(
    days: Sequence[BotDay],
    since: date,
    today: date,
    rules: "Ladder",
    metrics: Sequence[str],
    *,
    by_known_days: bool = False,
) -> dict[str, Figure]:
    """Return these metrics over some days, and in any case those that count days.

    Parameters
    ----------
    days
        Oldest first, each once. One without figures counts as unknown.
    since
        The first day of the rung, or the first after one that started the count anew: what `calendar_days` counts from.
    by_known_days
        For what takes a bot down: days without figures are left out, and the drawdown is the least that the known ones prove.
    """
    counting = [day for day in days if day.kind is Kind.COUNTS]
    trading = sum(1 for day in counting if day.figures and day.figures["fills"] > 0)
    rows = [day.figures for day in days if day.is_measured and day.figures is not None]
    stops = [day for day in days if day.is_measured or day.is_stopped]
    nothing = "" if rows else "no day of the time is on record"
    found = {
        "days": Figure(float(len(counting)), len(days)),
        "trading_days": Figure(float(trading), len(days)),
        "calendar_days": Figure(float(max(0, (today - since).days + 1)), len(days)),
        "own_stops": Figure(float(sum(day.is_stopped for day in stops)), len(stops))
        if stops
        else Figure(None, 0, nothing),
    }
    measured: dict[str, Callable[[_Span], Figure]] = {
        **{name: partial(_ratio, name) for name in SCALES},
        "slippage_p95_bps": _slippage,
        "drawdown_share": _least_drawdown if by_known_days else _drawdown,
        "sharpe": _sharpe,
    }
    span = _Span(rows, len(rows) if by_known_days else len(days), rules)
    return found | {
        name: Figure(None, 0, nothing) if nothing else measure(span)
        for name, measure in measured.items()
        if name in metrics
    }


@dataclass(frozen=True)
class _Span:
    """The rows of the days with figures, of how many days they are, and the ladder's rules."""

    rows: Rows
    days: int
    rules: "Ladder"

    def too_little(self, name: str, known: float, of: float) -> str:
        """Return why a metric has no value: nothing to divide by, or too little of it known; empty where neither.

        A day without figures counts as one like the others of which nothing is known.
        """
        reasons = [row[f"{name}_why"] for row in self.rows if row[f"{name}_why"]]
        if of <= 0 or known <= 0:
            return reasons[-1] if reasons else "the days have nothing to measure"
        share = known / of * len(self.rows) / self.days
        if share >= self.rules.least_known:
            return ""
        if len(self.rows) < self.days:
            reasons.append(
                f"{self.days - len(self.rows)} of {count_of(self.days, 'day has no figures', 'days have no figures')}"
            )
        said = f"only {share:.1%} of it is known, expected {self.rules.least_known:.0%}"
        return f"{said}: {reasons[-1]}" if reasons else said


def _ratio(name: str, span: _Span) -> Figure:
    scale, counted = SCALES[name]
    of, den, num = (math.fsum(row[f"{name}_{part}"] for row in span.rows) for part in ("of", "den", "num"))
    sample = sum(row[counted] for row in span.rows)
    if why := span.too_little(name, den, of):
        return Figure(None, sample, why)
    return Figure(scale * num / den, sample)


def _slippage(span: _Span) -> Figure:
    rows = span.rows
    known, of = (sum(row[name] for row in rows) for name in ("slippage_p95_bps_den", "slippage_p95_bps_of"))
    if why := span.too_little("slippage_p95_bps", known, of):
        return Figure(None, int(known), why)
    # The values of a day stand for its fills in equal parts.
    weighed = sorted(
        (value, row["slippage_p95_bps_den"] / len(row["slippage_bps"])) for row in rows for value in row["slippage_bps"]
    )
    reached, wanted = 0.0, _PERCENTILE * known * (1 - 1e-12)
    for value, weight in weighed:
        reached += weight
        if reached >= wanted:
            return Figure(value, int(known))
    return Figure(weighed[-1][0], int(known))


def _drawdown(span: _Span) -> Figure:
    if why := unknown_worth(span.rows, span.rules.least_known, span.days):
        return Figure(None, 0, why)
    return Figure(drawdown_share(span.rows), len(span.rows))


def _least_drawdown(span: _Span) -> Figure:
    share = least_drawdown(span.rows)
    return Figure(
        share, 0 if share is None else len(span.rows), "" if share is not None else "no day has a value of the account"
    )


def _sharpe(span: _Span) -> Figure:
    from deskgate.intervals.sharpe import LEAST_RETURNS, sharpe_ratio

    if why := unknown_worth(span.rows, span.rules.least_known, span.days):
        return Figure(None, 0, why)
    daily = returns(span.rows)
    settings = span.rules.sharpe
    ratio, interval = sharpe_ratio(daily, confidence=settings.confidence, draws=settings.draws, seed=settings.seed)
    if ratio is None:
        few = f"{daily.size} daily returns, expected at least {LEAST_RETURNS}"
        return Figure(None, daily.size, few if daily.size < LEAST_RETURNS else "the daily returns do not vary")
    why = "" if interval else "the daily returns give no interval"
    return Figure(ratio, daily.size, why, (interval.low, interval.high) if interval else (None, None))
