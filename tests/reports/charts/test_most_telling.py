"""What a chart draws of many series: those that weigh most, in the order of the frame, and a line about the others."""

import polars as pl
import pytest

from deskgate.reports.charts.most_telling import most_telling

FRAME = pl.DataFrame(
    {"bot": ["a", "b", "c", "a", "b", "d"], "pair": ["x", None, "x", "x", None, "x"], "lost": [1, 5, None, 2, 6, 2]}
)
LOST = pl.col("lost").max()


@pytest.mark.parametrize(
    ("most", "bots", "line"),
    [
        (4, ["a", "b", "c", "a", "b", "d"], []),
        (3, ["a", "b", "a", "b", "d"], ["the 3 that lost most; 1 more is in the tables"]),
        # Of a and d, which weigh the same, the first one is drawn.
        (2, ["a", "b", "a", "b"], ["the 2 that lost most; 2 more are in the tables"]),
        (1, ["b", "b"], ["the 1 that lost most; 3 more are in the tables"]),
    ],
)
def test_series_that_weigh_most_are_drawn_in_their_order(most: int, bots: list[str], line: list[str]) -> None:
    drawn, rest = most_telling(FRAME, "bot", LOST, "that lost most", most=most)
    assert (drawn["bot"].to_list(), rest) == (bots, line)


def test_series_of_two_columns_may_have_a_null() -> None:
    drawn, _ = most_telling(FRAME, ["bot", "pair"], LOST, "that lost most", most=1)
    assert drawn.rows() == [("b", None, 5), ("b", None, 6)]


def test_weight_that_is_no_number_weighs_least() -> None:
    drawn, _ = most_telling(FRAME, "bot", (LOST - LOST) / (LOST - LOST), "that lost most", most=2)
    assert drawn["bot"].unique(maintain_order=True).to_list() == ["a", "b"]


def test_nothing_is_nothing() -> None:
    assert most_telling(FRAME.clear(), "bot", LOST, "that lost most")[1] == []
