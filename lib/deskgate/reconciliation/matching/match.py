"""The fills of three legs as one row per fill: the ground that reconciliation, parity and risk stand on.

Fills are matched by the venue's trade id; several fills of one id (counters start anew, both sides of a trade may be the
same account's) are told apart. A record without one (a
controller's fills.csv), or of a leg that counts its fills in its own way, borrows the id from the other legs, one to one:
by order id with price and quantity, by order id alone, and where there is no order id by side, price and quantity within
the time that a fill may take to be noticed. Extra rows of one leg about the same fill are set aside as duplicates. Nothing
is dropped: every input row is in `fills` or in `duplicates`, once.
"""

from dataclasses import dataclass

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.legs import attribute_accounts
from deskgate.case.tolerances import settle
from deskgate.reconciliation.matching.nearest import BY_ORDER, SAID, alike, by_order, nearest
from deskgate.reconciliation.matching.occurrences import AUTHORITY, ID, KEY, in_turns, known, unusual
from deskgate.schema import LEGS

__all__ = ["Matched", "match_fills", "matched_fills"]

_FEW = 100
_RANK = {leg: rank for rank, leg in enumerate(AUTHORITY)}
VALUES = [
    "row_id",
    "order_id",
    "exchange_order_id",
    "ts",
    "side",
    "price",
    "quantity",
    "fee_amount",
    "fee_token",
    "fee_quote",
]


@dataclass(frozen=True)
class Matched:
    """The outcome of matching.

    `fills` has one row per fill: bot, pair, trade_id, turn (which of the fills that have this id, 0 for all but ids that
    several fills have), then every value once per leg (`price_local`, ...), null where that leg lacks the fill, and
    `in_local`, `in_events`, `in_exchange`. `duplicates` has the extra rows as they were read, with the trade id and turn
    of the fill they repeat and their own spelling in `own_trade_id`.
    """

    fills: pl.DataFrame
    duplicates: pl.DataFrame


@per_case
def matched_fills(case: Case) -> Matched:
    """Return the fills of all legs of a case, matched; a leg that is no evidence is left out."""
    fills = attribute_accounts(case.frames["fills"], case.frames["orders"], [bot.name for bot in case.desk.judged])
    evidence = pl.DataFrame(
        [(bot, leg) for bot, legs in case.legs.items() for leg in legs],
        schema={"bot": pl.String, "leg": pl.String},
        orient="row",
    )
    return match_fills(fills.join(evidence, on=["bot", "leg"], how="semi"))


def match_fills(fills: pl.DataFrame) -> Matched:
    """Match the fills of the three legs.

    Parameters
    ----------
    fills
        `Fills`: one row per fill and leg, any order.

    Returns
    -------
    Matched
        One row per fill, sorted by bot, pair and trade id, and the duplicates.
    """
    rows = _strip_suffixes(_borrow_ids(fills.with_columns(own_trade_id=pl.col("trade_id"))))
    # Mostly an id stands once in each leg and on one day; only what does not has to be told apart and ranked.
    several = unusual(rows)
    ranked = _rank(in_turns(rows.join(several, on=ID, how="semi")))
    usual = rows.join(several, on=ID, how="anti") if several.height else rows
    kept = pl.concat(
        [
            usual.with_columns(turn=pl.lit(0, pl.Int64)),
            ranked.filter(pl.col("place") == 1).select(*usual.columns, "turn"),
        ]
    )
    legs = [
        kept.filter(pl.col("leg") == leg)
        .select(KEY + VALUES)
        .rename({name: f"{name}_{leg}" for name in VALUES})
        .with_columns(pl.lit(value=True).alias(f"in_{leg}"))
        for leg in LEGS
    ]
    wide = legs[0]
    for leg in legs[1:]:
        wide = wide.join(leg, on=KEY, how="full", coalesce=True)
    return Matched(
        fills=wide.with_columns(pl.col(f"in_{leg}").fill_null(value=False) for leg in LEGS).sort(KEY),
        duplicates=ranked.filter(pl.col("place") > 1).drop("place").sort("ts", "row_id"),
    )


