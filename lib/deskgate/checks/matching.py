"""The fills of three legs as one row per fill: the ground that reconciliation, parity and risk stand on.

Fills are matched by the venue's trade id, within a UTC day and some minutes around it. A record without one (a
controller's fills.csv), or of a leg that counts its fills in its own way, borrows the id from the other legs, one to one:
by order id with price and quantity, by order id alone, and where there is no order id by side, price and quantity within
the time that a fill may take to be noticed. Extra rows of one leg about the same fill are set aside as duplicates. Nothing
is dropped: every input row is in `fills` or in `duplicates`, once.
"""

from dataclasses import dataclass

import polars as pl

from deskgate.checks.tolerances import border, settle, to_local_step
from deskgate.frames import LEGS

__all__ = ["Matched", "match_fills"]

ID = ["bot", "pair", "trade_id"]
KEY = [*ID, "turn"]
# Whose trade ids are the others' to borrow, where no two legs share any.
AUTHORITY = ("exchange", "events", "local")
# What a row without a trade id may be recognised by, the surest first.
BORROW_BY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("order_id", ("price", "quantity")),
    ("exchange_order_id", ("price", "quantity")),
    ("order_id", ()),
    ("exchange_order_id", ()),
)
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
    came back on another day), then every value once per leg (`price_local`, ...), null where that leg lacks the fill, and
    `in_local`, `in_events`, `in_exchange`. `duplicates` has the extra rows as they were read, with the trade id and turn
    of the fill they repeat and their own spelling in `own_trade_id`.
    """

    fills: pl.DataFrame
    duplicates: pl.DataFrame


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
    unusual = _unusual(rows)
    ranked = _rank(_in_turns(rows.join(unusual, on=ID, how="semi").sort("bot", "pair", "leg", "ts", "row_id")))
    usual = rows.join(unusual, on=ID, how="anti") if unusual.height else rows
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


def _unusual(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the ids (bot, pair, trade_id) of which a leg has several rows, or whose rows are of different days."""
    told = rows.group_by(ID).agg(
        *[(pl.col("leg") == leg).sum().alias(leg) for leg in LEGS], first=pl.col("ts").min(), last=pl.col("ts").max()
    )
    several = pl.any_horizontal([pl.col(leg) > 1 for leg in LEGS])
    apart = (pl.col("last") - pl.col("first") > border()) & (pl.col("last").dt.date() != pl.col("first").dt.date())
    return told.filter(several | apart).select(ID)


