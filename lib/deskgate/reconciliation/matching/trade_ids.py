"""Trade ids for the rows that have none of the venue's, and repeats that only a suffix sets apart.

A record without a trade id (a controller's fills.csv), or of a leg that numbers its fills in its own way, gets the id of
the fill that another leg has, one to one: by order id with price and quantity, by order id alone, and without an order id
by side, price and quantity within the time that a fill may take to be noticed.
"""

import polars as pl

from deskgate.case.tolerances import settle
from deskgate.reconciliation.matching.nearest import BY_ORDER, MATCH_KEYS, by_order, nearest, with_match_keys
from deskgate.reconciliation.matching.occurrences import (
    AUTHORITY,
    ID,
    KEY,
    ambiguous_ids,
    number_occurrences,
    summarize_fills,
)

__all__ = ["assign_ids", "id_stem", "legs_with_foreign_ids", "strip_suffixes"]

_LEG = ["bot", "pair", "leg"]
# Ids of a leg that are looked up in the others before all are.
_SAMPLE = 100
_RANK = {leg: rank for rank, leg in enumerate(AUTHORITY)}


def assign_ids(fills: pl.DataFrame, known: pl.DataFrame | None = None) -> pl.DataFrame:
    """Give rows that lack the venue's trade id the id of the fill they are.

    Matching by order alone keeps a row whose price or quantity differs with its fill, so that it is a mismatch and not a
    missing fill with an extra one. A row without a match keeps its own id, or gets one made from its order id and place;
    legs that come later can match it. Legs go by authority, the highest first. `known` are markets (bot, pair) whose legs
    are known to write ids alike.
    """
    foreign = fills.join(legs_with_foreign_ids(fills, known), on=_LEG, how="semi", maintain_order="left")
    lacks_id = pl.col("trade_id").is_null() | pl.col("row_id").is_in(foreign["row_id"].implode())
    bare, named = fills.filter(lacks_id).with_columns(trade_id=pl.lit(None, pl.String)), fills.filter(~lacks_id)
    if bare.is_empty():
        return fills
    for leg in AUTHORITY:
        mine = bare.filter(pl.col("leg") == leg)
        if mine.height:
            # Only fills of the same bots and pairs can be theirs.
            near = named.join(mine.select("bot", "pair").unique(), on=["bot", "pair"], how="semi")
            named = pl.concat([named, _with_assigned_ids(mine, _candidates(near), leg)])
    return named


def _with_assigned_ids(mine: pl.DataFrame, candidates: pl.DataFrame, leg: str) -> pl.DataFrame:
    """Return the rows of one leg with the trade ids of the `candidates` they match, else their own, else made ones."""
    left = with_match_keys(mine)
    found = by_order(left, candidates, ["bot", "pair"], BY_ORDER)
    left = left.join(found, on="row_id", how="anti")
    free = candidates.join(found, on="candidate_id", how="anti")
    by_time = _without_orders(left, free)
    matched = pl.concat([found, by_time]).join(candidates.select("candidate_id", named="trade_id"), on="candidate_id")
    place = pl.int_range(pl.len()).over("bot", "pair", "order_id").cast(pl.String)
    made = pl.concat_str([pl.col("order_id").fill_null("no-order"), pl.lit(f"{leg}-") + place], separator="#")
    return (
        mine.join(matched.select("row_id", "named"), on="row_id", how="left")
        .sort("ts", "row_id")
        .with_columns(trade_id=pl.coalesce("named", "own_trade_id", made))
        .drop("named")
    )


def _candidates(named: pl.DataFrame) -> pl.DataFrame:
    """Return one row per fill that has a trade id, with the values of its legs and a number, `candidate_id`."""
    several = ambiguous_ids(named)
    plain = named.join(several, on=ID, how="anti") if several.height else named
    numbered = number_occurrences(named.join(several, on=ID, how="semi"))
    rows = pl.concat([plain.with_columns(occurrence=pl.lit(0, pl.Int64)), numbered])
    by_authority = rows.sort(pl.col("leg").replace_strict(_RANK, return_dtype=pl.Int64), "ts", "row_id")
    return summarize_fills(with_match_keys(by_authority)).sort("ts", *KEY).with_row_index("candidate_id")


