"""Which row of one leg is which fill of another: by order, by what both say, by time; each fill once."""

from datetime import timedelta
from heapq import heapify, heappop, heappush

import polars as pl

from deskgate.case.tolerances import to_local_step

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

    What is needed grows with the rows and not with their pairs.
    """
    asking = asking.select("row_id", *by, "ts")
    offer = offer.select("lent", *by, "ts")
    # What is of one instant is told apart by nothing: in turn.
    place = pl.int_range(pl.len()).over(*by, "ts")
    at_once = (
        asking.sort("ts", "row_id")
        .with_columns(place=place)
        .join(offer.sort("ts", "lent").with_columns(place=place), on=[*by, "ts", "place"])
    )
    asking = asking.join(at_once, on="row_id", how="anti")
    offer = offer.join(at_once, on=[*by, "lent"], how="anti")
    both = asking.select(by).unique().join(offer.select(by).unique(), on=by).with_row_index("_group")
    points = pl.concat(
        [
            rows.join(both, on=by).select("_group", "ts", pl.lit(value=asks).alias("asks"), row_id=row_id, lent=lent)
            for rows, asks, row_id, lent in (
                (asking, True, pl.col("row_id"), pl.lit(None, offer.schema["lent"])),
                (offer, False, pl.lit(None, pl.String), pl.col("lent")),
            )
        ]
    ).sort("_group", "ts", "asks", "row_id", "lent")
    pairs = _closest(
        points["_group"].to_list(), points["ts"].to_physical().to_list(), points["asks"].to_list(), bound // _US
    )
    found = pl.DataFrame(
        {
            "row_id": points["row_id"].gather([asks for asks, _ in pairs]),
            "lent": points["lent"].gather([offers for _, offers in pairs]),
        }
    )
    return pl.concat([at_once.select("row_id", "lent"), found])


_US = timedelta(microseconds=1)


def _closest(groups: list[int], ts: list[int], asks: list[bool], bound: int) -> list[tuple[int, int]]:
    """Return the places of an asking and an offering point of one group, the closest two first, each point once.

    The points are in order of group and time. The two closest of different sort are neighbours; when they are gone, those
    beside them are.
    """
    count = len(ts)
    before, after = list(range(-1, count - 1)), list(range(1, count + 1))

    def apart(left: int, right: int) -> int | None:
        if left < 0 or right >= count or groups[left] != groups[right] or asks[left] == asks[right]:
            return None
        gap = ts[right] - ts[left]
        return gap if gap <= bound else None

    heap = [(gap, left, left + 1) for left in range(count) if (gap := apart(left, left + 1)) is not None]
    heapify(heap)
    taken, found = bytearray(count), []
    while heap:
        _, left, right = heappop(heap)
        if taken[left] or taken[right]:
            continue
        taken[left] = taken[right] = True
        found.append((left, right) if asks[left] else (right, left))
        outer, next_ = before[left], after[right]
        if outer >= 0:
            after[outer] = next_
        if next_ < count:
            before[next_] = outer
        gap = apart(outer, next_)
        if gap is not None:
            heappush(heap, (gap, outer, next_))
    return found
