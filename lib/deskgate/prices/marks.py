"""The mid that values a position at an instant: the last one before it, not older than 5 minutes."""

import polars as pl

from deskgate.case.case import Case
from deskgate.config.bot import Mode
from deskgate.prices.quotes import CANDLES, MID_AGE, mids_between
from deskgate.sources.market_names import is_priced_as

__all__ = ["mids_at"]


def mids_at(case: Case, bot: str, pair: str, at: pl.Series) -> pl.DataFrame:
    """Return the mid of a market at each instant: ts, mid (null where none is young enough).

    Of the mids that say something about the market (`quotes.mids`) the bot's own come first; those of another bot of the same
    mode, or of a live one, are as good, and spot and swap of one base and quote are priced by each other where only one of them
    was observed. Closes of candles, the bot's own too, come after every quote of the market. Nothing live is valued by what a paper or testnet bot saw.

    Parameters
    ----------
    at
        Instants, ascending.
    """
    instants = at.alias("ts").to_frame()
    if at.is_empty():
        return instants.with_columns(mid=pl.lit(None, pl.Decimal(38, 18)))
    near = mids_between(case, at[0], at[-1]).filter(pl.col("bot").is_in(_priced_alike(case, bot)))
    named = near.select("pair").unique().filter(is_priced_as(pair))
    alike = near.filter(pl.col("pair").is_in(named["pair"].implode())).sort("ts", "bot", "pair")
    mids = alike.filter(pl.col("pair") == pair)
    quotes = mids.filter(pl.col("source") != CANDLES)
    steps = {"own": quotes.filter(pl.col("bot") == bot), "other": quotes, "traded": mids, "alike": alike}
    for name, source in steps.items():
        seen = source.unique("ts", keep="last", maintain_order=True).select("ts", pl.col("mid").alias(name))
        instants = instants.join_asof(seen, on="ts", strategy="backward", tolerance=MID_AGE, check_sortedness=False)
    return instants.select("ts", mid=pl.coalesce(*steps))


def _priced_alike(case: Case, bot: str) -> list[str]:
    """Return the bots whose markets have the prices of this bot's: those of its mode, and live ones."""
    modes = {case.desk.bots[bot].mode, Mode.LIVE}
    return [other.name for other in case.desk.judged if other.mode in modes]
