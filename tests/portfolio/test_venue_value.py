"""Positions as the venue values them, beside the mids."""

from typing import Any

import pytest

from portfolio.books import caps, day, holding, mids, opened, reasons, trade
from tiers import quick


@pytest.mark.parametrize(("mark", "share"), quick([("100", 0.0), ("90", 0.1), ("110", 0.1)], 1))
def test_venue_and_mids_must_agree_on_what_positions_are_worth(mark: str, share: float) -> None:
    found = day(fills=trade("10"), mids=mids("100"), positions=[holding("10", mark=mark)])
    assert caps(found, "b1")["valuation_gap_share"] == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(
    ("positions", "said"),
    [([], "no snapshot of the account"), ([holding("10")], "no mark of the venue")],
)
def test_what_the_venue_does_not_value_has_no_gap(positions: list[dict[str, Any]], said: str) -> None:
    found = day(fills=trade("10"), mids=mids("100"), positions=positions)
    assert caps(found, "b1")["valuation_gap_share"] is None
    assert said in reasons(found, "b1")["valuation_gap_share"]


def test_what_spot_holds_has_no_mark_to_compare_with() -> None:
    found = caps(day(opened(connector="binance"), fills=trade("5"), mids=mids("100")), "b1")
    assert "valuation_gap_share" not in found
    assert found["exposure_quote"] == pytest.approx(500)
