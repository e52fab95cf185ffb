"""One-to-one matching of fills by order id, values and time."""

from datetime import timedelta
from heapq import heapify, heappop, heappush

import polars as pl

from deskgate.case.tolerances import step_pairs, to_local_step

__all__ = ["BY_ORDER", "MATCH_KEYS", "by_order", "nearest", "with_match_keys"]

MATCH_KEYS = ["side", "_price", "_quantity"]
# Values that the database has cut by a whole step share a pair of steps, in one of the two ways of pairing them.
_NEAR = {f"{name}{way}": (name, way) for name in ("_price", "_quantity") for way in (0, 1)}
# What identifies a fill, the surest first: an order id, with equal values beside it, or values a step apart.
BY_ORDER: tuple[tuple[str, tuple[str, ...]], ...] = tuple(
    (order, values)
    for values in (
        ("_price", "_quantity"),
        *[(f"_price{one}", f"_quantity{other}") for one in (0, 1) for other in (0, 1)],
        (),
    )
    for order in ("order_id", "exchange_order_id")
)


def with_match_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Add price and quantity cut to the database's step, so that the values of two legs can be equal."""
    return rows.with_columns(_price=to_local_step("price"), _quantity=to_local_step("quantity"))


def by_order(
    left: pl.DataFrame, right: pl.DataFrame, within: list[str], steps: tuple[tuple[str, tuple[str, ...]], ...]
) -> pl.DataFrame:
    """Match rows (`row_id`) with fills (`candidate_id`) one to one, by the surest of `steps` first."""
    near = {key: step_pairs(name, way) for key, (name, way) in _NEAR.items()}
    left = left.sort("ts", "row_id").with_columns(**near)
    right = right.sort("ts", "candidate_id").with_columns(**near)
    found = [pl.DataFrame(schema={"row_id": pl.String, "candidate_id": right.schema["candidate_id"]})]
    for order, values in steps:
        if left.is_empty() or right.is_empty():
            break
        on = [*within, order, *values]
        place = pl.int_range(pl.len()).over(on)
        pairs = (
            left.filter(pl.col(order).is_not_null())
            .select("row_id", *on, place=place)
            .join(right.select(*on, "candidate_id", place=place), on=[*on, "place"])
        )
        found.append(pairs.select("row_id", "candidate_id"))
        left = left.join(pairs, on="row_id", how="anti", maintain_order="left")
        right = right.join(pairs, on=[*within, "candidate_id"], how="anti", maintain_order="left")
    return pl.concat(found)


def nearest(left: pl.DataFrame, right: pl.DataFrame, by: list[str], bound: timedelta) -> pl.DataFrame:
    """Match rows (`row_id`) with fills (`candidate_id`) of equal `by` one to one, the nearest in time first.

    Time and memory grow with the rows, not with their pairs.
    """
    left = left.select("row_id", *by, "ts")
    right = right.select("candidate_id", *by, "ts")
    # Ties on ts are paired by rank.
    place = pl.int_range(pl.len()).over(*by, "ts")
    tied = (
        left.sort("ts", "row_id")
        .with_columns(place=place)
        .join(right.sort("ts", "candidate_id").with_columns(place=place), on=[*by, "ts", "place"])
    )
    left = left.join(tied, on="row_id", how="anti")
    right = right.join(tied, on=[*by, "candidate_id"], how="anti")
    both = left.select(by).unique().join(right.select(by).unique(), on=by).with_row_index("_group")
    points = pl.concat(
        [
            rows.join(both, on=by).select(
                "_group", "ts", pl.lit(value=is_left).alias("is_left"), row_id=row_id, candidate_id=candidate_id
            )
            for rows, is_left, row_id, candidate_id in (
                (left, True, pl.col("row_id"), pl.lit(None, right.schema["candidate_id"])),
                (right, False, pl.lit(None, pl.String), pl.col("candidate_id")),
            )
        ]
    ).sort("_group", "ts", "is_left", "row_id", "candidate_id")
    pairs = _closest(
        points["_group"].to_list(), points["ts"].to_physical().to_list(), points["is_left"].to_list(), bound // _US
    )
    found = pl.DataFrame(
        {
            "row_id": points["row_id"].gather([place for place, _ in pairs]),
            "candidate_id": points["candidate_id"].gather([place for _, place in pairs]),
        }
    )
    return pl.concat([tied.select("row_id", "candidate_id"), found])


_US = timedelta(microseconds=1)


def _closest(groups: list[int], ts: list[int], is_left: list[bool], bound: int) -> list[tuple[int, int]]:
    """Pair left and right points of one group by place, the closest two first, each point once.

    The points are sorted by group and time. The two closest of opposite sides are neighbours; when they are paired, those
    beside them become neighbours.
    """
    count = len(ts)
    before, after = list(range(-1, count - 1)), list(range(1, count + 1))

    def apart(left: int, right: int) -> int | None:
        if left < 0 or right >= count or groups[left] != groups[right] or is_left[left] == is_left[right]:
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
        found.append((left, right) if is_left[left] else (right, left))
        outer, next_ = before[left], after[right]
        if outer >= 0:
            after[outer] = next_
        if next_ < count:
            before[next_] = outer
        gap = apart(outer, next_)
        if gap is not None:
            heappush(heap, (gap, outer, next_))
    return found
