"""PnL: each bot's change of equity over the day, from its opening and the agreed fills, fees and funding.

The one series that the gate judges, the tables list and the charts draw: its last value is the metric. It starts at 0
where the day starts, positions carried in are marked then; equity at an instant = opening balance + cash of all fills -
fees + funding + position at the last mid.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import judged
from deskgate.case.values import opening_balance, unvalued
from deskgate.config.bot import Bot, Opening
from deskgate.reconciliation.agreed import MID_AGE, agreed_fills, agreed_funding, cash_flow, signed, unconfirmed
from deskgate.sources.market_names import is_priced_as

__all__ = ["DayPnl", "day_pnl"]

_MARKED = pl.col("held").is_null() | (pl.col("held") == 0) | pl.col("mid").is_not_null()


@dataclass(frozen=True)
class DayPnl:
    """One bot's day in the desk's quote.

    `series` has one row per instant: ts, pnl_quote (change of equity since the day's start, null where a held pair has no
    mid younger than 5 minutes), exposure_quote (signed, null likewise). Its first row is the day's start or the opening,
    its last one the day's end; between them stand the instants of fills and funding payments.
    """

    start_equity_quote: float
    series: pl.DataFrame

    @property
    def pnl_quote(self) -> float:
        """The change of equity over the day, fees and funding included."""
        return float(self.series["pnl_quote"][-1])

    @property
    def exposure_quote(self) -> float:
        """The signed value of what is held at the day's end."""
        return float(self.series["exposure_quote"][-1])


def day_pnl(case: Case, bot: Bot) -> DayPnl | str:
    """Return the bot's PnL over the day, or why it cannot be valued."""
    quote, base = case.desk.quote, opening_balance(case, bot)
    if why := unconfirmed(case, bot.name) or unvalued(case, bot):
        return why
    if bot.opening is None or base is None:
        return f"bots.{bot.name}.opening has no {quote} balance in desk.toml, so its equity is unknown"
    if why := _unvaluable(case, bot, bot.opening):
        return why
    opened, end = bot.opening.at, case.end
    start = max(case.start, opened)
    mine = (pl.col("bot") == bot.name) & (pl.col("ts") >= opened) & (pl.col("ts") < end)
    fills, funding = agreed_fills(case).filter(mine), agreed_funding(case).filter(mine)
    foreign_fees = fills.filter((pl.col("fee_token") != quote) & (pl.col("fee_amount") != 0))
    if foreign_fees["fee_quote"].null_count():
        tokens = ", ".join(sorted(set(foreign_fees["fee_token"])))
        return f"{bot.name} paid fees in {tokens} that no leg converts into {quote}, so its loss is unknown"
    equity = _equity(case, bot, _moves(fills, funding, quote), start, end)
    for at, row in ((start, equity.row(0, named=True)), (end, equity.row(-1, named=True))):
        if row["unmarked"]:
            return f"{bot.name} holds {', '.join(row['unmarked'])} at {at:%Y-%m-%d %H:%M} UTC and no mid of that age values it"
    change = pl.col("equity") - pl.col("equity").first()
    return DayPnl(
        float(base) + float(equity["equity"][0]), equity.select("ts", pnl_quote=change, exposure_quote="exposure")
    )


def _moves(fills: pl.DataFrame, funding: pl.DataFrame, quote: str) -> pl.DataFrame:
    """Return what changes cash or position: pair, ts, cash (quote), base; both exact."""
    foreign = pl.when(pl.col("fee_token") != quote).then(pl.col("fee_quote").fill_null(0)).otherwise(0)
    zero = pl.lit(0, pl.Decimal(38, 18))
    return pl.concat(
        [
            fills.select("pair", "ts", cash=(cash_flow(quote) - foreign).cast(pl.Decimal(38, 18)), base=signed()),
            funding.select("pair", "ts", cash="amount", base=zero),
        ]
    )


