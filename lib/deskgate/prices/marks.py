"""The mid that values a position at an instant: the last one before it, not older than 5 minutes."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.config.bot import Mode
from deskgate.prices.quotes import CANDLES, MID_AGE, mids_between
from deskgate.sources.market_names import is_priced_as

__all__ = ["mids_at"]

# Markets at the same instants that are kept: a check asks for those of one bot after the other.
_KEPT = 8


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
    market = _market(case, _priced_alike(case, bot), pair, (at[0], at[-1]))
    own = _last(market.quotes.filter(pl.col("bot") == bot))
    for name, source in {"own": own, **market.steps}.items():
        seen = source.rename({"mid": name})
        instants = instants.join_asof(seen, on="ts", strategy="backward", tolerance=MID_AGE, check_sortedness=False)
    return instants.select("ts", mid=pl.coalesce("own", *market.steps))


class _Market(NamedTuple):
    """The mids of a market that price the same bots: its quotes by bot, and by step what comes after a bot's own (ts, mid)."""

    quotes: pl.DataFrame
    steps: Mapping[str, pl.DataFrame]


def _market(case: Case, bots: tuple[str, ...], pair: str, span: tuple[datetime, datetime]) -> _Market:
    """Return what many bots of one market are valued by at the same instants; the latest few are kept."""
    kept, key = _kept(case), (bots, pair, span)
    if key not in kept:
        if len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = _read(case, bots, pair, span)
    return kept[key]


@per_case
def _kept(_: Case) -> dict[object, _Market]:
    return {}


def _read(case: Case, bots: tuple[str, ...], pair: str, span: tuple[datetime, datetime]) -> _Market:
    near = mids_between(case, *span).filter(pl.col("bot").is_in(bots))
    named = near.select("pair").unique().filter(is_priced_as(pair))
    alike = near.filter(pl.col("pair").is_in(named["pair"].implode())).sort("ts", "bot", "pair")
    mids = alike.filter(pl.col("pair") == pair)
    quotes = mids.filter(pl.col("source") != CANDLES)
    steps = {"other": _last(quotes), "traded": _last(mids), "alike": _last(alike)}
    return _Market(quotes.select("ts", "bot", "mid"), steps)


def _last(mids: pl.DataFrame) -> pl.DataFrame:
    """Return the last mid of each instant."""
    return mids.unique("ts", keep="last", maintain_order=True).select("ts", "mid")


def _priced_alike(case: Case, bot: str) -> tuple[str, ...]:
    """Return the bots whose markets have the prices of this bot's: those of its mode, and live ones."""
    modes = {case.desk.bots[bot].mode, Mode.LIVE}
    return tuple(other.name for other in case.desk.judged if other.mode in modes)
