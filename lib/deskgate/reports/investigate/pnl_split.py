"""Where a day's PnL came from: price, spread, fees and funding, by bot, pair and hour, and the fills behind it.

Of each bot, pair and hour

    pnl = price + spread - fees + funding

    spread   side x (mid - price) x quantity of the fills: what the fills earned against the last mid before them
    price    realised + change of unrealised - spread: what the market did with what was held

The amounts are those of the views `pnl_split` and `pnl_by_hour`: their sums are the day's PnL of the gates (`accounting.day_pnl`).
A fill without a mid has no spread; what it earned is in price.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from deskgate.accounting.books import books_since
from deskgate.case.case import Case
from deskgate.case.tolerances import MONEY
from deskgate.case.values import is_of_inverse
from deskgate.measures.slippage import cost_against
from deskgate.prices.mids import MID_AGE, mids_of_day
from deskgate.reports.investigate.names import Suggests, known_name
from deskgate.reports.investigate.shown import shown_html
from deskgate.reports.tables import table
from deskgate.reports.views.pnl_rows import pnl_rows

__all__ = ["PnlSplit", "pnl_split"]

PARTS = ("price_quote", "spread_quote", "fees_quote", "funding_quote", "pnl_quote")
_COUNTS = ("fills", "without_mid")
_KEYS = ("bot", "pair", "hour")
_FILLS = (
    *("ts", "bot", "pair", "side", "liquidity", "price", "quantity", "notional", "mid", "spread_quote", "fee_quote"),
    *("realized_quote", "trade_id", "order_id"),
)


@dataclass(frozen=True)
class PnlSplit(Suggests):
    """Where the day's PnL came from. Amounts are Decimal(38, 18), in the pair's quote.

    Parameters
    ----------
    pairs
        One row per bot and pair: bot, pair, price_quote, spread_quote, fees_quote (positive when paid), funding_quote (negative
        when paid), pnl_quote, fills, without_mid (how many of them). What is not known is null.
    hours
        The same by hour (its beginning, UTC). Price and PnL are null in an hour at an end of which a position has no mid; the day's
        are known all the same.
    fills
        One row per agreed fill of a bot that can be accounted: ts, bot, pair, side, liquidity, price, quantity, notional, mid (the
        last before it), spread_quote, fee_quote, realized_quote, trade_id, order_id.
    why
        One row per bot whose PnL is not known: bot, summary.
    """

    pairs: pl.DataFrame
    hours: pl.DataFrame
    fills: pl.DataFrame
    why: pl.DataFrame

    def by(self, *columns: str) -> pl.DataFrame:
        """Return the sums of the parts by some of bot, pair and hour (none named: by bot); a sum with an unknown part is null.

        Raises
        ------
        InputError
            A column is none of these.
        """
        for column in columns:
            known_name(column, _KEYS, "column to add up by")
        rows = self.hours if "hour" in columns else self.pairs
        sums = [pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum()) for name in (*PARTS, *_COUNTS)]
        return rows.group_by(*(columns or ("bot",)), maintain_order=True).agg(sums)

    def __repr__(self) -> str:
        """Return the parts by bot and pair, and why a bot has none."""
        return f"{table(self.pairs)!r}\n{table(self.why)!r}"

    def _repr_html_(self) -> str:
        return shown_html("PnL by bot and pair", (), [("", self.pairs), ("Not known", self.why)])


def pnl_split(case: Case, bot: str = "") -> PnlSplit:
    """Return where the PnL of one bot, or of each judged one, came from over the day."""
    mine = pl.lit(value=True) if not bot else pl.col("bot") == bot
    hours, whole = (rows.filter(mine) for rows in pnl_rows(case))
    fills = _fills(case).filter(mine)
    known = whole.drop_nulls("because").unique("bot", keep="first", maintain_order=True)
    unjudged = [name for name in case.desk.bots if bot in ("", name) and not case.desk.bots[name].judged]
    off = pl.DataFrame({"bot": unjudged}, schema={"bot": pl.String}).with_columns(
        summary=pl.lit("disabled in desk.toml")
    )
    return PnlSplit(
        _with_spread(whole, fills, _KEYS[:2]),
        _with_spread(hours, fills.with_columns(hour=pl.col("ts").dt.truncate("1h")), _KEYS),
        fills,
        pl.concat([known.select("bot", summary="because"), off]),
    )


def _with_spread(rows: pl.DataFrame, fills: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return rows of `pnl_rows` with price and spread instead of realised and unrealised."""
    earned = fills.group_by(key).agg(pl.col("spread_quote").sum(), with_mid=pl.col("mid").count().cast(pl.Int64))
    both = rows.join(earned, on=key, how="left", maintain_order="left", nulls_equal=True)
    # Without what was realised it is not known what the fills earned.
    spread = pl.when(pl.col("realized_quote").is_not_null()).then(pl.col("spread_quote").fill_null(pl.lit(0, MONEY)))
    split = both.with_columns(
        spread_quote=spread.cast(MONEY), without_mid=pl.col("fills") - pl.col("with_mid").fill_null(0)
    ).with_columns(
        price_quote=(pl.col("realized_quote") + pl.col("unrealized_quote") - pl.col("spread_quote")).cast(MONEY)
    )
    return split.select(*key, *PARTS, *_COUNTS)


def _fills(case: Case) -> pl.DataFrame:
    """Return the day's fills with the last mid before each, and what each earned against it."""
    rows = case.of_day(books_since(case, case.start).fills.collect()).sort("ts", "bot", "trade_id", maintain_order=True)
    at = pl.col("ts")
    found = mids_of_day(case).as_of(rows, at, at - MID_AGE)
    priced = rows.with_columns(mid=found["mid"]).with_columns(pl.when(~is_of_inverse(case)).then("mid"))
    return priced.with_columns(spread_quote=(-cost_against("mid")).cast(MONEY), realized_quote="realized").select(
        _FILLS
    )
