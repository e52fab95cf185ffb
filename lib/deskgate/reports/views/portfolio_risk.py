"""Views of notebook 05: the caps of the book, its day, what it holds, and what its bots say of themselves."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl

from deskgate.accounting.amounts import PARTS
from deskgate.accounting.day_pnl import DayPnl, day_pnl
from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.checks.freshness import newest_records
from deskgate.gates.bounds import Bounds
from deskgate.gates.suites import Suite
from deskgate.measures.traded import traded
from deskgate.portfolio.assets import netted
from deskgate.portfolio.book import MARKED_BY_THE_VENUE, book
from deskgate.portfolio.margins import margins
from deskgate.portfolio.shocks import scenario_losses
from deskgate.portfolio.state import book_state
from deskgate.schema import BOT_LEGS

__all__ = [
    "pnl",
    "risk_bots",
    "risk_caps",
    "risk_concentration",
    "risk_exposures",
    "risk_margins",
    "risk_path",
    "risk_shocks",
]

GATE = "portfolio_risk"
SHOCKS = (-0.05, -0.10)
_CAPS = {
    **dict.fromkeys(("subject", "check", "unit"), pl.String()),
    **dict.fromkeys(("value", "warn", "cap", "used"), pl.Float64()),
    **dict.fromkeys(("status", "action", "because"), pl.String()),
}
_TIME = pl.Datetime("us", "UTC")
# Column of the book's path -> the metric whose cap it is held against.
_DRAWN = {"loss_share": "daily_loss_share", "drawdown_share": "drawdown_share", "leverage": "leverage"}
_CONCENTRATION = {
    **dict.fromkeys(("by", "name"), pl.String()),
    **dict.fromkeys(("gross", "share", "herfindahl"), pl.Float64()),
}
_BOTS = {
    **dict.fromkeys(("bot", "mode", "in_the_book"), pl.String()),
    **dict.fromkeys(("equity", "pnl", "exposure", "turnover", "turnover_x"), pl.Float64()),
    **dict.fromkeys(("equity_by_the_bot", "difference", "loss_share_by_the_bot"), pl.Float64()),
    "newest_record": _TIME,
    "age_h": pl.Float64(),
    "because": pl.String(),
}


def risk_caps(assessment: Assessment) -> pl.DataFrame:
    """Return every cap of the gate: subject, check, unit, value, warn, cap, used (see `_used`), status, action, because.

    `warn` is the bound of the entry of severity warning on the same metric; null where there is none.
    """
    suite = assessment.suites[GATE]
    entries = {entry.meta.entry: entry for entry in suite.expectations if entry.severity == "critical"}
    rows = [
        {
            "subject": verdict.subject,
            "check": verdict.title,
            "unit": verdict.unit,
            "value": verdict.observed,
            "warn": _bound(suite, entry.kwargs.metric, "warning"),
            "cap": _of(entry.kwargs),
            "used": _used(verdict.observed, entry.kwargs),
            "status": str(verdict.status),
            "action": entry.meta.action,
            "because": verdict.reason,
        }
        for verdict in assessment.verdicts
        if verdict.gate == GATE and (entry := entries.get(verdict.check)) is not None
    ]
    return pl.DataFrame(rows, schema=_CAPS)


def risk_path(assessment: Assessment) -> pl.DataFrame:
    """Return the book's loss, drawdown and leverage over the day: measure, ts, value, warn, cap; no rows where it has no value."""
    state, suite = book_state(assessment.case), assessment.suites[GATE]
    empty = {"measure": pl.String(), "ts": _TIME, **dict.fromkeys(("value", "warn", "cap"), pl.Float64())}
    if isinstance(state, str):
        return pl.DataFrame(schema=empty)
    parts = [
        state.path.drop_nulls(column).select(
            pl.lit(_title(suite, metric)).alias("measure"),
            "ts",
            pl.col(column).alias("value"),
            pl.lit(_bound(suite, metric, "warning"), pl.Float64).alias("warn"),
            pl.lit(_bound(suite, metric, "critical"), pl.Float64).alias("cap"),
        )
        for column, metric in _DRAWN.items()
    ]
    return pl.concat([pl.DataFrame(schema=empty), *parts])


def risk_exposures(assessment: Assessment) -> pl.DataFrame:
    """Return what the book holds at the day's end: bot, asset, value (signed, quote); no rows where it has no value."""
    state = book_state(assessment.case)
    if isinstance(state, str):
        return pl.DataFrame(schema={"bot": pl.String, "asset": pl.String, "value": pl.Float64})
    return state.exposures.sort("asset", "bot")