def _in_turns(rows: pl.DataFrame) -> pl.DataFrame:
    """Tell apart the fills of different days that have one id: counters start anew, and ids are given again.

    What a bot recorded late, hours after an outage, is no other fill: where the later record is of legs that the earlier
    one lacks, and says the same, it is the same one.
    """
    before = pl.col("ts").shift(1).over("bot", "pair", "trade_id", order_by="ts")
    again = (pl.col("ts").dt.date() != before.dt.date()) & (pl.col("ts") - before > border())
    apart = rows.with_columns(
        turn=again.fill_null(value=False).cast(pl.Int64).cum_sum().over("bot", "pair", "trade_id", order_by="ts")
    )
    if not apart["turn"].sum():
        return apart
    said = ["side", "price", "quantity"]
    turns = (
        apart.filter(pl.col("turn").max().over(ID) > 0)
        .with_columns(price=to_local_step("price"), quantity=to_local_step("quantity"))
        .group_by(KEY)
        .agg(pl.col("leg").unique(), pl.col(said).sort_by("leg", "ts", "row_id").first())
        .sort(KEY)
    )
    earlier = [pl.col(name).shift(1).over(ID) for name in ("leg", *said)]
    lacked = pl.col("leg").list.set_intersection(earlier[0]).list.len() == 0
    alike = pl.all_horizontal([pl.col(name) == before for name, before in zip(said, earlier[1:], strict=True)])
    late = turns.with_columns(late=(lacked & alike).fill_null(value=False)).with_columns(
        one=(~pl.col("late")).cast(pl.Int64).cum_sum().over(ID) - 1
    )
    return (
        apart.join(late.select(*KEY, "one"), on=KEY, how="left", maintain_order="left")
        .with_columns(turn=pl.coalesce("one", "turn"))
        .drop("one")
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
    not a missing fill with an extra one. What is left keeps its own id, or gets one made from its order id and place.
    """
    stranger = fills.join(_strangers(fills), on=["bot", "pair", "leg"], how="semi", maintain_order="left")
    asks = pl.col("trade_id").is_null() | pl.col("row_id").is_in(stranger["row_id"].implode())
    bare, named = fills.filter(asks).with_columns(trade_id=pl.lit(None, pl.String)), fills.filter(~asks)
    if bare.is_empty():
        return fills
    order = ["bot", "pair", "order_id"]
    lender = (
        named.sort(pl.col("leg").replace_strict(_RANK), "ts", "row_id")
        .group_by("bot", "pair", pl.col("trade_id").alias("lent"), maintain_order=True)
        .agg(
            *[pl.col(name).drop_nulls().first() for name in ("order_id", "exchange_order_id")],
            *[pl.col(name).first() for name in ("side", "price", "quantity", "ts")],
        )
    )
    bare = pl.concat([_borrow(rows, lender) for _, rows in sorted(bare.partition_by("leg", as_dict=True).items())])
    place = pl.int_range(pl.len()).over(["leg", *order])
    made = pl.concat_str([pl.col("order_id").fill_null("no-order"), place.cast(pl.String)], separator="#")
    bare = bare.sort("ts", "row_id").with_columns(trade_id=pl.coalesce("trade_id", "own_trade_id", made))
    return pl.concat([named, bare])


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


def _borrow(bare: pl.DataFrame, lender: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of one leg the ids that `lender` has for them, each once: by the closest agreement first."""
    for order, values in BORROW_BY:
        on = ["bot", "pair", order, *values]
        offer = lender.sort("ts", "lent").with_columns(pl.int_range(pl.len()).over(on).alias("place"))
        asking = bare.filter(pl.col("trade_id").is_null() & pl.col(order).is_not_null()).sort("ts", "row_id")
        found = (
            asking.with_columns(pl.int_range(pl.len()).over(on).alias("place"))
            .join(offer.select(*on, "place", "lent"), on=[*on, "place"])
            .select("row_id", "bot", "pair", "lent")
        )
        bare = (
            bare.join(found.select("row_id", "lent"), on="row_id", how="left")
            .with_columns(trade_id=pl.coalesce("trade_id", "lent"))
            .drop("lent")
        )
        lender = lender.join(found, on=["bot", "pair", "lent"], how="anti")
    return _borrow_by_time(bare, lender)


def _borrow_by_time(bare: pl.DataFrame, lender: pl.DataFrame) -> pl.DataFrame:
    """Give rows without any order id, on either side, the id of the nearest fill of the same side, price and quantity."""
    same = ["bot", "pair", "side", "_price", "_quantity"]

    def alike(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(_price=to_local_step("price"), _quantity=to_local_step("quantity"))

    without = pl.col("order_id").is_null() & pl.col("exchange_order_id").is_null()
    asking = alike(bare.filter(pl.col("trade_id").is_null())).with_columns(bare=without)
    offer = alike(lender).with_columns(bare=without)
    pairs = (
        asking.select("row_id", "bare", "ts", *same)
        .join(offer.select("lent", "bare", "ts", *same), on=same, suffix="_lent")
        .filter(pl.col("bare") | pl.col("bare_lent"))
        .with_columns(apart=(pl.col("ts") - pl.col("ts_lent")).abs())
        .filter(pl.col("apart") <= settle())
        .sort("apart", "ts", "row_id", "lent")
    )
    found = [pl.DataFrame(schema={"row_id": pl.String, "lent": pl.String})]
    while pairs.height:
        # The nearest of each, as far as they choose each other; then the next among those that are left.
        chosen = pairs.unique("row_id", keep="first", maintain_order=True).unique(
            "lent", keep="first", maintain_order=True
        )
        found.append(chosen.select("row_id", "lent"))
        pairs = pairs.join(chosen, on="row_id", how="anti", maintain_order="left")
        pairs = pairs.join(chosen, on=["bot", "pair", "lent"], how="anti", maintain_order="left")
    return (
        bare.join(pl.concat(found), on="row_id", how="left")
        .with_columns(trade_id=pl.coalesce("trade_id", "lent"))
        .drop("lent")
    )
