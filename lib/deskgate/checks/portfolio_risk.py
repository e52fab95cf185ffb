"""The portfolio's risk over all bots whose money it is: daily loss, net exposure, concentration.

From the agreed fills and observed mids, never from the bots' own counters. The book is the live bots; on a desk that
has none yet, the paper and testnet bots, as a rehearsal. One bot of the book that cannot be valued leaves the whole
book without a value: the sum of the others would be a smaller risk than there is.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec, Scope
from deskgate.config.desk import Bot, Desk, Mode
from deskgate.reconciliation.agreed import agreed_fills, agreed_funding, cash_flow, marked, signed, unconfirmed

__all__ = ["METRICS", "Valuation", "book", "check", "value_bot"]

NAMES = ("daily_loss_share", "net_exposure_share", "concentration_share")


@dataclass(frozen=True)
class Valuation:
    """One bot in quote: equity at the day's start, PnL since (fees and funding included), exposure at the end."""

    equity_quote: float
    pnl_quote: float
    exposure_quote: float


def book(desk: Desk) -> list[Bot]:
    """Return the bots whose money is at risk."""
    live = [bot for bot in desk.judged if bot.mode is Mode.LIVE]
    return live or desk.judged


THE_BOOK = Scope("bots of the book: live, or all where none is", lambda desk: [bot.name for bot in book(desk)])
METRICS = (
    MetricSpec(
        NAMES[0], "of equity", THE_PORTFOLIO, "The day's loss over the book's equity at its start; 0 on a gain."
    ),
    MetricSpec(
        NAMES[1], "of equity", THE_PORTFOLIO, "The sum of all signed exposures, without sign, over the book's equity."
    ),
    MetricSpec(NAMES[2], "of equity", THE_PORTFOLIO, "The largest exposure of one bot over the book's equity."),
    MetricSpec("equity_quote", "quote", THE_BOOK, "Equity at the day's start."),
    MetricSpec("pnl_quote", "quote", THE_BOOK, "PnL of the day at the mid, fees and funding included."),
    MetricSpec("exposure_quote", "quote", THE_BOOK, "Signed exposure at the day's end, at the mid."),
)


def check(case: Case) -> Findings:
    """Measure the three caps for the book.

    Returns
    -------
    Findings
        For the portfolio: `daily_loss_share` (loss of the day / equity at its start, 0 on a gain), `net_exposure_share`
        (|sum of signed exposures| / equity), `concentration_share` (largest bot's |exposure| / equity); and per bot
        `exposure_quote`, `pnl_quote`, `equity_quote`.
    """
    values = {bot.name: value_bot(case, bot) for bot in book(case.desk)}
    failed = [why for why in values.values() if isinstance(why, str)]
    mine = [
        Metric(name, column, *((getattr(value, column), 1) if isinstance(value, Valuation) else (None, 0, value)))
        for name, value in values.items()
        for column in ("equity_quote", "pnl_quote", "exposure_quote")
    ]
    if failed or not values:
        why = "; ".join(failed) or "the desk has no bot to value"
        return Findings([*mine, *(Metric(PORTFOLIO, name, None, 0, why) for name in NAMES)])
    held = [value for value in values.values() if isinstance(value, Valuation)]
    equity = sum(value.equity_quote for value in held)
    if equity <= 0:
        why = (
            f"the book's equity at the start of {case.day} is {equity:.2f} {case.desk.quote}, so no share of it exists"
        )
        return Findings([*mine, *(Metric(PORTFOLIO, name, None, len(held), why) for name in NAMES)])
    pnl = sum(value.pnl_quote for value in held)
    who = f"{', '.join(values)}: equity {equity:.2f}, PnL {pnl:+.2f} {case.desk.quote}"
    return Findings(
        [
            *mine,
            Metric(PORTFOLIO, NAMES[0], max(-pnl, 0.0) / equity, len(held), who),
            Metric(PORTFOLIO, NAMES[1], abs(sum(value.exposure_quote for value in held)) / equity, len(held), who),
            Metric(PORTFOLIO, NAMES[2], max(abs(value.exposure_quote) for value in held) / equity, len(held), who),
        ]
    )


def value_bot(case: Case, bot: Bot) -> Valuation | str:
    """Return the bot's valuation, or why it cannot be valued."""
    quote = case.desk.quote
    why = _unvaluable(case, bot)
    if why or bot.opening is None:
        return why or f"bots.{bot.name} has no opening in desk.toml"
    opened, end = bot.opening.at, case.end
    start = max(case.start, opened)
    fills = agreed_fills(case).filter((pl.col("bot") == bot.name) & (pl.col("ts") >= opened) & (pl.col("ts") < end))
    paid_elsewhere = fills.filter((pl.col("fee_token") != quote) & (pl.col("fee_amount") != 0))
    if paid_elsewhere.get_column("fee_quote").null_count():
        tokens = ", ".join(sorted(set(paid_elsewhere.get_column("fee_token"))))
        return f"{bot.name} paid fees in {tokens} that no leg converts into {quote}, so its loss is unknown"
    funding = agreed_funding(case).filter((pl.col("bot") == bot.name) & (pl.col("ts") >= opened) & (pl.col("ts") < end))
    begin = _equity(case, bot, fills, funding, start)
    finish = _equity(case, bot, fills, funding, end)
    if isinstance(begin, str):
        return begin
    if isinstance(finish, str):
        return finish
    base = float(bot.opening.balance[quote])
    return Valuation(base + begin[0], finish[0] - begin[0], finish[1])


def _equity(
    case: Case, bot: Bot, fills: pl.DataFrame, funding: pl.DataFrame, at: datetime
) -> tuple[float, float] | str:
    """Return the change of equity since the opening and the signed exposure at `at`, both in quote."""
    before = fills.filter(pl.col("ts") < at)
    elsewhere = before.filter(pl.col("fee_token") != case.desk.quote).get_column("fee_quote").sum()
    paid = funding.filter(pl.col("ts") < at).get_column("amount").sum()
    cash = float(before.select(cash_flow(case.desk.quote).sum()).item()) + float(paid) - float(elsewhere)
    held = {pair: float(size) for pair, size in before.group_by("pair").agg(signed().sum()).sort("pair").iter_rows()}
    prices = {pair: marked(case, bot.name, pair, at) for pair, size in held.items() if size}
    blind = [pair for pair, price in prices.items() if price is None]
    if blind:
        return f"{bot.name} holds {', '.join(blind)} at {at:%Y-%m-%d %H:%M} UTC and no mid of that age values it"
    exposure = sum(size * (prices[pair] or 0.0) for pair, size in held.items() if size)
    return cash + exposure, exposure


def _unvaluable(case: Case, bot: Bot) -> str | None:
    """Return what desk.toml or the legs lack for valuing this bot, or None."""
    quote = case.desk.quote
    foreign = bot.foreign_pairs(quote)
    if why := unconfirmed(case, bot.name):
        return why
    if bot.opening is None or quote not in bot.opening.balance:
        return f"bots.{bot.name}.opening has no {quote} balance in desk.toml, so its equity is unknown"
    if any(bot.opening_position(pair) for pair in bot.pairs):
        return f"bots.{bot.name} opened with a position, whose cost its opening does not say"
    if foreign:
        return f"{bot.name} trades {', '.join(foreign)}, whose money is not the desk's {quote}"
    if bot.opening.at >= case.end:
        at = f"{bot.opening.at:%Y-%m-%d %H:%M} UTC"
        return f"bots.{bot.name}.opening is of {at}, after the day: its equity then is unknown"
    return None
