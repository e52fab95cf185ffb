"""PnL: each bot's change of equity over the day, from its opening and the agreed fills, fees and funding.

The one series that the gate judges, the tables list and the charts draw: its last value is the metric. It starts at 0
where the day starts, positions carried in are marked then. At each instant

    pnl = realised + change of unrealised - fees + funding

holds to the last of 18 places: what fills realised is `profits`, unrealised is position x mid - cost.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import polars as pl

from deskgate.accounting.profits import profits, unaccounted, unknown_fees
from deskgate.accounting.starts import starts
from deskgate.case.case import Case
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.case.values import opening_balance, unvalued
from deskgate.config.bot import Bot
from deskgate.prices.marks import mids_at
from deskgate.reconciliation.accounts.hedged import plain
from deskgate.reconciliation.agreed import agreed_funding, unconfirmed
from deskgate.sources.market_names import is_spot_market

__all__ = ["DayPnl", "day_pnl"]


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

    PARTS: ClassVar = ("realized_quote", "unrealized_quote", "fees_quote", "funding_quote")

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


def day_pnl(case: Case, bot: Bot) -> DayPnl | str:
    """Return the bot's PnL over the day, or why it cannot be valued."""
    quote, balance = case.desk.quote, opening_balance(case, bot)
    if why := unconfirmed(case, bot.name) or unvalued(case, bot):
        return why
    if bot.opening is None or balance is None:
        return f"bots.{bot.name}.opening has no {quote} balance in desk.toml, so its equity is unknown"
    if why := unaccounted(case, bot.name) or unknown_fees(case, bot.name):
        return why
    start = max(case.start, bot.opening.at)
    amounts = _amounts(case, bot, bot.opening.at, start)
    for at, row in ((start, amounts.row(0, named=True)), (case.end, amounts.row(-1, named=True))):
        if row["unmarked"]:
            return (
                f"{bot.name} holds {', '.join(row['unmarked'])} at {at:%Y-%m-%d %H:%M} UTC, and nothing says what that is worth: it"
                " has no mid of the 5 minutes before (a feed that hangs or lacks a side gives none; notebook 04 has the quotes)"
            )
    first = amounts.row(0, named=True)
    series = amounts.select(
        "ts", *[pl.col(name) - pl.col(name).first() for name in ("pnl_quote", *DayPnl.PARTS)], "exposure_quote"
    )
    return DayPnl(float(balance + _owned(case, bot) + first["pnl_quote"]), series)


def _owned(case: Case, bot: Bot) -> Decimal:
    """Return what the opening holds beside its wallet: on spot a position is owned, of contracts only its gain is."""
    held = starts(case).filter(pl.col("bot") == bot.name)
    spot = [cost for pair, cost in held.select("pair", "cost").iter_rows() if is_spot_market(bot, pair)]
    return sum(spot, Decimal(0))


def _amounts(case: Case, bot: Bot, opened: datetime, start: datetime) -> pl.DataFrame:
    """Return the parts of the PnL since the opening at each instant of the day, and unmarked (pairs without a mid)."""
    fills = profits(case).filter(pl.col("bot") == bot.name)
    paid = (pl.col("bot") == bot.name) & (pl.col("ts") >= opened) & (pl.col("ts") < case.end)
    funding = agreed_funding(case).filter(paid)
    inside = pl.concat([fills["ts"], funding["ts"]])
    border = pl.Series([start, case.end], dtype=inside.dtype)
    at = pl.concat([border, inside.filter(inside > start)]).unique().sort().alias("ts").to_frame()
    sums = _running(at, fills, realized_quote="realized", fees_quote="fee_quote")
    paid_until = _running(at, funding, funding_quote="amount")
    parts = pl.concat([sums, paid_until.drop("ts"), _open_amounts(case, bot, at, fills).drop("ts")], how="horizontal")
    pnl = pl.col("realized_quote") + pl.col("unrealized_quote") - pl.col("fees_quote") + pl.col("funding_quote")
    return parts.with_columns(pnl_quote=pnl)


def _running(at: pl.DataFrame, rows: pl.DataFrame, **columns: str) -> pl.DataFrame:
    """Return what these columns add up to before each instant."""
    sums = (
        rows.sort("ts")
        .group_by("ts", maintain_order=True)
        .agg(pl.col(name).sum().alias(to) for to, name in columns.items())
    )
    running = sums.with_columns(pl.col(*columns).cum_sum())
    return _before(at, running).with_columns(pl.col(*columns).fill_null(0).cast(MONEY))


def _before(at: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Return the last state before each instant."""
    return at.join_asof(states, on="ts", strategy="backward", allow_exact_matches=False, check_sortedness=False)


def _open_amounts(case: Case, bot: Bot, at: pl.DataFrame, fills: pl.DataFrame) -> pl.DataFrame:
    """Return what is open at each instant: ts, exposure_quote, unrealized_quote (null where unmarked), unmarked (pairs)."""
    side = pl.when(pl.col("held_side").is_null()).then("pair").otherwise(pl.format("{} {}", "pair", "held_side"))
    sided = fills.with_columns(key=side)
    held = [
        _held(case, bot, at, sided.filter(pl.col("key") == key), Decimal(position), Decimal(cost), market)
        for key, market, position, cost in starts(case)
        .filter(pl.col("bot") == bot.name)
        .select("pair", plain(pl.col("pair")).alias("market"), "position", "cost")
        .iter_rows()
    ]
    marked = pl.col("value").is_not_null()
    return (
        pl.concat(held)
        .group_by("ts", maintain_order=True)
        .agg(
            exposure_quote=pl.when(marked.all()).then(pl.col("value").sum()),
            unrealized_quote=pl.when(marked.all()).then(pl.col("value").sum() - pl.col("cost").sum()),
            unmarked=pl.col("market").filter(~marked).unique(maintain_order=True),
        )
    )


def _held(
    case: Case, bot: Bot, at: pl.DataFrame, fills: pl.DataFrame, position: Decimal, cost: Decimal, market: str
) -> pl.DataFrame:
    """Return one position at each instant: ts, market, cost, value (at the mid; null where none is young enough)."""
    states = fills.select("ts", "position", "cost").unique("ts", keep="last", maintain_order=True)
    opened = pl.col("position").fill_null(pl.lit(position, MONEY)), pl.col("cost").fill_null(pl.lit(cost, MONEY))
    rows = (
        _before(at, states)
        .with_columns(opened)
        .join(mids_at(case, bot.name, market, at["ts"]), on="ts", maintain_order="left")
    )
    value = (
        pl.when(pl.col("position") == 0).then(pl.lit(0, MONEY)).otherwise(notional(pl.col("mid"), pl.col("position")))
    )
    return rows.select("ts", pl.lit(market).alias("market"), "cost", value=value)
