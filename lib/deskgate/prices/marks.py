"""The mid that values a position at an instant: the last one before it, not older than 5 minutes."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.tolerances import MONEY
from deskgate.config.bot import Mode
from deskgate.prices.mids import MID_AGE, MarketMids, mids_between
from deskgate.sources.market_names import is_priced_as

__all__ = ["mids_at"]

# How many instants' mids are kept at most, some 64 MB: a check asks one bot after the other, each for several series of instants.
_KEPT_INSTANTS = 1_000_000


def mids_at(case: Case, bot: str, pair: str, at: pl.Series) -> pl.DataFrame:
    """Return the mid of a market at each instant: ts, mid (null where none is young enough).

    Of the mids that say something about the market (`mids_between`) the bot's own come first; those of another bot of the same
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
    known = mids_between(case, at[0], at[-1])
    own = _last_before(known.of(bot, pair, candles=False), at).select(own="mid")
    others = _others(case, known, _priced_alike(case, bot), pair, at)
    return pl.concat([instants, own, others], how="horizontal").select("ts", mid=pl.coalesce("own", *others.columns))


class _Kept(NamedTuple):
    """The mids of a market that price the same bots, and the instants that they are of."""

    at: pl.Series
    mids: pl.DataFrame


def _others(case: Case, known: MarketMids, bots: tuple[str, ...], pair: str, at: pl.Series) -> pl.DataFrame:
    """Return what many bots of one market are valued by after their own mids, a column a step; those of the latest few are kept."""
    kept, key = _kept(case), (bots, pair, at[0], at[-1])
    if key not in kept or not kept[key].at.equals(at):
        kept.pop(key, None)
        while kept and sum(each.at.len() for each in kept.values()) + at.len() > _KEPT_INSTANTS:
            kept.pop(next(iter(kept)))
        kept[key] = _Kept(at, _steps(known, bots, pair, at))
    return kept[key].mids


@per_case
def _kept(_: Case) -> dict[tuple[tuple[str, ...], str, datetime, datetime], _Kept]:
    return {}


def _steps(known: MarketMids, bots: tuple[str, ...], pair: str, at: pl.Series) -> pl.DataFrame:
    named = pl.Series("pair", sorted({other for _, other in known.by_market}), dtype=pl.String)
    alike = named.to_frame().filter(is_priced_as(pair))["pair"].to_list()
    markets = [key for key in known.by_market if key[0] in bots and key[1] in alike]
    same = [key for key in markets if key[1] == pair]
    steps = {
        "other": tuple((key, False) for key in same),
        "traded": tuple((key, key in known.with_candles) for key in same),
        "alike": tuple((key, key in known.with_candles) for key in markets),
    }
    # Most markets have no candles, and most pairs one name: then all steps are the same.
    last = {
        asked: _last_of([known.of(*key, candles=candles) for key, candles in asked], at) for asked in {*steps.values()}
    }
    return pl.DataFrame({name: last[asked]["mid"] for name, asked in steps.items()})


def _last_of(markets: Iterable[pl.DataFrame], at: pl.Series) -> pl.DataFrame:
    """Return the last mid of several markets before each instant: seen (when), mid; of several at one time that of the last market."""
    last = _last_before(pl.DataFrame(schema={"ts": at.dtype, "mid": MONEY}), at)
    for rows in markets:
        later = _last_before(rows, at).rename({"seen": "later", "mid": "its_mid"})
        is_later = pl.col("later") >= pl.col("seen").fill_null(pl.col("later"))
        last = pl.concat([last, later], how="horizontal").select(
            seen=pl.when(is_later).then("later").otherwise("seen"),
            mid=pl.when(is_later).then("its_mid").otherwise("mid"),
        )
    return last


def _last_before(mids: pl.DataFrame, at: pl.Series) -> pl.DataFrame:
    """Return the last mid at or before each instant, not older than `MID_AGE`: seen (when), mid."""
    return (
        at.alias("ts")
        .to_frame()
        .join_asof(
            mids.select("ts", "mid", seen="ts"), on="ts", strategy="backward", tolerance=MID_AGE, check_sortedness=False
        )
        .select("seen", "mid")
    )


def _priced_alike(case: Case, bot: str) -> tuple[str, ...]:
    """Return the bots whose markets have the prices of this bot's: those of its mode, and live ones."""
    modes = {case.desk.bots[bot].mode, Mode.LIVE}
    return tuple(other.name for other in case.desk.judged if other.mode in modes)
