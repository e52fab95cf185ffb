"""The nearest in time, against the definition: of all pairs left, the closest first."""

from datetime import timedelta
from itertools import product

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from deskgate.reconciliation.matching.nearest import nearest
from desks import NOON

times = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 400)), max_size=9, unique=True)
BOUND = 60


def _by_definition(asks: list[tuple[str, int]], offers: list[tuple[str, int]]) -> list[int]:
    left, right = set(range(len(asks))), set(range(len(offers)))
    gaps: list[int] = []
    while True:
        pairs = [(abs(asks[i][1] - offers[j][1]), i, j) for i, j in product(left, right) if asks[i][0] == offers[j][0]]
        closest = min(pairs, default=(BOUND + 1, 0, 0))
        if closest[0] > BOUND:
            return sorted(gaps)
        gaps.append(closest[0])
        left.remove(closest[1])
        right.remove(closest[2])


@given(times, times)
def test_each_once_and_the_closest_first(asks: list[tuple[str, int]], offers: list[tuple[str, int]]) -> None:
    # Odd and even: no two pairs are equally close, so that there is one answer.
    asks = [(group, at * at) for group, at in asks]
    offers = [(group, at * at + 7 * at + 3) for group, at in offers]
    schema: dict[str, pl.DataType] = {"bot": pl.String(), "ts": pl.Datetime("us", "UTC")}

    def frame(rows: list[tuple[str, int]]) -> pl.DataFrame:
        return pl.DataFrame([(g, NOON + timedelta(seconds=at)) for g, at in rows], schema=schema, orient="row")

    left_rows = frame(asks).with_row_index("row_id").with_columns(pl.col("row_id").cast(pl.String))
    right_rows = frame(offers).with_row_index("candidate_id")
    found = nearest(left_rows, right_rows, ["bot"], timedelta(seconds=BOUND))
    assert found["row_id"].is_unique().all()
    assert found["candidate_id"].is_unique().all()
    gaps = []
    for row_id, candidate_id in found.iter_rows():
        (one, at), (other, there) = asks[int(row_id)], offers[candidate_id]
        assert one == other
        gaps.append(abs(at - there))
    distances = [abs(a - b) for (g, a), (h, b) in product(asks, offers) if g == h]
    if len(set(distances)) == len(distances):
        assert sorted(gaps) == _by_definition(asks, offers)
    assert max(gaps, default=0) <= BOUND
