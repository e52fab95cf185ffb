"""What a decision rests on besides evidence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from break_rows import done, seen
from deskgate.gates.evaluation import Status
from deskgate.gates.rests_on import accepted_breaks_of, rests_on, waivers_of
from deskgate.gates.waiver_records import Waiver
from desks import frame
from verdicts import verdict

SINCE = datetime(2026, 5, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEXTS = {"gate": "smoke", "subject": "bot2", "author": "ann", "approver": "bob", "reason": "venue closed"}
TOLD = {
    **TEXTS,
    "since": "2026-05-04T00:00:00Z",
    "recorded_at": "2026-05-04T01:00:00Z",
    "until": "2026-05-06T00:00:00Z",
}

ACCEPTED = {"id": "k", "kind": "fee_mismatch", "bot": "b1", "value": "3.5", "by": "ann", "why": "known", "since": "S"}
LINE = "k fee_mismatch of b1, worth 3.5, from S until its amounts change, by ann: known"


def test_only_waivers_that_turned_a_verdict_are_told() -> None:
    one, two = (
        Waiver.model_validate(
            {"id": name, "since": SINCE, "recorded_at": SINCE + HOUR, "until": SINCE + timedelta(days=2), **TEXTS}
        )
        for name in "ab"
    )
    turned = [verdict(Status.WAIVED, waiver="b"), verdict(Status.WAIVED, waiver="b"), verdict()]
    assert waivers_of(turned, [one, two]) == [{"id": "b", **TOLD, "verdicts": 2}]
    assert waivers_of([verdict()], [one, two]) == []


@pytest.mark.parametrize(
    ("status", "severity", "value", "expected"),
    [
        ("accepted", "critical", Decimal("3.50"), "3.5"),
        ("accepted", "warning", None, None),
        ("accepted", "info", Decimal(3), "none told"),
        ("explained", "critical", Decimal(3), "none told"),
        ("open", "critical", Decimal(3), "none told"),
    ],
)
def test_accepted_breaks_that_would_count_are_told(
    status: str, severity: str, value: Decimal | None, expected: str | None
) -> None:
    row = {
        "break_id": "b",
        "kind": "fee_mismatch",
        "bot": "b1",
        "severity": severity,
        "status": status,
        "value_quote": value,
    }
    breaks = pl.DataFrame([row], schema_overrides={"value_quote": pl.Decimal(38, 18)})
    found = accepted_breaks_of(
        breaks, frame("break_sightings", seen(0)), frame("break_actions", done(1, "accept", "known"))
    )
    if expected == "none told":
        assert found == []
        return
    about = {"id": "b", "kind": "fee_mismatch", "bot": "b1", "value": expected, "by": "ann", "why": "known"}
    assert found == [{**about, "since": "2026-05-05T01:00:00Z"}]


@pytest.mark.parametrize(
    ("word", "waivers", "accepted", "expected"),
    [
        ("GO", 0, 0, ""),
        ("GO", 0, 1, f"GO rests on 1 accepted break ({LINE})"),
        (
            "GO",
            1,
            2,
            "GO rests on 1 waiver (smoke of bot2, from 2026-05-04T00:00:00Z until 2026-05-06T00:00:00Z, recorded at 2026-05-04T01:00:00Z,"
            f" by ann, approved by bob: venue closed) and 2 accepted breaks ({LINE}; {LINE})",
        ),
        ("HOLD", 0, 2, f"HOLD, with 2 accepted breaks ({LINE}; {LINE})"),
        ("HOLD", 0, 7, f"HOLD, with 7 accepted breaks ({'; '.join([LINE] * 5)}; and 2 more)"),
    ],
)
def test_sentence(word: str, waivers: int, accepted: int, expected: str) -> None:
    assert rests_on(word, [TOLD] * waivers, [ACCEPTED] * accepted) == expected
