"""The agreed fills of the soak with what each was worth, realised and cost: what the measures of money stand on."""

import polars as pl

from deskgate.accounting.books import books_since
from deskgate.accounting.moved_fills import unaccounted
from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.case.values import not_linear
from deskgate.measures.measure import ROWS
from deskgate.reconciliation.agreed import every_agreed_fill, in_order
from deskgate.reconciliation.fill_fees import fee_in_quote

__all__ = ["traded", "traded_rows"]

_COLUMNS = ("bot", "pair", "ts", "trade_id", "order_id", "side", "liquidity", "notional", "realized", "fee_quote")


@per_case
def traded(case: Case) -> pl.DataFrame:
    """Return the agreed fills in [measured_since, end).

    Returns
    -------
    polars.DataFrame
        One row per fill: bot, pair, ts, trade_id, order_id, side, liquidity (maker or taker, null where no leg says it),
        notional (the pair's quote; null where price times quantity is no value, as of an inverse contract), realized
        (quote, before fees; null where the bot cannot be accounted), fee_quote (positive when paid; null where no leg has
        or converts it); sorted by (bot, ts, trade_id).
    """
    since = measured_since(case)
    accounted = books_since(case, since).fills.filter(pl.col("ts") >= since).select(_COLUMNS).collect()
    names = [bot.name for bot in case.desk.judged if unaccounted(case, bot.name)]
    linear = [name for name in names if not_linear(case, name) is None]
    worth = pl.when(pl.col("bot").is_in(linear)).then(notional(pl.col("price"), pl.col("quantity")))
    others = (
        every_agreed_fill(case)
        .filter(pl.col("bot").is_in(names), pl.col("ts") >= since)
        .pipe(in_order)
        .with_columns(notional=worth, fee_quote=fee_in_quote(case))
        .collect()
    )
    without = others.with_columns(realized=pl.lit(None, MONEY)).select(_COLUMNS)
    inside = pl.col("ts").is_between(since, case.end, closed="left")
    return pl.concat([accounted, without]).filter(inside).sort("bot", "ts", "trade_id", maintain_order=True)


def traded_rows(fills: pl.DataFrame, num: pl.Expr, den: pl.Expr | None = None) -> pl.DataFrame:
    """Return the rows of a measure, one per fill of `traded`; `den` is its notional unless another one is given."""
    den = pl.col("notional").fill_null(0) if den is None else den
    name = pl.coalesce("trade_id", "order_id", pl.lit("")).alias("id")
    rows = fills.select("bot", "pair", "ts", "side", "liquidity", name, num=num, den=den)
    return rows.cast(pl.Schema(ROWS)).sort("bot", "ts", "id", maintain_order=True)
