"""Amounts of funding in each leg, and when a payment was due."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.config.bot import Opening
from deskgate.reconciliation import funding, funding_amounts
from desks import START, bot, case, desk, fill, sources, values

ALL = ("local", "events", "exchange")
FLIPPED = "the same amount with the other sign"


def paid(leg: str, amount: str, hour: int = 8, **more: Any) -> dict[str, Any]:
    at = START + timedelta(hours=hour)
    number = f"f{hour}{amount}" if leg == "exchange" else None
    return {"leg": leg, "ts": at, "pair": "BTC-USDT", "funding_id": number, "amount": Decimal(amount), **more}


def found(*rows: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return leg, value and whether the sign is named, of each break."""
    breaks = funding_amounts.check(case(funding=list(rows))).breaks
    assert set(breaks["kind"]) <= {"funding_mismatch"}
    return [
        (leg, f"{value.normalize():f}", "sign" if FLIPPED in detail else "")
        for leg, value, detail in breaks.select("leg", "value_quote", "detail").rows()
    ]


@pytest.mark.parametrize(
    ("local", "events", "exchange", "expected"),
    [
        (["-14"], ["-14"], ["-14"], []),
        (["70"], ["70"], ["-14"], [("", "84", "")]),
        (["70"], ["-14"], ["-14"], [("local", "84", "")]),
        (["-14"], ["70"], ["-14"], [("events", "84", "")]),
        (["14"], ["14"], ["-14"], [("", "28", "sign")]),
        (["-14"], [], ["-14"], []),
        (["14"], [], ["-14"], [("local", "28", "sign")]),
        # The stream is compared with the database where the venue lacks the payment.
        (["-14"], ["14"], [], [("events", "28", "sign")]),
        # A double of eight decimals: at its step, and past it.
        (["-0.00000001"], [], ["-0.00000002"], []),
        (["-0.00000001"], [], ["-0.00000003"], [("local", "0.00000002", "")]),
        # Two payments of one instant: each is compared; the database keeps one of them.
        (["-14", "3"], [], ["3", "-14"], []),
        (["-14"], [], ["-14", "3"], []),
        (["-15"], [], ["-14", "3"], [("local", "4", "")]),
        (["-14", "3"], [], ["-3", "-8"], [("local", "12", "")]),
        (["-14", "-14"], [], ["-14"], [("local", "14", "")]),
    ],
)
def test_payments_are_compared_one_by_one(
    local: list[str], events: list[str], exchange: list[str], expected: list[tuple[str, str, str]]
) -> None:
    legs = zip(ALL, (local, events, exchange), strict=True)
    rows = [paid(leg, amount, line=n) for leg, amounts in legs for n, amount in enumerate(amounts)]
    assert found(*rows) == expected


@pytest.mark.parametrize(
    ("amount", "unknown", "said"),
    [("-14", True, None), ("14", True, "does not say what its sign means"), ("14", None, "paid recorded as received")],
)
def test_sign_that_is_not_known_is_named_as_the_cause(amount: str, unknown: bool | None, said: str | None) -> None:
    rows = [paid("local", amount), paid("exchange", "-14", sign_unknown=unknown)]
    details = funding_amounts.check(case(funding=rows)).breaks["detail"].to_list()
    assert len(details) == (said is not None)
    assert all(str(said) in detail for detail in details)
    assert any("export the funding history with info" in detail for detail in details) == bool(said and unknown)


def test_figure_that_the_connector_records_instead_is_compared() -> None:
    venue = paid("exchange", "-14", recorded_amount=Decimal("0.14"))
    assert found(paid("local", "0.14"), venue) == []
    # The payment itself is right as well; a version that records it may come.
    assert found(paid("local", "-14"), venue) == []
    assert len(found(paid("local", "14"), venue)) == 1


