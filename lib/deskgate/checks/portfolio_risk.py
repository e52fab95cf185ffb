"""The portfolio's risk over all bots whose money it is: loss, drawdown, exposure, leverage, shocks, concentration.

From the agreed fills, observed mids and the venue's balances, never from the bots' own counters. The book is the live bots; on
a desk that has none yet, the paper and testnet bots, as a rehearsal. The worst point of the day counts that lasted. One bot of
the book that cannot be valued leaves the whole book without a value: the sum of the others would be a smaller risk than
there is.
"""

from datetime import datetime

import polars as pl

from deskgate.accounting.day_pnl import DayPnl, day_pnl
from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, WITH_ACCOUNT, MetricSpec
from deskgate.checks.freshness import newest_records
from deskgate.config.bot import Bot
from deskgate.portfolio.book import MARKED_BY_THE_VENUE, THE_BOOK, book
from deskgate.portfolio.open_orders import open_orders
from deskgate.portfolio.outside import outside_money, shared_fills
from deskgate.portfolio.readings import BotReadings, longest_unknown, readings
from deskgate.portfolio.shocks import scenario_losses
from deskgate.portfolio.state import BookState, book_state
from deskgate.portfolio.venue_value import valuation_gap
from deskgate.reconciliation.orders import order_exports
from deskgate.schema import BOT_LEGS
from deskgate.sources.registry import missing_order_exports

__all__ = ["METRICS", "check"]

_OF_A_BOT = {"equity_quote": "start_equity_quote", "pnl_quote": "pnl_quote", "exposure_quote": "exposure_quote"}
# Metric of the book -> column of its path.
_WORST = {
    "daily_loss_share": "loss_share",
    "daily_loss_quote": "loss",
    "drawdown_share": "drawdown_share",
    "net_exposure_share": "net_share",
    "net_exposure_quote": "net",
    "gross_exposure_quote": "gross",
    "leverage": "leverage",
    "concentration_share": "concentration",
}
_LASTED = "the worst of the day that lasted, see meta.risk of the suite"
METRICS = (
    MetricSpec(
        "daily_loss_share",
        "of equity",
        THE_PORTFOLIO,
        f"Loss since the day's start over the least capital of the day, transfers taken out; {_LASTED}.",
    ),
    MetricSpec("daily_loss_quote", "quote", THE_PORTFOLIO, f"Loss since the day's start; {_LASTED}."),
    MetricSpec(
        "drawdown_share",
        "of equity",
        THE_PORTFOLIO,
        f"Loss since the best point that lasted since the baseline, transfers taken out; {_LASTED}.",
    ),
    MetricSpec(
        "net_exposure_share",
        "of equity",
        THE_PORTFOLIO,
        f"Signed exposures summed by asset, their sizes added up, over equity; {_LASTED}.",
    ),
    MetricSpec(
        "net_exposure_quote",
        "quote",
        THE_PORTFOLIO,
        f"Signed exposures summed by asset, and by beta where desk.toml has one, their sizes added up; {_LASTED}.",
    ),
    MetricSpec("gross_exposure_quote", "quote", THE_PORTFOLIO, f"The sizes of all positions added up; {_LASTED}."),
    MetricSpec("leverage", "of equity", THE_PORTFOLIO, f"Gross exposure over equity; {_LASTED}."),
    MetricSpec(
        "leverage_if_filled",
        "of equity",
        THE_PORTFOLIO,
        "Gross exposure over equity at the day's end if the open orders of the worse side of each market filled.",
    ),
    MetricSpec(
        "shock_loss_share",
        "of equity",
        THE_PORTFOLIO,
        "What is lost if each asset moves against the book by meta.risk.shock, over equity, from the worst net exposure.",
    ),
    MetricSpec(
        "scenario_loss_share",
        "of equity",
        THE_PORTFOLIO,
        "The largest loss of the moves in [risk.shocks] of desk.toml, over equity, from what is held at the day's end; 0 where"
        " it names none.",
    ),
    MetricSpec(
        "concentration_share",
        "of gross exposure",
        THE_PORTFOLIO,
        "The largest bot's share of the gross exposure of the bots with at least meta.risk.concentration_from; 0 with"
        f" fewer than two of them; {_LASTED}.",
    ),
    MetricSpec(
        "outside_money",
        "bots",
        THE_PORTFOLIO,
        "Bots called paper or testnet that trade on a real connector, and disabled ones whose account trades or holds a position.",
    ),
    MetricSpec(
        "shared_fills", "fills", THE_PORTFOLIO, "Fills of the day that the accounts of two bots both list: one account."
    ),
    MetricSpec("equity_quote", "quote", THE_BOOK, "Equity at the day's start, transfers until then included."),
    MetricSpec("pnl_quote", "quote", THE_BOOK, "PnL of the day at the mid, fees and funding included."),
    MetricSpec("exposure_quote", "quote", THE_BOOK, "Signed exposure at the day's end, at the mid."),
    MetricSpec(
        "unvalued_min",
        "min",
        THE_BOOK,
        "The longest time of the day in which a position of the bot had no mid to value it.",
    ),
    MetricSpec("record_age_min", "min", THE_BOOK, "Age of the newest record of the bot itself at the day's end."),
    MetricSpec(
        "valuation_gap_share",
        "of equity",
        MARKED_BY_THE_VENUE,
        "The largest difference of the last 24 h between the venue's value of the positions and that by the bots' mids.",
    ),
)