def risk_margins(assessment: Assessment) -> pl.DataFrame:
    """Return how near each position of the book was to its liquidation, by the venue's snapshots of the last 24 h.

    Returns
    -------
    polars.DataFrame
        bot, pair, side, ts (of the newest snapshot in which it was open), mark, liquidation_price, distance (of the mark) and margin_ratio then,
        least_distance and largest_ratio of the snapshots that say them, maintenance_margin, initial_margin, mode, snapshots (in which it
        was open). Null is what the venue does not say. Sorted by (bot, pair, side).
    """
    key = ["bot", "pair", "symbol", "side"]
    now = ("mark_price", "liquidation_price", "distance", "margin_ratio", "maintenance_margin", "initial_margin")
    names = MARKED_BY_THE_VENUE.subjects(assessment.case.desk)
    return (
        margins(assessment.case)
        .filter(pl.col("bot").is_in(names))
        .group_by(key, maintain_order=True)
        .agg(
            pl.col("ts").last(),
            *[pl.col(name).last().cast(pl.Float64) for name in now],
            least_distance=pl.col("distance").min(),
            largest_ratio=pl.col("margin_ratio").max(),
            mode=pl.col("margin_mode").last(),
            snapshots=pl.len().cast(pl.Int64),
        )
        .sort(key)
        .select(
            *("bot", "pair", "side", "ts"),
            pl.col("mark_price").alias("mark"),
            *("liquidation_price", "distance", "least_distance", "margin_ratio", "largest_ratio"),
            *("maintenance_margin", "initial_margin", "mode", "snapshots"),
        )
    )


def risk_shocks(assessment: Assessment) -> pl.DataFrame:
    """Return what moves of prices cost the book as it stands at the day's end: shock, loss_quote (negative: a gain), loss_share."""
    state, desk = book_state(assessment.case), assessment.case.desk
    schema = {"shock": pl.String, "loss_quote": pl.Float64, "loss_share": pl.Float64}
    if isinstance(state, str):
        return pl.DataFrame(schema=schema)
    nets = dict(netted(state.exposures, desk).select("asset", "value").iter_rows())
    losses = [(f"all assets {move:+.0%}", -move * sum(nets.values())) for move in SHOCKS]
    losses += [(f"each asset {-move:.0%} against the book", -move * sum(map(abs, nets.values()))) for move in SHOCKS]
    losses += scenario_losses(state.exposures, desk.risk.shocks).items()
    rows = [(name, loss + 0.0, loss / state.equity if state.equity > 0 else None) for name, loss in losses]
    return pl.DataFrame(rows, schema=schema, orient="row")


def risk_concentration(assessment: Assessment) -> pl.DataFrame:
    """Return how the gross exposure at the day's end is spread: by (bot, asset or venue), name, gross (quote), share, herfindahl.

    `herfindahl` is the sum of the squared shares of that division: 1 where one has all of it.
    """
    state, desk = book_state(assessment.case), assessment.case.desk
    if isinstance(state, str) or state.exposures.is_empty():
        return pl.DataFrame(schema=_CONCENTRATION)
    venues = {bot.name: bot.connector for bot in desk.bots.values()}
    held = state.exposures.with_columns(
        pl.col("value").abs(), venue=pl.col("bot").replace_strict(venues, return_dtype=pl.String)
    )
    parts = [
        held.sort(by, "value")
        .group_by(pl.col(by).alias("name"), maintain_order=True)
        .agg(gross=pl.col("value").sum())
        .with_columns(by=pl.lit(by), share=pl.col("gross") / pl.col("gross").sum())
        .with_columns(herfindahl=(pl.col("share") ** 2).sum())
        for by in ("bot", "asset", "venue")
    ]
    return pl.concat([part.select(list(_CONCENTRATION)).sort("gross", descending=True) for part in parts])


def risk_bots(assessment: Assessment) -> pl.DataFrame:
    """Return every bot of the desk beside what it says of itself in its newest minute record.

    Returns
    -------
    polars.DataFrame
        bot, mode, in_the_book, equity (at the day's end), pnl (of the day) and exposure (quote, ours), turnover (quote, of the
        day's agreed fills; null where one has no value) and turnover_x (of the equity at the day's start), equity_by_the_bot,
        difference (the bot's less ours), loss_share_by_the_bot (never used for a verdict), newest_record of its own, age_h (at
        the day's end), because (why it has no value of ours). A disabled bot is listed, not valued.
    """
    return pl.DataFrame(list(_bots(assessment.case)), schema=_BOTS)