def _equity(case: Case, bot: Bot, moves: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """Return equity less the opening balance at each instant of the day: ts, equity, exposure, unmarked (pairs without a mid).

    What happens at an instant is not in its row: a row says what the bot had when the instant came.
    """
    inside = moves.filter(pl.col("ts") > start)["ts"].unique()
    instants = pl.concat([pl.Series([start], dtype=inside.dtype), inside, pl.Series([end], dtype=inside.dtype)])
    at = instants.unique().sort().alias("ts").to_frame()
    cash = (
        moves.sort("ts")
        .group_by("ts", maintain_order=True)
        .agg(pl.col("cash").sum())
        .with_columns(pl.col("cash").cum_sum())
    )
    running = at.join_asof(cash, on="ts", strategy="backward", allow_exact_matches=False).with_columns(
        pl.col("cash").fill_null(0).cast(pl.Float64)
    )
    # A funding payment may have no pair, and moves no position.
    base_moves = moves.filter(pl.col("base") != 0)
    held = [
        _held(case, bot, at, base_moves.filter(pl.col("pair") == pair), pair)
        for pair in sorted(base_moves["pair"].unique())
    ]
    if not held:
        return running.select("ts", equity="cash", exposure=pl.lit(0.0), unmarked=pl.lit([], pl.List(pl.String)))
    value = pl.when(pl.col("held") == 0).then(0.0).otherwise(pl.col("held") * pl.col("mid"))
    exposure = (
        pl.concat(held)
        .with_columns(value=value)
        .group_by("ts", maintain_order=True)
        .agg(
            exposure=pl.when(_MARKED.all()).then(pl.col("value").sum()),
            unmarked=pl.col("pair").filter(~_MARKED),
        )
    )
    return running.join(exposure, on="ts", maintain_order="left").select(
        "ts", "exposure", "unmarked", equity=pl.col("cash") + pl.col("exposure")
    )


def _held(case: Case, bot: Bot, at: pl.DataFrame, moves: pl.DataFrame, pair: str) -> pl.DataFrame:
    """Return the position in one pair and the mid that values it at each instant: ts, pair, held (base), mid."""
    base = moves.sort("ts").group_by("ts", maintain_order=True).agg(held=pl.col("base").sum())
    near = pl.col("ts").is_between(at["ts"][0] - MID_AGE, at["ts"][-1])
    alike = judged(case, "mids", near).filter(is_priced_as(pair)).sort("ts", "row_id")
    mids = alike.filter(pl.col("pair") == pair)
    own = mids.filter(pl.col("bot") == bot.name)
    priced = at.join_asof(
        base.with_columns(pl.col("held").cum_sum().cast(pl.Float64)),
        on="ts",
        strategy="backward",
        allow_exact_matches=False,
    )
    # The bot's own observation comes first; another bot's of the same market is as good, and spot and swap of one base
    # and quote are priced by each other where only one of them was observed.
    for name, source in (("own", own), ("other", mids), ("alike", alike)):
        seen = source.unique("ts", keep="last", maintain_order=True).select(
            "ts", pl.col("mid").cast(pl.Float64).alias(name)
        )
        priced = priced.join_asof(seen, on="ts", strategy="backward", tolerance=MID_AGE, check_sortedness=False)
    return priced.select(
        "ts", pl.lit(pair).alias("pair"), pl.col("held").fill_null(0), mid=pl.coalesce("own", "other", "alike")
    )


def _unvaluable(case: Case, bot: Bot, opening: Opening) -> str | None:
    """Return why this bot cannot be valued from its opening, or None."""
    if any(bot.opening_position(pair) for pair in bot.pairs):
        return f"bots.{bot.name} opened with a position, whose cost its opening does not say"
    if opening.at >= case.end:
        at = f"{opening.at:%Y-%m-%d %H:%M} UTC"
        return f"bots.{bot.name}.opening is of {at}, after the day: its equity then is unknown"
    return None
