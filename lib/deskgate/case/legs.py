"""Which legs a bot really has, and whose fills a shared venue account's are.

A leg is there when a source of it could have shown a fill: an empty export is a leg, a missing file is not. A leg that
was derived from another one is no evidence and counts as absent.
"""

from collections.abc import Iterable

import polars as pl

from deskgate.schema import BOT_LEGS, LEGS
from deskgate.sources.registry import database_kinds, fill_kinds

__all__ = [
    "absent_leg",
    "attribute_accounts",
    "export_kinds",
    "fill_legs",
    "is_readable_export",
    "shared_fills",
    "with_database",
]


_PLACE = ["path", "pair", "trade_id", "exchange_order_id", "ts"]


def fill_legs(sources: pl.DataFrame) -> dict[str, set[str]]:
    """Return the legs by bot that could have shown a fill.

    Parameters
    ----------
    sources
        `Sources`, one row per bot and file.
    """
    able = sources.filter(~pl.col("derived")).filter(
        pl.any_horizontal([(pl.col("leg") == leg) & pl.col("kind").is_in(fill_kinds(leg)) for leg in LEGS])
    )
    return {bot: set(legs) for bot, legs in able.group_by("bot").agg(pl.col("leg").unique()).sort("bot").iter_rows()}


def export_kinds(sources: pl.DataFrame) -> dict[str, set[str]]:
    """Return the kinds of venue export that each bot has, derived ones and those that could not be read left out."""
    kinds = sources.filter(is_readable_export()).group_by("bot").agg(pl.col("kind").unique())
    return {bot: set(of_bot) for bot, of_bot in kinds.iter_rows()}


def is_readable_export() -> pl.Expr:
    """Return whether a source is a venue export that is evidence: not derived, and without a record that could not be read."""
    return (pl.col("leg") == "exchange") & ~pl.col("derived") & (pl.col("quarantined") == 0)


def with_database(sources: pl.DataFrame) -> set[str]:
    """Return the bots that have a database of Hummingbot's: of a bot's own records it alone cuts digits, and keeps orders."""
    return set(sources.filter((pl.col("leg") == "local") & pl.col("kind").is_in(database_kinds())).get_column("bot"))


def absent_leg(sources: pl.DataFrame, bot: str, leg: str) -> str:
    """Return why `leg` of `bot` is no evidence, as a sentence's end."""
    mine = sources.filter((pl.col("bot") == bot) & (pl.col("leg") == leg))
    derived = mine.filter(pl.col("derived"))
    if derived.height:
        return f"its {leg} leg was derived from the bot's own files ({derived.get_column('path')[0]})"
    if mine.height:
        return f"its {leg} leg has no source that lists fills (only {', '.join(sorted(set(mine.get_column('kind'))))})"
    return f"nothing that desk.toml names under bots.{bot}.{leg} is there and dated up to then"


def attribute_accounts(fills: pl.DataFrame, orders: pl.LazyFrame, judged: Iterable[str]) -> pl.DataFrame:
    """Give each venue fill of an account that several bots share to the bot whose order it was.

    Such a fill occurs once per bot that lists the export. The bot that knows its order (by the venue's order id, or its
    own) keeps it; where none does, the first bot by name keeps it, so that it shows up as a break.

    Parameters
    ----------
    fills, orders
        `Fills` and `Orders` of all bots and legs; orders are only read where bots share an account.
    judged
        The bots that may keep a fill; with another one it would be lost.
    """
    fills = fills.filter(pl.col("bot").is_in(list(judged)))
    shared, place = shared_fills(fills), _PLACE
    if shared.is_empty():
        return fills
    orders_of = (
        pl.concat(
            [_claims(frame, column) for frame in (fills.lazy(), orders) for column in ("order_id", "exchange_order_id")]
        )
        .unique()
        .collect()
    )
    claimed = pl.concat(
        [
            shared.join(orders_of, left_on=["bot", column], right_on=["bot", "id"], how="semi").select("row_id")
            for column in ("order_id", "exchange_order_id")
        ]
    ).unique()
    mine = pl.col("row_id").is_in(claimed.get_column("row_id").implode())
    keep = shared.filter(
        pl.when(mine.any().over(place)).then(mine).otherwise(pl.col("bot") == pl.col("bot").min().over(place))
    )
    return pl.concat([fills.join(shared.select("row_id"), on="row_id", how="anti"), keep]).sort("ts", "row_id")


def shared_fills(fills: pl.DataFrame) -> pl.DataFrame:
    """Return the venue's fills that several bots list, in one export of an account that they share."""
    return fills.filter(pl.col("leg") == "exchange").filter(pl.col("bot").n_unique().over(_PLACE) > 1)


def _claims(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    return frame.filter(pl.col("leg").is_in(BOT_LEGS) & pl.col(column).is_not_null()).select(
        "bot", pl.col(column).alias("id")
    )
