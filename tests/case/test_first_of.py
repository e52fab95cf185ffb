"""What a count names as its first break."""

from typing import Any

import polars as pl
import pytest

from deskgate.case.findings import breaks_frame, first_of
from desks import NOON


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ({"trade_id": "t"}, "trade t"),
        ({"order_id": "o", "exchange_order_id": "x"}, "order o"),
        ({"exchange_order_id": "x"}, "the venue's order x"),
        ({"funding_id": "f"}, "funding payment f"),
        ({}, "an account snapshot"),
    ],
)
def test_first_break_is_named_by_the_id_that_it_has(ids: dict[str, Any], words: str) -> None:
    found = breaks_frame(pl.DataFrame([{"kind": "order_missing_local", "bot": "b1", "ts": NOON, **ids}]))
    assert first_of(found) == f"the first at 2026-05-04 12:00:00 UTC, {words}"
