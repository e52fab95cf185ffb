import polars as pl
import pytest

from deskgate.reports.trading_words import trading_finding

PARTS = {"realized_quote": 5.0, "unrealized_quote": -1.0, "fees_quote": 0.5, "funding_quote": 0.0, "pnl_quote": 3.5}
ALONE = pl.DataFrame({"bot": ["b2"], "is_shown": [True]})
NOBODY = ALONE.clear()


def split(**changes: object) -> pl.DataFrame:
    row = {"bot": "b1", "mode": "live", "quote": "USDT", "fills": 3, "not_confirmed": 0, **PARTS, **changes}
    return pl.DataFrame([row], schema_overrides=dict.fromkeys(PARTS, pl.Float64))


@pytest.mark.parametrize(
    ("pnl", "own_record", "status", "says"),
    [
        (split(), NOBODY, "", "b1 (live) earned 3.5 USDT after fees and funding: +5 realised"),
        (split(pnl_quote=None), NOBODY, "INSUFFICIENT", "What b1 (live) earned is not known"),
        (split(not_confirmed=2), NOBODY, "INSUFFICIENT", "2 more fills of b1 are confirmed by nothing"),
        (split(not_confirmed=1), NOBODY, "INSUFFICIENT", "1 more fill of b1 is confirmed by nothing"),
        (split(), ALONE, "INSUFFICIENT", "Nothing confirms the record of b2"),
        (split().clear(), NOBODY, "", "No bot is judged on this day"),
        (pl.DataFrame(), NOBODY, "INSUFFICIENT", "day's folder"),
    ],
)
def test_finding_says_what_was_earned_and_lacks_evidence_where_a_number_is_missing(
    pnl: pl.DataFrame, own_record: pl.DataFrame, status: str, says: str
) -> None:
    finding = trading_finding(pnl, own_record).finding
    assert (finding.status, says in finding.sentence) == (status, True), finding.sentence
