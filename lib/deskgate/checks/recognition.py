"""Which row of one leg is which fill of another: by order, by what both say, by time; each fill once."""

from datetime import timedelta

import polars as pl

from deskgate.checks.tolerances import to_local_step

__all__ = ["BY_ORDER", "SAID", "alike", "by_order", "nearest"]

SAID = ["side", "_price", "_quantity"]
# What a row may be recognised by, the surest first.
BY_ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("order_id", ("_price", "_quantity")),
    ("exchange_order_id", ("_price", "_quantity")),
    ("order_id", ()),
    ("exchange_order_id", ()),
)


def alike(rows: pl.DataFrame) -> pl.DataFrame:
    """Add price and quantity as every leg can hold them, so that what two legs say can be equal."""
    return rows.with_columns(_price=to_local_step("price"), _quantity=to_local_step("quantity"))


def by_order(
    asking: pl.DataFrame, offer: pl.DataFrame, within: list[str], steps: tuple[tuple[str, tuple[str, ...]], ...]
) -> pl.DataFrame:
    """Return which row (`row_id`) is which of the offered fills (`lent`), each once: by the closest agreement first."""
    asking, offer = asking.sort("ts", "row_id"), offer.sort("ts", "lent")
    found = [pl.DataFrame(schema={"row_id": pl.String, "lent": offer.schema["lent"]})]
    for order, values in steps:
        on = [*within, order, *values]
        place = pl.int_range(pl.len()).over(on)
        pairs = (
            asking.filter(pl.col(order).is_not_null())
            .select("row_id", *on, place=place)
            .join(offer.select(*on, "lent", place=place), on=[*on, "place"])
        )
        found.append(pairs.select("row_id", "lent"))
        asking = asking.join(pairs, on="row_id", how="anti", maintain_order="left")
        offer = offer.join(pairs, on=[*within, "lent"], how="anti", maintain_order="left")
    return pl.concat(found)


def nearest(asking: pl.DataFrame, offer: pl.DataFrame, by: list[str], bound: timedelta) -> pl.DataFrame:
    """Return which row (`row_id`) is which fill (`lent`) of those with equal `by`, each once, the nearest in time first.

    Each row asks for the nearest fill that is free, and each fill takes the nearest that asks, until none is left; so
    that what is needed grows with the rows and not with their pairs.
    """
    asking = asking.select("row_id", *by, "ts").sort("ts", "row_id")
    offer = offer.select("lent", *by, "ts", at="ts").sort("ts", "lent")
    # What is of one instant is told apart by nothing: in turn.
    place = pl.int_range(pl.len()).over(*by, "ts")
    at_once = asking.with_columns(place=place).join(offer.with_columns(place=place), on=[*by, "ts", "place"])
    found = [at_once.select("row_id", "lent")]
    asking = asking.join(at_once, on="row_id", how="anti", maintain_order="left")
    offer = offer.join(at_once, on=[*by, "lent"], how="anti", maintain_order="left")
    while asking.height and offer.height:
        asks = asking.join_asof(
            offer, on="ts", by=by, strategy="nearest", tolerance=bound, check_sortedness=False
        ).drop_nulls("lent")
        if asks.is_empty():
            break
        chosen = (
            asks.with_columns(apart=(pl.col("ts") - pl.col("at")).abs())
            .sort("apart", "ts", "row_id")
            .unique([*by, "lent"], keep="first", maintain_order=True)
        )
        found.append(chosen.select("row_id", "lent"))
        asking = asks.join(chosen, on="row_id", how="anti", maintain_order="left").select(asking.columns)
        offer = offer.join(chosen, on=[*by, "lent"], how="anti", maintain_order="left")
    return pl.concat(found)