def bought(hour: float, quantity: str, side: str = "BUY") -> list[dict[str, Any]]:
    ts = START + timedelta(hours=hour)
    return [fill(leg, f"t{hour}", ts=ts, quantity=Decimal(quantity), side=side) for leg in ALL]


def measured(rows: list[dict[str, Any]], paid_at: tuple[int, ...] = (), **more: Any) -> tuple[float | None, str]:
    """Return the value and the note of `funding_missing` of a day with these fills, paid at these hours."""
    payments = [paid(leg, "-1", hour) for hour in paid_at for leg in ("local", "exchange")]
    at = case(fills=rows, funding=payments, **more)
    missing = next(each for each in funding.check(at).metrics if each.metric == "funding_missing")
    amounts = values(funding_amounts.check(at).metrics)["funding_mismatch"]
    assert (missing.value is None) == (amounts is None)
    return missing.value, missing.note or ""


@pytest.mark.parametrize(
    ("rows", "paid_at", "value", "note"),
    [
        ([], (), 0, "flat at all 3 funding instants"),
        # Flat at each instant, though not in between.
        ([*bought(9, "1"), *bought(15, "1", "SELL")], (), 0, "flat at all 3"),
        ([*bought(9, "1"), *bought(17, "1", "SELL")], (), None, "held 1 of BTC-USDT at 16:00"),
        ([*bought(9, "1"), *bought(17, "1", "SELL")], (16,), 0, ""),
        # Both sides say when the day's payments were; that 16:00 is usual is no evidence against them.
        ([*bought(7, "1")], (8,), 0, ""),
        ([*bought(7, "1")], (8, 16), 0, ""),
        # So near to the instant that it may be in the position or not.
        (bought(16.001, "1"), (), None, "at 16:00"),
    ],
)
def test_agreed_fills_say_whether_a_payment_was_due(
    rows: list[dict[str, Any]], paid_at: tuple[int, ...], value: float | None, note: str
) -> None:
    got = measured(rows, paid_at)
    assert got[0] == value
    assert note in got[1]


def test_payment_of_another_instant_does_not_stand_for_one_that_the_market_had_before() -> None:
    rows = [paid(leg, "-1", hour) for hour in (-8, 8) for leg in ("local", "exchange")]
    at = case(fills=bought(-9, "1"), funding=rows, of=desk(bot(opening=Opening(at=START - timedelta(days=1)))))
    assert "held 1 of BTC-USDT at 16:00" in (funding.check(at).metrics[0].note or "")


def test_schedule_of_a_market_is_known_from_its_payments() -> None:
    four = [*bought(1, "1"), *bought(13, "1", "SELL")]
    assert measured(four, (4, 8, 12))[0] == 0
    # Eight hours from 04:00 is a schedule too; with a payment at 08:00 the day before it is every four.
    assert measured(four, (4, 12))[0] == 0
    before = [paid(leg, "-1", -16) for leg in ("local", "exchange")]
    at = case(
        fills=four, funding=[*before, *(paid(leg, "-1", hour) for hour in (4, 12) for leg in ("local", "exchange"))]
    )
    assert "at 08:00" in (funding.check(at).metrics[0].note or "")
    hourly = desk(bot(connector="hyperliquid_perpetual"))
    assert "at 02:00" in measured(bought(1.5, "1"), (), of=hourly)[1]


@pytest.mark.parametrize("lack", ["opening", "venue", "export"])
def test_without_agreed_fills_nobody_knows_whether_a_payment_was_due(lack: str) -> None:
    of = desk(bot(opening=None)) if lack == "opening" else desk()
    gone = {"opening": "", "venue": "my_trades", "export": "funding_history"}[lack]
    some = [row for row in sources(*ALL) if row["kind"] != gone]
    assert measured([], of=of, sources=some)[0] is None


def test_instants_that_have_not_come_say_nothing() -> None:
    at: datetime = START + timedelta(minutes=1)
    assert measured([], as_of=at)[0] is None
