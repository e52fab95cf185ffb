"""PnL: each bot's change of equity over the day, from its opening and the agreed fills, fees and funding.

The one series that the gate judges, the tables list and the charts draw: its last value is the metric. It starts at 0
where the day starts, positions carried in are marked then. At each instant

    pnl = realised + change of unrealised - fees + funding

holds to the last of 18 places: what fills realised is `profits`, unrealised is position x mid - cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from deskgate.accounting.amounts import PARTS, amounts_at, opened_with, unvaluable
from deskgate.accounting.books import books_since
from deskgate.case.case import Case, per_bot
from deskgate.config.bot import Bot
from deskgate.reconciliation.accounts.transfers import account_transfers
from deskgate.reconciliation.agreed import agreed_funding

__all__ = ["DayPnl", "day_pnl", "unmarked"]


@dataclass(frozen=True)
class DayPnl:
    """One bot's day in the desk's quote.

    `series` has one row per instant, its amounts Decimal(38, 18): ts, pnl_quote (change of equity since the day's start),
    realized_quote, unrealized_quote (its change), fees_quote (positive when paid) and funding_quote, all since the day's
    start, and exposure_quote (signed). Where a held pair has no mid younger than 5 minutes, pnl_quote, unrealized_quote and
    exposure_quote are null. Its first row is the day's start or the opening, its last one the day's end; between them
    stand the instants of fills and funding payments. A row says what the bot had when its instant came: what happens at it
    is in the next one.
    """

    start_equity_quote: float
    series: pl.DataFrame

    @property
    def pnl_quote(self) -> float:
        """The change of equity over the day, fees and funding included."""
        return self._last("pnl_quote")

    @property
    def exposure_quote(self) -> float:
        """The signed value of what is held at the day's end."""
        return self._last("exposure_quote")

    def _last(self, column: str) -> float:
        return float(self.series[column].cast(pl.Float64)[-1])


@per_bot
def day_pnl(case: Case, bot: Bot) -> DayPnl | str:
    """Return the bot's PnL over the day, or why it cannot be valued."""
    if why := unvaluable(case, bot):
        return why
    start = max(case.start, bot.opening.at) if bot.opening else case.start
    amounts = amounts_at(case, bot, _instants(case, bot, start))
    for at, row in ((start, amounts.row(0, named=True)), (case.end, amounts.row(-1, named=True))):
        if row["unmarked"]:
            return unmarked(bot, at, row["unmarked"])
    first = amounts.row(0, named=True)
    series = amounts.select(
        "ts", *[pl.col(name) - pl.col(name).first() for name in ("pnl_quote", *PARTS)], "exposure_quote"
    )
    moved = account_transfers(case).filter(pl.col("bot") == bot.name, pl.col("ts") < start)["amount"].sum()
    return DayPnl(float(opened_with(case, bot) + Decimal(moved) + first["pnl_quote"]), series)


def unmarked(bot: Bot, at: datetime, pairs: Sequence[str]) -> str:
    """Return that nothing says what a bot's positions in some pairs are worth at an instant."""
    return (
        f"{bot.name} holds {', '.join(pairs)} at {at:%Y-%m-%d %H:%M} UTC, and nothing says what that is worth: it"
        " has no mid of the 5 minutes before (a feed that hangs or lacks a side gives none; notebook 04 has the quotes)"
    )


def _instants(case: Case, bot: Bot, start: datetime) -> pl.Series:
    """Return the day's start and end, and between them the instants of fills and payments."""
    fills, funding = (
        rows.lazy().filter(pl.col("bot") == bot.name).select("ts").collect()["ts"]
        for rows in (books_since(case, start).fills, agreed_funding(case))
    )
    inside = pl.concat([fills, funding])
    border = pl.Series([start, case.end], dtype=inside.dtype)
    return pl.concat([border, inside.filter((inside > start) & (inside < case.end))]).unique().sort()