def legs_with_foreign_ids(fills: pl.DataFrame, known: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the legs (bot, pair, leg) that number their fills in their own way: no other leg has any of their trade ids.

    Where no two legs share an id, the leg with most authority is not among them.
    """
    ids = fills.drop_nulls("trade_id").select(*_LEG, "trade_id")
    # One id that another leg has is enough, and the first ones nearly always include one.
    shared = _legs_sharing_ids(ids.group_by(_LEG).head(_SAMPLE).select(ids.columns), ids)
    unshared = ids.join(shared, on=_LEG, how="anti")
    if unshared.height:
        shared = pl.concat([shared, _legs_sharing_ids(unshared, ids)])
    legs = (
        ids.select(_LEG)
        .unique()
        .join(shared.with_columns(shared=pl.lit(value=True)), on=_LEG, how="left")
        .with_columns(pl.col("shared").fill_null(value=False))
        .with_columns(rank=pl.col("leg").replace_strict(_RANK, return_dtype=pl.Int64))
    )
    top = pl.col("rank") == pl.col("rank").min().over("bot", "pair")
    found = legs.filter(~pl.col("shared") & (pl.col("shared").any().over("bot", "pair") | ~top))
    return found if known is None else found.join(known, on=["bot", "pair"], how="anti")


def _legs_sharing_ids(some: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Return the legs (bot, pair, leg) of `some` ids that another leg has too."""
    there = ids.join(some.select(ID).unique(), on=ID, how="semi")
    both = some.join(there.select(*ID, other="leg"), on=ID).filter(pl.col("leg") != pl.col("other"))
    return both.select(_LEG).unique()


def _without_orders(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Match rows and fills of which one has no order id, by values and time: `row_id` and `candidate_id`."""
    bare = pl.col("order_id").is_null() & pl.col("exchange_order_id").is_null()
    by = ["bot", "pair", *MATCH_KEYS]
    first = nearest(left.filter(bare), right, by, settle())
    free = right.filter(bare).join(first, on="candidate_id", how="anti")
    return pl.concat([first, nearest(left.filter(~bare), free, by, settle())])


def id_stem() -> pl.Expr:
    """Return the id of the fill that a row may repeat: its own but for a suffix."""
    return pl.col("trade_id").str.replace(r"_[0-9]+$", "")


def strip_suffixes(rows: pl.DataFrame) -> pl.DataFrame:
    """Give `123_1` the trade id `123` where everything else says that it is the same fill.

    A suffix alone proves nothing: paper market orders have `<order id>_<n>` by right. It is a repeat only if the row
    without the suffix is there in the same leg with the same order, side, price and quantity, not further apart than a
    fill that came by the stream and again by polling can be, and no other leg has the longer id.
    """
    same = ["bot", "pair", "leg", "order_id", "side", "price", "quantity"]
    stem = rows.select(*same, pl.col("trade_id").alias("stem"), pl.col("ts").alias("stem_ts"))
    near = (pl.col("ts") - pl.col("stem_ts")).abs() <= settle()
    users = rows.select(*ID, pl.col("leg").alias("other_leg"))
    found = rows.filter(pl.col("trade_id").str.contains("_", literal=True)).filter(pl.col("trade_id") != id_stem())
    if found.is_empty():
        return rows
    found = found.with_columns(stem=id_stem())
    stem = stem.join(found.select("stem").unique(), on="stem", how="semi")
    users = users.join(found.select(ID).unique(), on=ID, how="semi")
    suffixed = (
        found.join(stem, on=[*same, "stem"], nulls_equal=True)
        .filter(near)
        .unique("row_id")
        .join(users, on=ID)
        .group_by("row_id", "stem")
        .agg(alone=(pl.col("leg") == pl.col("other_leg")).all())
        .filter("alone")
        .select("row_id", "stem")
    )
    return (
        rows.join(suffixed, on="row_id", how="left", maintain_order="left")
        .with_columns(trade_id=pl.coalesce("stem", "trade_id"))
        .drop("stem")
    )
