"""The agreed fills: what of the legs counts as traded."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.config.bot import Opening
from deskgate.reconciliation.accounts import check as positions
from deskgate.reconciliation.agreed import agreed_fills
from desks import NOON, bot, case, desk, fill, fills, sources

from .account_rows import ALL, PHANTOM, account, details, drifts, position


def test_position_rolls_forward_from_the_opening_through_agreed_fills() -> None:
    traded = [*fills(*ALL), *fills("local", "events", trade_id="t2"), *fills("local", trade_id="t3")]
    assert drifts(fills=traded, positions=[position(16, "2"), position(24, "2")]) == []
    assert drifts(fills=traded, positions=[position(16, "2"), position(24, "2.5")]) == [
        ("position_drift", "1", "1.5", "2026-05-04")
    ]


@pytest.mark.parametrize(
    ("legs", "minutes", "expected"),
    [
        (ALL, 60, ["all", "venue"]),
        # The venue's leg is absent, so nothing contradicts the bot's two.
        (("local", "events"), 60, ["all", "bot"]),
        (("local", "exchange"), 60, ["all", "venue"]),
        # The venue has not had time to show it.
        (ALL, 1, ["all", "bot", "venue"]),
    ],
)
def test_agreed_is_what_the_venue_has_and_what_it_cannot_know_yet(
    legs: tuple[str, ...], minutes: int, expected: list[str]
) -> None:
    rows = [
        *fills(*ALL, trade_id="all"),
        *fills("local", "events", trade_id="bot"),
        *fills("exchange", trade_id="venue"),
        *fills("local", trade_id="alone"),
    ]
    seen = [row for row in rows if row["leg"] in legs]
    at = case(fills=seen, sources=sources(*legs), as_of=NOON + timedelta(minutes=minutes))
    assert sorted(agreed_fills(at).get_column("trade_id")) == expected


def test_fill_that_the_bots_side_alone_has_is_no_position_and_no_money() -> None:
    rows: dict[str, Any] = {"fills": [*fills(*ALL), *PHANTOM], **account((24, "1", "100", "999.9"))}
    assert [kind for kind, _ in details(**rows)] == ["fill_missing_exchange"]
    assert "the bot's side alone has it" in details(**rows)[0][1]


def test_agreed_takes_the_venues_values() -> None:
    rows = [fill("local", price=Decimal(90)), fill("exchange", price=Decimal(100))]
    assert agreed_fills(case(fills=rows)).get_column("price").to_list() == [Decimal(100)]


def test_opening_counts_only_fills_after_it() -> None:
    of = desk(bot(opening=Opening(at=NOON + timedelta(hours=1), balance={"USDT": Decimal(1000)}, position=Decimal(5))))
    assert positions.check(case(of, fills=fills(*ALL), positions=[position(24, "5")])).breaks.is_empty()
