"""Copies of the venue's records that contradict each other, and exports that could show none."""

from decimal import Decimal
from typing import Any

import pytest

from deskgate.checks import copies
from desks import case, fill, sources, values


def conflicts(*fills: dict[str, Any], **about: Any) -> float | None:
    listed = [{**row, **about} for row in sources("exchange")]
    return values(copies.check(case(fills=list(fills), sources=listed)).metrics)["exchange_conflicts"]


@pytest.mark.parametrize(
    ("about", "price", "count"),
    [
        ({}, "100", 0),
        ({}, "101", 1),
        # An export that lists nothing, and one that was computed from another leg, show nothing.
        ({"rows": 0}, None, None),
        ({"derived": True}, "100", None),
    ],
)
def test_copies_that_contradict_each_other_count(about: dict[str, Any], price: str | None, count: float | None) -> None:
    twice = [fill("exchange", path="a"), fill("exchange", path="b", price=Decimal(price))] if price else []
    assert conflicts(*twice, **about) == count
