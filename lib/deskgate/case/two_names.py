"""One market under two names: what the bot and its venue call differently, by the ids of fills that both have."""

from collections.abc import Iterator, Mapping

import polars as pl

from deskgate.case.case import Case
from deskgate.config.bot import Bot
from deskgate.config.connectors import unit_of
from deskgate.sources.market_names import judged_pair

__all__ = ["two_names"]

# Two markets are likely one under two names where so many of the ids of one of them are the other's too.
_SHARED = 0.5


def two_names(
    case: Case, bots: Mapping[str, Bot], whole: pl.DataFrame, fills: pl.DataFrame
) -> Iterator[tuple[str, str, str]]:
    """Yield the markets that the bot and its venue name differently, by the ids that both have."""
    with_venue = [name for name in bots if {"exchange"} < case.legs.get(name, set())]
    is_venue = pl.col("leg") == "exchange"
    sides = whole.filter(pl.col("bot").is_in(with_venue)).with_columns(
        lonely=is_venue.n_unique().over("bot", "pair") == 1
    )
    lonely = sides.filter("lonely")
    if case.fill_history:
        # Of a market with finished fills both sides have rows.
        lonely = lonely.join(case.fill_history.pairs, on=["bot", "pair"], how="anti", maintain_order="left")
    if lonely.is_empty():
        return
    ids = pl.concat(
        [
            lonely.select("bot", "pair", is_venue.alias("is_venue"), kind=pl.lit(name), id=pl.col(name)).drop_nulls(
                "id"
            )
            for name in ("trade_id", "exchange_order_id")
        ]
    ).unique()
    counts = ids.group_by("bot", "pair", "kind").len("of")
    shared = (
        ids.filter(~pl.col("is_venue"))
        .join(ids.filter("is_venue"), on=["bot", "kind", "id"], suffix="_venue")
        .group_by("bot", "pair", "pair_venue", "kind")
        .len("shared")
        .join(counts, on=["bot", "pair", "kind"])
        .join(counts.rename({"pair": "pair_venue", "of": "of_venue"}), on=["bot", "pair_venue", "kind"])
        .filter(pl.col("shared") >= _SHARED * pl.min_horizontal("of", "of_venue"))
        .sort("bot", "pair", "pair_venue", "kind")
        .unique(["bot", "pair", "pair_venue"], keep="last", maintain_order=True)
    )
    for bot, own, theirs, count in shared.select("bot", "pair", "pair_venue", "shared").iter_rows():
        symbol = _symbol_of(bots[bot], fills, theirs) or theirs
        reason = f"{bot}: its records say {own} and the venue's say {symbol} for {count} fills of the same ids; " + (
            f'if they are one market, write symbols = {{ "{own}" = "{symbol}" }} under bots.{bot} in desk.toml'
            if unit_of(own) == unit_of(symbol)
            else "their units are not the same amount of coins, and such a market cannot be compared"
        )
        yield from ((bot, pair, reason) for pair in (own, theirs))


def _symbol_of(bot: Bot, fills: pl.DataFrame, pair: str) -> str | None:
    symbols = (
        fills.filter((pl.col("bot") == bot.name) & (pl.col("leg") == "exchange"))["symbol"].drop_nulls().unique().sort()
    )
    return next((each for each in symbols if judged_pair(bot, None, each, "") == pair), None)