def pnl(assessment: Assessment) -> pl.DataFrame:
    """Return each valued bot's PnL over the day and its parts (quote): the last one of each bot is the metric.

    bot, ts, pnl_quote = realized_quote + unrealized_quote - fees_quote + funding_quote, all since the day's start; accounting:
    the method that realized_quote and unrealized_quote are by, in words. Bots that cannot be valued are left out; the verdicts on
    the portfolio say why.
    """
    days = {bot.name: day_pnl(assessment.case, bot) for bot in assessment.case.desk.judged}
    amounts = ("pnl_quote", *PARTS)
    frames = [
        day.series.select(pl.lit(bot).alias("bot"), "ts", pl.col(amounts).cast(pl.Float64))
        for bot, day in days.items()
        if isinstance(day, DayPnl)
    ]
    empty = {"bot": pl.String(), "ts": _TIME, **dict.fromkeys(amounts, pl.Float64())}
    words = assessment.case.desk.accounting.words
    return pl.concat([pl.DataFrame(schema=empty), *frames]).with_columns(accounting=pl.lit(words))


def _bots(case: Case) -> Iterator[dict[str, Any]]:
    inside = {bot.name for bot in book(case.desk)}
    newest: dict[str, datetime] = dict(
        newest_records(case)
        .filter(pl.col("leg").is_in(BOT_LEGS))
        .group_by("bot")
        .agg(pl.col("newest").max())
        .iter_rows()
    )
    said, turnovers = _said(case), _turnovers(case)
    for name, bot in sorted(case.desk.bots.items()):
        ours = day_pnl(case, bot) if bot.judged else "disabled in desk.toml"
        equity = ours.start_equity_quote + ours.pnl_quote if isinstance(ours, DayPnl) else None
        own = said.get(name, {})
        turnover = turnovers.get(name, 0.0) if isinstance(ours, DayPnl) else turnovers.get(name)
        started = ours.start_equity_quote if isinstance(ours, DayPnl) else None
        theirs, at = own.get("equity_quote"), newest.get(name)
        yield {
            "bot": name,
            "mode": str(bot.mode),
            "in_the_book": "yes" if name in inside else "no",
            "equity": equity,
            "pnl": ours.pnl_quote if isinstance(ours, DayPnl) else None,
            "exposure": ours.exposure_quote if isinstance(ours, DayPnl) else None,
            "turnover": turnover,
            "turnover_x": turnover / started if turnover is not None and started and started > 0 else None,
            "equity_by_the_bot": theirs,
            "difference": None if theirs is None or equity is None else theirs - equity,
            "loss_share_by_the_bot": own.get("daily_loss_pct"),
            "newest_record": at,
            "age_h": None if at is None else max(0.0, (case.end - at).total_seconds() / 3600),
            "because": None if isinstance(ours, DayPnl) else ours,
        }


def _turnovers(case: Case) -> dict[str, float | None]:
    """Return what each bot with a fill of the day traded in it, in quote."""
    fills = case.of_day(traded(case)).sort("notional")
    known = pl.when(pl.col("notional").is_not_null().all()).then(pl.col("notional").sum())
    return dict(fills.group_by("bot", maintain_order=True).agg(known.cast(pl.Float64)).iter_rows())


def _said(case: Case) -> dict[str, dict[str, float | None]]:
    """Return what each bot's newest minute record says of its equity and its loss."""
    columns = ("equity_quote", "daily_loss_pct")
    rows = case.lazy("snapshots").filter(pl.col("ts") <= case.end).select("bot", "ts", "row_id", *columns).collect()
    last = rows.sort("ts", "row_id").unique("bot", keep="last", maintain_order=True)
    return {
        row["bot"]: {name: row[name] for name in columns}
        for row in last.with_columns(pl.col(columns).cast(pl.Float64)).iter_rows(named=True)
    }


def _bound(suite: Suite, metric: str, severity: str) -> float | None:
    mine = [entry for entry in suite.expectations if entry.kwargs.metric == metric and entry.severity == severity]
    return _of(mine[0].kwargs) if mine else None


def _title(suite: Suite, metric: str) -> str:
    return next(entry.meta.title for entry in suite.expectations if entry.kwargs.metric == metric)


def _of(bounds: Bounds) -> float | None:
    return bounds.min_value if bounds.max_value is None else bounds.max_value


def _used(value: float | None, bounds: Bounds) -> float | None:
    """Return the value over its cap; of one that must not be less than its cap, the cap over the value."""
    cap = _of(bounds)
    part, whole = (value, cap) if bounds.max_value is not None else (cap, value)
    return None if part is None or not whole else part / whole
