"""Where a day's PnL came from: price, spread, fees and funding, by bot, pair and hour, and the fills behind it.

Of each bot, pair and hour

    pnl = price + spread - fees + funding

    spread   side x (mid - price) x quantity of the fills: what the fills earned against the last mid before them
    price    realised + change of unrealised - spread: what the market did with what was held

Sums of it are the day's PnL of the gates (`accounting.day_pnl`). A fill without a mid has no spread; what it earned is in price.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from deskgate.accounting.amounts import held_at, unvaluable
from deskgate.accounting.books import books_since
from deskgate.case.case import Case
from deskgate.case.values import is_of_inverse
from deskgate.config.bot import Bot
from deskgate.measures.priced import as_of_mids
from deskgate.measures.slippage import cost_against
from deskgate.prices.quotes import MID_AGE, mids
from deskgate.reconciliation.agreed import agreed_funding
from deskgate.reports.investigate.names import Suggests
from deskgate.reports.investigate.shown import shown_html
from deskgate.reports.tables import table

__all__ = ["PnlSplit", "pnl_split"]

PARTS = ("price_quote", "spread_quote", "fees_quote", "funding_quote", "pnl_quote")
_MONEY = pl.Decimal(38, 18)
_TIME = pl.Datetime("us", "UTC")
_HOURS = {
    "bot": pl.String(),
    "pair": pl.String(),
    "hour": _TIME,
    **dict.fromkeys(PARTS, _MONEY),
    **dict.fromkeys(("fills", "without_mid"), pl.Int64()),
}
_FILLS = {
    "ts": _TIME,
    **dict.fromkeys(("bot", "pair", "side", "liquidity"), pl.String()),
    **dict.fromkeys(("price", "quantity", "notional", "mid", "spread_quote", "fee_quote", "realized_quote"), _MONEY),
    **dict.fromkeys(("trade_id", "order_id"), pl.String()),
}
_KEY = ["bot", "pair", "hour"]


@dataclass(frozen=True)
class PnlSplit(Suggests):
    """Where the day's PnL came from.

    Parameters
    ----------
    hours
        One row per bot, pair and hour: bot, pair, hour (its beginning), price_quote, spread_quote, fees_quote (positive when paid),
        funding_quote, pnl_quote (null, as price is, where a position has no mid), fills, without_mid (of them).
    fills
        One row per agreed fill: ts, bot, pair, side, liquidity, price, quantity, notional, mid, spread_quote, fee_quote,
        realized_quote, trade_id, order_id.
    why
        One row per bot without a split: bot, summary.
    """

    hours: pl.DataFrame
    fills: pl.DataFrame
    why: pl.DataFrame

    def by(self, *columns: str) -> pl.DataFrame:
        """Return the sums of the parts by some of bot, pair and hour; a sum of which one hour is not known is null."""
        sums = [pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum()).alias(name) for name in PARTS]
        counts = pl.col("fills", "without_mid").sum()
        return self.hours.group_by(*(columns or ("bot",)), maintain_order=True).agg(*sums, counts)

    def __repr__(self) -> str:
        """Return the sums by bot and pair, and why a bot has none."""
        return f"{table(self.by('bot', 'pair'))!r}\n{table(self.why)!r}"

    def _repr_html_(self) -> str:
        return shown_html("PnL by bot and pair", (), [("", self.by("bot", "pair")), ("Not known", self.why)])


def pnl_split(case: Case, bot: str = "") -> PnlSplit:
    """Return where the PnL of one bot, or of each judged one, came from over the day."""
    bots = [each for each in case.desk.judged if bot in ("", each.name)]
    reasons = {each.name: unvaluable(case, each) for each in bots}
    found = [_of_bot(case, each) for each in bots if reasons[each.name] is None]
    return PnlSplit(
        pl.concat([pl.DataFrame(schema=_HOURS), *(hours for hours, _ in found)]).sort(_KEY),
        pl.concat([pl.DataFrame(schema=_FILLS), *(fills for _, fills in found)]).sort("ts", "bot", "trade_id"),
        pl.DataFrame(
            [(name, why) for name, why in reasons.items() if why],
            schema={"bot": pl.String, "summary": pl.String},
            orient="row",
        ),
    )


def _of_bot(case: Case, bot: Bot) -> tuple[pl.DataFrame, pl.DataFrame]:
    at = _instants(case, bot)
    inside = (pl.col("bot") == bot.name) & pl.col("ts").is_between(at[0], at[-1], closed="left")
    rows = books_since(case, at[0]).fills.filter(inside).collect().sort("ts", "trade_id", maintain_order=True)
    fills = _with_mids(case, rows).select(pl.col(name).cast(dtype) for name, dtype in _FILLS.items())
    paid = agreed_funding(case).filter(inside)
    hour = pl.max_horizontal(pl.col("ts").dt.truncate("1h"), pl.lit(at[0], _TIME)).alias("hour")
    marked = _marked(case, bot, at)
    traded = fills.group_by("bot", "pair", hour).agg(
        pl.col("realized_quote", "spread_quote").sum(),
        fees_quote=pl.col("fee_quote").sum(),
        fills=pl.len().cast(pl.Int64),
        without_mid=pl.col("mid").null_count().cast(pl.Int64),
    )
    funding = paid.group_by("bot", "pair", hour).agg(funding_quote=pl.col("amount").sum())
    both = marked.join(traded, on=_KEY, how="full", coalesce=True).join(
        funding, on=_KEY, how="full", coalesce=True, nulls_equal=True
    )
    nothing = pl.lit(0, _MONEY)
    known = both.with_columns(
        pl.col("realized_quote", "spread_quote", "fees_quote", "funding_quote").cast(_MONEY).fill_null(nothing),
        pl.col("fills", "without_mid").fill_null(0),
        # A market of a payment alone is not held.
        pl.when(pl.col("is_held")).then("unrealized_quote").otherwise(nothing).alias("unrealized_quote"),
    )
    price = pl.col("realized_quote") + pl.col("unrealized_quote") - pl.col("spread_quote")
    split = known.with_columns(price_quote=price).with_columns(
        pnl_quote=pl.col("price_quote") + pl.col("spread_quote") - pl.col("fees_quote") + pl.col("funding_quote")
    )
    return split.select(pl.col(name).cast(dtype) for name, dtype in _HOURS.items()), fills


def _instants(case: Case, bot: Bot) -> pl.Series:
    """Return the day's start or the bot's opening, each whole hour after it, and the day's end."""
    start = max(case.start, bot.opening.at) if bot.opening else case.start
    first = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    whole = pl.datetime_range(first, case.end, "1h", closed="left", time_unit="us", time_zone="UTC", eager=True)
    border = pl.Series([start, case.end], dtype=_TIME)
    return pl.concat([border, whole.cast(_TIME)]).unique().sort()