def check(case: Case) -> Findings:
    """Measure the caps of the book.

    Returns
    -------
    Findings
        Per bot of the book `equity_quote`, `pnl_quote`, `exposure_quote`, `unvalued_min`, `record_age_min` and,
        where it trades derivatives, `valuation_gap_share`; for the portfolio the others. Where no equity is left a share
        of it is infinite, which counts as no value.
    """
    state = book_state(case)
    whole = [outside_money(case), shared_fills(case)]
    mine = [metric for bot in book(case.desk) for metric in _of_bot(case, bot)]
    names = [*_WORST, "leverage_if_filled", "shock_loss_share", "scenario_loss_share"]
    if isinstance(state, str):
        return Findings([*mine, *whole, *(Metric(PORTFOLIO, name, None, 0, state) for name in names)])
    caps = [
        *(_worst(case, state, name, column) for name, column in _WORST.items()),
        _if_filled(case, state),
        _shock(case, state),
        _scenario(case, state),
    ]
    return Findings([*mine, *whole, *caps])


def _of_bot(case: Case, bot: Bot) -> list[Metric]:
    value = day_pnl(case, bot)
    found = [
        Metric(bot.name, metric, *((getattr(value, field), 1) if isinstance(value, DayPnl) else (None, 0, value)))
        for metric, field in _OF_A_BOT.items()
    ]
    known = readings(case)[bot.name]
    if isinstance(known, BotReadings):
        minutes = longest_unknown(known.worth, case.start)
        found.append(Metric(bot.name, "unvalued_min", minutes, known.earlier + known.worth.height))
    else:
        found.append(Metric(bot.name, "unvalued_min", None, 0, known))
    found.append(_age(case, bot))
    if bot.name in MARKED_BY_THE_VENUE.subjects(case.desk):
        gap, snapshots, note = valuation_gap(case, bot)
        found.append(Metric(bot.name, "valuation_gap_share", gap, snapshots, note))
    return found


def _age(case: Case, bot: Bot) -> Metric:
    """Return how old the bot's newest record is: a bot that says nothing may do anything."""
    rows = newest_records(case).filter(pl.col("bot") == bot.name, pl.col("leg").is_in(BOT_LEGS)).sort("newest")
    if rows.is_empty():
        why = f"{bot.name} has no record of its own up to {case.end:%Y-%m-%d %H:%M} UTC"
        return Metric(bot.name, "record_age_min", None, 0, why)
    newest: datetime = rows["newest"][-1]
    age = max(0.0, (case.end - newest).total_seconds() / 60)
    return Metric(bot.name, "record_age_min", age, 1, f"its newest record is of {newest:%Y-%m-%d %H:%M:%S} UTC")


def _worst(case: Case, state: BookState, name: str, column: str) -> Metric:
    value, at = state.worst(column) or (None, None)
    who = f"{', '.join(state.bots)}: capital {state.capital:,.2f} {case.desk.quote}"
    note = f"worst at {at:%H:%M} UTC; {who}" if at and value else who
    return Metric(PORTFOLIO, name, value, state.path[column].drop_nulls().len(), note)


def _if_filled(case: Case, state: BookState) -> Metric:
    name = "leverage_if_filled"
    listed = {bot: set(order_exports(case, bot)["kind"]) for bot in WITH_ACCOUNT.subjects(case.desk)}
    if blind := [bot for bot in state.bots if bot in listed and missing_order_exports(listed[bot])]:
        why = f"the venue's exports of {', '.join(blind)} do not list all orders, so which are open is unknown"
        return Metric(PORTFOLIO, name, None, 0, why)
    orders = open_orders(case, list(state.bots))
    if orders.select(pl.any_horizontal(pl.col("buys", "sells").is_null()).any()).item():
        who = ", ".join(orders.filter(pl.col("buys").is_null())["bot"].unique().sort())
        return Metric(PORTFOLIO, name, None, orders.height, f"an open order of {who} has no price, quantity or side")
    both = state.exposures.join(orders, on=["bot", "asset"], how="full", coalesce=True).with_columns(
        pl.col("value", "buys", "sells").fill_null(0.0)
    )
    worse = pl.max_horizontal((pl.col("value") + pl.col("buys")).abs(), (pl.col("value") - pl.col("sells")).abs())
    gross = float(both.select(worse.alias("worse")).sort("worse")["worse"].sum())
    return _share(case, state, name, gross, f"open orders in {orders.height} assets")


def _shock(case: Case, state: BookState) -> Metric:
    worst, size = state.worst("net_share"), case.risk.shock
    note = f"each asset moves {size:.0%} against the book"
    rows = state.path["net_share"].drop_nulls().len()
    return Metric(PORTFOLIO, "shock_loss_share", worst and worst[0] * size, rows, note)


def _scenario(case: Case, state: BookState) -> Metric:
    if not case.desk.risk.shocks:
        return Metric(PORTFOLIO, "scenario_loss_share", 0.0, 1, "[risk.shocks] of desk.toml names none")
    losses = scenario_losses(state.exposures, case.desk.risk.shocks)
    name = max(losses, key=lambda each: (losses[each], each))
    return _share(case, state, "scenario_loss_share", max(0.0, losses[name]), f"the worst is {name}")


def _share(case: Case, state: BookState, name: str, amount: float, note: str) -> Metric:
    if state.equity <= 0:
        return Metric(PORTFOLIO, name, None, 0, f"the book has no equity left at {case.end:%Y-%m-%d %H:%M} UTC")
    return Metric(PORTFOLIO, name, amount / state.equity, 1, note)