def _rank(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the rows of one leg about one fill in `place`, 1 for the original: the one that fits the other legs best.

    An order id that another leg confirms counts most, then the unaltered spelling of the trade id (a borrowed one is none),
    then being first.
    """
    scored = rows.with_columns(
        confirmed=(pl.col("order_id").is_not_null() & _elsewhere("order_id"))
        | (pl.col("exchange_order_id").is_not_null() & _elsewhere("exchange_order_id")),
        altered=(pl.col("own_trade_id") != pl.col("trade_id")).fill_null(value=True),
    )
    return (
        scored.sort("leg", *KEY, ~pl.col("confirmed"), "altered", "ts", "row_id")
        .with_columns(place=pl.int_range(1, pl.len() + 1).over("leg", *KEY))
        .drop("confirmed", "altered")
    )


def _elsewhere(column: str) -> pl.Expr:
    """Return whether another leg of the same fill has the same value in `column`."""
    return pl.col("leg").n_unique().over([*KEY, column]) > 1


def _strip_suffixes(rows: pl.DataFrame) -> pl.DataFrame:
    """Give `123_1` the trade id `123` where everything else says that it is the same fill.

    A suffix alone proves nothing: paper market orders have `<order id>_<n>` by right. It is a repeat only if the row
    without the suffix is there in the same leg with the same order, side, price and quantity, not further apart than a
    fill that came by the stream and again by polling can be, and no other leg knows the longer id.
    """
    same = ["bot", "pair", "leg", "order_id", "side", "price", "quantity"]
    stem = rows.select(*same, pl.col("trade_id").alias("stem"), pl.col("ts").alias("stem_ts"))
    near = (pl.col("ts") - pl.col("stem_ts")).abs() <= settle()
    known = rows.select("bot", "pair", "trade_id", pl.col("leg").alias("other_leg"))
    found = rows.filter(pl.col("trade_id").str.contains("_", literal=True)).filter(
        pl.col("trade_id").str.contains(r"_[0-9]+$")
    )
    if found.is_empty():
        return rows
    found = found.with_columns(stem=pl.col("trade_id").str.replace(r"_[0-9]+$", ""))
    stem = stem.join(found.select("stem").unique(), on="stem", how="semi")
    known = known.join(found.select("bot", "pair", "trade_id").unique(), on=ID, how="semi")
    suffixed = (
        found.join(stem, on=[*same, "stem"], nulls_equal=True)
        .filter(near)
        .unique("row_id")
        .join(known, on=["bot", "pair", "trade_id"])
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


def _borrow_ids(fills: pl.DataFrame) -> pl.DataFrame:
    """Give rows without a trade id of the venue's the one of the fill they are.

    Going by order alone keeps a row whose price or quantity differs matched to its fill, so that it is a mismatch and
    not a missing fill with an extra one. What is left keeps its own id, or gets one made from its order id and place, and
    lends it in turn: leg by leg, those with most authority first.
    """
    stranger = fills.join(_strangers(fills), on=["bot", "pair", "leg"], how="semi", maintain_order="left")
    asks = pl.col("trade_id").is_null() | pl.col("row_id").is_in(stranger["row_id"].implode())
    bare, named = fills.filter(asks).with_columns(trade_id=pl.lit(None, pl.String)), fills.filter(~asks)
    if bare.is_empty():
        return fills
    for leg in AUTHORITY:
        mine = bare.filter(pl.col("leg") == leg)
        if mine.height:
            named = pl.concat([named, _named(mine, _lenders(named), leg)])
    return named


def _named(mine: pl.DataFrame, lenders: pl.DataFrame, leg: str) -> pl.DataFrame:
    """Return the rows of one leg with the trade ids that `lenders` have for them, else their own, else made ones."""
    asking = alike(mine)
    found = by_order(asking, lenders, ["bot", "pair"], BY_ORDER)
    left = asking.join(found, on="row_id", how="anti")
    free = lenders.join(found, on="lent", how="anti")
    by_time = _without_orders(left, free)
    lent = pl.concat([found, by_time]).join(lenders.select("lent", named="trade_id"), on="lent")
    place = pl.int_range(pl.len()).over("bot", "pair", "order_id").cast(pl.String)
    made = pl.concat_str([pl.col("order_id").fill_null("no-order"), pl.lit(f"{leg}-") + place], separator="#")
    return (
        mine.join(lent.select("row_id", "named"), on="row_id", how="left")
        .sort("ts", "row_id")
        .with_columns(trade_id=pl.coalesce("named", "own_trade_id", made))
        .drop("named")
    )


def _lenders(named: pl.DataFrame) -> pl.DataFrame:
    """Return one row per fill that has a trade id, with what its legs know of it and a number, `lent`."""
    several = unusual(named)
    usual = named.join(several, on=ID, how="anti") if several.height else named
    rows = pl.concat([usual.with_columns(turn=pl.lit(0, pl.Int64)), in_turns(named.join(several, on=ID, how="semi"))])
    by_authority = rows.sort(pl.col("leg").replace_strict(_RANK, return_dtype=pl.Int64), "ts", "row_id")
    return known(alike(by_authority)).sort("ts", *KEY).with_row_index("lent")


def _strangers(fills: pl.DataFrame) -> pl.DataFrame:
    """Return the legs (bot, pair, leg) none of whose trade ids any other leg has: they count in their own way.

    Where legs share ids, those that share none are strangers; where none do, all but the one with most authority are.
    """
    ids = fills.drop_nulls("trade_id").select("bot", "pair", "leg", "trade_id")
    # One id that another leg has is enough, and mostly one of the first ones is.
    shared = _sharing(ids.group_by("bot", "pair", "leg").head(_FEW).select(ids.columns), ids)
    lonely = ids.join(shared, on=["bot", "pair", "leg"], how="anti")
    if lonely.height:
        shared = pl.concat([shared, _sharing(lonely, ids)])
    legs = (
        ids.select("bot", "pair", "leg")
        .unique()
        .join(shared.with_columns(shared=pl.lit(value=True)), on=["bot", "pair", "leg"], how="left")
        .with_columns(pl.col("shared").fill_null(value=False))
        .with_columns(rank=pl.col("leg").replace_strict(_RANK, return_dtype=pl.Int64))
    )
    top = pl.col("rank") == pl.col("rank").min().over("bot", "pair")
    return legs.filter(~pl.col("shared") & (pl.col("shared").any().over("bot", "pair") | ~top))


def _sharing(some: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Return the legs (bot, pair, leg) of `some` ids that another leg has too."""
    there = ids.join(some.select(ID).unique(), on=ID, how="semi")
    both = some.join(there.select(*ID, other="leg"), on=ID).filter(pl.col("leg") != pl.col("other"))
    return both.select("bot", "pair", "leg").unique()


def _without_orders(asking: pl.DataFrame, offer: pl.DataFrame) -> pl.DataFrame:
    """Return which rows are which fills where one of the two names no order: `row_id` and `lent`."""
    bare = pl.col("order_id").is_null() & pl.col("exchange_order_id").is_null()
    by = ["bot", "pair", *SAID]
    first = nearest(asking.filter(bare), offer, by, settle())
    left = offer.filter(bare).join(first, on="lent", how="anti")
    return pl.concat([first, nearest(asking.filter(~bare), left, by, settle())])