def _with_mids(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the last mid before each fill, and what the fill earned against it."""
    at = pl.col("ts")
    found = as_of_mids(rows, mids(case), at, at - MID_AGE)
    priced = rows.with_columns(mid=found["mid"]).with_columns(pl.when(~is_of_inverse(case)).then("mid"))
    return priced.with_columns(spread_quote=-cost_against("mid"), realized_quote=pl.col("realized"))


def _marked(case: Case, bot: Bot, at: pl.Series) -> pl.DataFrame:
    """Return by how much each market's unrealised PnL changed in each hour: bot, pair, hour, unrealized_quote, is_held."""
    worth = (
        held_at(case, bot, at)
        .group_by("market", "ts", maintain_order=True)
        .agg(open=pl.when(pl.col("value").is_not_null().all()).then(pl.col("value").sum() - pl.col("cost").sum()))
        .sort("market", "ts")
    )
    change = pl.col("open") - pl.col("open").shift().over("market")
    hour = pl.col("ts").shift().over("market").alias("hour")
    return (
        worth.with_columns(hour, unrealized_quote=change)
        .drop_nulls("hour")
        .select(
            bot=pl.lit(bot.name),
            pair="market",
            hour="hour",
            unrealized_quote="unrealized_quote",
            is_held=pl.lit(value=True),
        )
    )
