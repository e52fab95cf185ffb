"""What each bot's account is worth at any instant, by parts: the accounting's fills, its funding and the mids then.

At each instant

    pnl = realised + change of unrealised - fees + funding

holds to the last of 18 places: what fills realised is `profits`, unrealised is position x mid - cost. A row says what the bot
had when its instant came: what happens at it is in the next one.
"""

from decimal import Decimal

import polars as pl

from deskgate.accounting.books import books_since, fills_by_average, key_of
from deskgate.accounting.profits import unaccounted, unknown_fees
from deskgate.accounting.starts import starts
from deskgate.case.case import Case, per_bot
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.case.values import opening_balance, unvalued, without_snapshot
from deskgate.config.bot import Bot
from deskgate.prices.marks import mids_at
from deskgate.reconciliation.accounts.hedged import plain
from deskgate.reconciliation.accounts.shared import members
from deskgate.reconciliation.agreed import agreed_funding, unconfirmed
from deskgate.sources.market_names import is_spot_market

__all__ = ["PARTS", "amounts_at", "held_at", "opened_with", "realized_of_day_by_average", "unvaluable"]

PARTS = ("realized_quote", "unrealized_quote", "fees_quote", "funding_quote")


@per_bot
def unvaluable(case: Case, bot: Bot) -> str | None:
    """Return why a bot's account has no value at any instant, or None where mids alone decide."""
    if why := unconfirmed(case, bot.name) or unvalued(case, bot):
        return why
    if why := without_snapshot(bot):
        return why
    if bot.opening is None or opening_balance(case, bot) is None:
        return f"bots.{bot.name}.opening has no {case.desk.quote} balance in desk.toml, so its equity is unknown"
    return unaccounted(case, bot.name) or unknown_fees(case, bot.name) or _undivided_funding(case, bot)


def _undivided_funding(case: Case, bot: Bot) -> str | None:
    """Return why the funding of a bot is not known: what an account was paid for several bots is not divided among them."""
    if bot.name not in case.shared_accounts or agreed_funding(case).filter(pl.col("bot") == bot.name).is_empty():
        return None
    names = " and ".join(members(case, bot.name))
    return f"{names} share their venue account, and its funding payments are not divided among them"


def opened_with(case: Case, bot: Bot) -> Decimal:
    """Return what the account was worth at its opening, in the desk's quote: on spot a position is owned, of contracts only its gain is."""
    held = starts(case).filter(pl.col("bot") == bot.name)
    spot = [cost for pair, cost in held.select("pair", "cost").iter_rows() if is_spot_market(bot, pair)]
    return sum(spot, opening_balance(case, bot) or Decimal(0))


def amounts_at(case: Case, bot: Bot, at: pl.Series) -> pl.DataFrame:
    """Return the parts of the PnL since the opening at each instant.

    Parameters
    ----------
    bot
        One that `unvaluable` has no reason against.
    at
        Instants, ascending, each once, none before the opening.

    Returns
    -------
    polars.DataFrame
        ts; realized_quote, fees_quote (positive when paid), funding_quote, unrealized_quote, pnl_quote (their sum) and
        exposure_quote (signed), Decimal(38, 18), the last three null where a held pair has no mid young enough; unmarked
        (those pairs).
    """
    instants = at.alias("ts").to_frame()
    books = books_since(case, at[0])
    fills = books.fills.filter(pl.col("bot") == bot.name).select("ts", "realized", "fee_quote").collect()
    before = books.sums.filter(pl.col("bot") == bot.name)
    opened = bot.opening.at if bot.opening else case.start
    paid = (pl.col("bot") == bot.name) & (pl.col("ts") >= opened) & (pl.col("ts") < case.end)
    funding = agreed_funding(case).filter(paid)
    sums = _running(instants, fills, realized_quote="realized", fees_quote="fee_quote").with_columns(
        pl.col("realized_quote") + pl.lit(before["realized"].sum(), MONEY),
        pl.col("fees_quote") + pl.lit(before["fee_quote"].sum(), MONEY),
    )
    paid_until = _running(instants, funding, funding_quote="amount")
    marked = pl.col("value").is_not_null()
    held = (
        held_at(case, bot, at)
        .group_by("ts", maintain_order=True)
        .agg(
            exposure_quote=pl.when(marked.all()).then(pl.col("value").sum()),
            unrealized_quote=pl.when(marked.all()).then(pl.col("value").sum() - pl.col("cost").sum()),
            unmarked=pl.col("market").filter(~marked).unique(maintain_order=True),
        )
    )
    parts = pl.concat([sums, paid_until.drop("ts"), held.drop("ts")], how="horizontal")
    pnl = pl.col("realized_quote") + pl.col("unrealized_quote") - pl.col("fees_quote") + pl.col("funding_quote")
    return parts.with_columns(pnl_quote=pnl)


def realized_of_day_by_average(case: Case, bot: Bot, at: pl.Series) -> pl.DataFrame:
    """Return what a bot's fills since the day's start realised by each instant, by average cost whatever the desk's method is.

    Returns
    -------
    polars.DataFrame
        ts, realized_quote (before fees; Decimal(38, 18)), a row per instant.
    """
    of_day = (pl.col("bot") == bot.name) & (pl.col("ts") >= case.start)
    fills = fills_by_average(case).filter(of_day).select("ts", "realized").collect()
    return _running(at.alias("ts").to_frame(), fills, realized_quote="realized")


def held_at(case: Case, bot: Bot, at: pl.Series) -> pl.DataFrame:
    """Return each of a bot's positions at each instant, one after the other.

    Returns
    -------
    polars.DataFrame
        ts, pair (or side of it, see `by_side`), market, position (base, signed), cost (quote, signed), mid, value (position
        x mid; 0 where flat, null where no mid is young enough).
    """
    books = books_since(case, at[0])
    sided = books.fills.filter(pl.col("bot") == bot.name).select("ts", "position", "cost", pair=key_of()).collect()
    held = [
        _held(case, bot, at, sided.filter(pl.col("pair") == pair), (pair, market), (Decimal(position), Decimal(cost)))
        for pair, market, position, cost in books.held.filter(pl.col("bot") == bot.name)
        .select("key", plain(pl.col("key")).alias("market"), "position", "cost")
        .iter_rows()
    ]
    return pl.concat(held)


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


def _held(
    case: Case, bot: Bot, at: pl.Series, fills: pl.DataFrame, names: tuple[str, str], start: tuple[Decimal, Decimal]
) -> pl.DataFrame:
    """Return one position at each instant, from its fills and what it started with (position, cost)."""
    (pair, market), (position, cost) = names, start
    states = fills.select("ts", "position", "cost").unique("ts", keep="last", maintain_order=True)
    opened = pl.col("position").fill_null(pl.lit(position, MONEY)), pl.col("cost").fill_null(pl.lit(cost, MONEY))
    rows = (
        _before(at.alias("ts").to_frame(), states)
        .with_columns(opened)
        .join(mids_at(case, bot.name, market, at), on="ts", maintain_order="left")
    )
    flat = pl.col("position") == 0
    value = pl.when(flat).then(pl.lit(0, MONEY)).otherwise(notional(pl.col("mid"), pl.col("position")))
    return rows.select(
        "ts", pl.lit(pair).alias("pair"), pl.lit(market).alias("market"), "position", "cost", "mid", value=value
    )
