"""The states of the orders that a bot made in the soak, from its own records, each with its market.

A record of Hummingbot may lack the market: its cancellations and failures name the order alone. An order that fails
before the venue has it is in no other record.
"""

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case
from deskgate.case.markets import markets
from deskgate.config.bot import Bot
from deskgate.measures.measured_history import rows_left
from deskgate.schema import BOT_LEGS, SIDES

__all__ = ["order_records"]

_KEY = ["bot", "order_id"]


def order_records(case: Case) -> pl.DataFrame:
    """Return the states that the bots' own legs have of the orders of the soak, and of no order made before it.

    Those of the orders in `measured_history` are left out.

    Returns
    -------
    polars.DataFrame
        One row per state: bot, leg, pair (judged; null where neither a record nor the order's id tells it), order_id,
        exchange_order_id, status, created_ts, ts, side, price, quantity (base), row_id; up to the case's end.
    """
    start = measured_since(case)
    inside = pl.col("ts").is_between(start, case.end, closed="left")
    made_inside = pl.col("created_ts").is_between(start, case.end, closed="left")
    rows = rows_left(case).filter(inside | made_inside)
    made = rows.group_by(_KEY).agg(pl.col("created_ts").min())
    before = made.filter(pl.col("created_ts") < start)
    undated = made.filter(pl.col("created_ts").is_null())
    if undated.height:
        known = pl.col("leg").is_in(BOT_LEGS) & pl.col("order_id").is_in(undated["order_id"].implode())
        earlier = case.lazy("orders").filter(known, pl.col("ts") < start).select(_KEY)
        before = pl.concat([before.select(_KEY), undated.select(_KEY).join(earlier.collect(), on=_KEY, how="semi")])
    of_soak = rows.join(before, on=_KEY, how="anti")
    return _with_pairs(case, markets(case).judge(_with_markets(of_soak), everything=True)).drop("market", "symbol")


def _with_markets(rows: pl.DataFrame) -> pl.DataFrame:
    """Name the connector of the stream's records, which do not say it, by the other records of their order."""
    only = pl.col("market").drop_nulls().first().over(_KEY)
    is_one = pl.col("market").drop_nulls().n_unique().over(_KEY) == 1
    return rows.with_columns(pl.coalesce("market", pl.when(is_one).then(only)).alias("market"))


def _with_pairs(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Give each record without a market the market of its order.

    An id that two markets have is two orders: a record without a market is of the one with its venue id, else of both.
    """
    nameless = rows.filter(pl.col("pair").is_null())
    if nameless.is_empty():
        return markets(case).comparable(rows)
    named = rows.filter(pl.col("pair").is_not_null())
    known = named.group_by(*_KEY, "pair").agg(pl.col("exchange_order_id").drop_nulls().unique().alias("_ids"))
    other = pl.col("exchange_order_id").is_not_null() & (pl.col("_ids").list.len() > 0)
    found = (
        nameless.drop("pair")
        .join(known, on=_KEY, how="left")
        .with_columns(_fits=~other | pl.col("_ids").list.contains(pl.col("exchange_order_id")))
        .filter(pl.col("_fits").fill_null(value=True) | ~pl.col("_fits").any().over("row_id"))
        .select(rows.columns)
    )
    by_id = pl.concat([_by_client_id(bot, found.filter(pl.col("bot") == bot.name)) for bot in case.desk.judged])
    return markets(case).comparable(pl.concat([named, by_id]))


def _by_client_id(bot: Bot, rows: pl.DataFrame) -> pl.DataFrame:
    """Tell the market and side of orders that no record tells, by their client id.

    Hummingbot's has the side's first letter and the first and last letters of base and quote, a paper order's
    `buy://BASE-QUOTE/` (20260922: connector/utils.py get_new_client_order_id, paper_trade_exchange.pyx). Where the bot
    has one pair the order is of that.
    """
    ends = {pair: "".join(f"{part[0]}{part[-1]}" for part in pair.split("-")[:2] if part) for pair in bot.pairs}
    spelled = [
        (side, pair, pl.col("order_id").str.contains(f"{side[0]}{ends[pair]}", literal=True) | _is_of_paper(side, pair))
        for side in SIDES
        for pair in bot.pairs
    ]
    fits = [pl.when(holds).then(pl.concat_list(pl.lit(side), pl.lit(pair))) for side, pair, holds in spelled]
    one = pl.sum_horizontal([holds for *_, holds in spelled]) == 1
    guess = pl.when(one).then(pl.coalesce(fits))
    alone = pl.lit(bot.pairs[0] if len(bot.pairs) == 1 else None, pl.String)
    return rows.with_columns(
        pair=pl.coalesce("pair", guess.list.get(1), alone), side=pl.coalesce("side", guess.list.get(0))
    )


def _is_of_paper(side: str, pair: str) -> pl.Expr:
    return pl.col("order_id").str.starts_with(f"{side.lower()}://{pair}/")
