"""What fills realised, from openings, fees and sides: by hand."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.accounting.profits import profits, unaccounted, unknown_fees
from deskgate.case.case import Case
from deskgate.config.accounting import Accounting
from deskgate.config.bot import Bot, Mode, Opening
from desks import NOON, START, bot, by_accounting, case, desk, fill, fills, sources
from tiers import quick

ALL = ("local", "events", "exchange")
MINUTE = timedelta(minutes=1)


def _traded(*rows: tuple[str, str, str], **values: Any) -> list[dict[str, Any]]:
    """Return fills of (side, quantity, price) in all legs, a minute apart, without fees."""
    return [
        fill(
            leg,
            f"t{n}",
            ts=NOON + n * MINUTE,
            side=side,
            quantity=Decimal(quantity),
            price=Decimal(price),
            **{"fee_amount": Decimal(0), "fee_quote": None, **values},
        )
        for n, (side, quantity, price) in enumerate(rows)
        for leg in ALL
    ]


def _opened(position: str, entry: str | None = None, **values: Any) -> Bot:
    opening = Opening(
        at=START,
        balance={"USDT": Decimal(1000)},
        position=Decimal(position),
        entry_price=Decimal(entry) if entry else None,
    )
    return bot(**{"opening": opening, **values})


def _rows(of: Case, *columns: str) -> list[Any]:
    found = profits(of).select(columns or ("position", "cost", "realized"))
    return [row if len(row) > 1 else row[0] for row in found.rows()]


def test_position_flips_through_zero() -> None:
    # Long 1 at 100; 3 sold at 110: 10 realised, short 2 at 110; 2 bought back at 105: 2 x 5.
    of = case(fills=_traded(("BUY", "1", "100"), ("SELL", "3", "110"), ("BUY", "2", "105")))
    assert _rows(of) == [(1, 100, 0), (-2, -220, 10), (0, 0, 10)]
    assert _rows(of, "notional", "liquidity", "held_side") == [(100, None, None), (330, None, None), (210, None, None)]


@pytest.mark.parametrize(
    ("position", "entry", "side", "expected"),
    [
        # 1 of a long of 2 at 90 is sold at 100; of a short of 2 at 90 bought back at 100.
        ("2", "90", "SELL", (1, 90, 10)),
        ("-2", "90", "BUY", (-1, -90, -10)),
    ],
)
def test_position_carried_in_at_its_entry_price(
    position: str, entry: str, side: str, expected: tuple[int, int, int]
) -> None:
    of = case(desk(_opened(position, entry)), fills=_traded((side, "1", "100")))
    assert _rows(of) == [expected]


def _mid(age: timedelta, of: str = "b1") -> dict[str, Any]:
    return {"bot": of, "ts": START - age, "pair": "BTC-USDT", "mid": Decimal(95)}


def test_position_carried_in_without_a_price_counts_from_the_mid_at_the_opening() -> None:
    of = case(desk(_opened("2")), fills=_traded(("SELL", "1", "100")), mids=[_mid(5 * MINUTE)])
    assert _rows(of) == [(1, 95, 5)]


@pytest.mark.parametrize("mids", [[], [_mid(timedelta(minutes=5, seconds=1))]])
def test_position_carried_in_without_a_young_mid_has_no_value(mids: list[dict[str, Any]]) -> None:
    of = case(desk(_opened("2")), fills=_traded(("SELL", "1", "100")), mids=mids)
    assert _rows(of) == []
    assert "opened with a position in BTC-USDT at 2026-05-04 00:00 UTC whose cost is unknown" in str(
        unaccounted(of, "b1")
    )


def test_fills_before_the_opening_do_not_count() -> None:
    rows = [*fills(*ALL, ts=START - MINUTE), *_traded(("SELL", "1", "100"))]
    assert _rows(case(fills=rows)) == [(-1, -100, 0)]


def test_no_fills_and_one() -> None:
    assert _rows(case()) == []
    assert unaccounted(case(), "b1") is None
    assert _rows(case(fills=fills(*ALL))) == [(1, 100, 0)]


def test_ties_in_time_are_booked_by_trade_id() -> None:
    # Bought at 100 and at 110 and sold at 120 in one instant, by id: the sale is the second.
    rows = _traded(("BUY", "1", "100"), ("SELL", "1", "120"), ("BUY", "1", "110"))
    tied = [{**row, "ts": NOON} for row in rows]
    assert _rows(case(fills=tied)) == _rows(case(fills=tied[::-1])) == [(1, 100, 0), (0, 0, 20), (1, 110, 0)]


def test_desk_says_the_method() -> None:
    of = case(fills=_traded(("BUY", "1", "100"), ("BUY", "1", "110"), ("SELL", "1", "120")))
    assert _rows(of) == [(1, 100, 0), (2, 210, 0), (1, 105, 15)]
    assert _rows(by_accounting(of, Accounting.FIFO)) == [(1, 100, 0), (2, 210, 0), (1, 110, 20)]


def test_opening_is_one_lot_and_the_oldest() -> None:
    of = case(desk(_opened("2", "90")), fills=_traded(("BUY", "2", "110"), ("SELL", "3", "100")))
    assert _rows(of) == [(4, 400, 0), (1, 100, 0)]
    assert _rows(by_accounting(of, Accounting.FIFO)) == [(4, 400, 0), (1, 110, 10)]


def test_ties_are_lots_in_the_order_of_trade_ids() -> None:
    rows = [
        {**row, "ts": NOON}
        for row in _traded(("BUY", "1", "100"), ("BUY", "1", "110"), ("SELL", "1", "120"), ("BUY", "1", "130"))
    ]
    for each in (rows, rows[::-1]):
        assert _rows(by_accounting(case(fills=each), Accounting.FIFO))[2:] == [(1, 110, 20), (2, 240, 0)]


def test_fifo_of_spot_leaves_the_fee_in_base_out_of_its_lot() -> None:
    # Lots of 0.99 for 99 and 0.99 for 108.9; 0.99 and a fee of 0.01 in base are sold at 120: 0.99 x 20 and 0.01 x 10.
    spot, fee = _opened("0", connector="binance"), {"fee_amount": Decimal("0.01"), "fee_token": "BTC"}
    rows = _traded(("BUY", "1", "100"), ("BUY", "1", "110"), ("SELL", "0.99", "120"), **fee)
    assert _rows(by_accounting(case(desk(spot), fills=rows), Accounting.FIFO))[-1] == (
        Decimal("0.98"),
        Decimal("107.8"),
        Decimal("19.9"),
    )


@pytest.mark.parametrize(
    ("fee", "expected"),
    quick(
        [
            ({"fee_amount": Decimal("0.1"), "fee_token": "USDT"}, Decimal("0.1")),
            ({"fee_amount": Decimal("-0.02"), "fee_token": "USDT"}, Decimal("-0.02")),
            ({"fee_amount": Decimal("0.001"), "fee_token": "BNB", "fee_quote": Decimal("0.6")}, Decimal("0.6")),
            # On contracts a fee in the base asset is paid out of the margin: the position stays.
            ({"fee_amount": Decimal("0.001"), "fee_token": "BTC", "fee_quote": Decimal("0.1")}, Decimal("0.1")),
            ({"fee_amount": Decimal(0), "fee_token": None}, 0),
        ],
        2,
    ),
)
def test_fee_of_contracts_leaves_cost_and_position(fee: dict[str, Any], expected: Decimal) -> None:
    of = case(fills=_traded(("BUY", "1", "100"), **fee))
    assert _rows(of, "position", "cost", "fee_quote") == [(1, 100, expected)]
    assert unknown_fees(of, "b1") is None


@pytest.mark.parametrize(
    ("fee", "reason"),
    [
        ({"fee_amount": Decimal("0.001"), "fee_token": "BNB"}, "paid fees in BNB that no leg converts into USDT"),
        ({"fee_amount": None, "fee_token": None}, "no leg says what fee b1 paid for 1 of its fills"),
    ],
)
def test_fee_that_nothing_converts_is_unknown(fee: dict[str, Any], reason: str) -> None:
    of = case(fills=_traded(("BUY", "1", "100"), **fee))
    assert _rows(of, "fee_quote") == [None]
    assert reason in str(unknown_fees(of, "b1"))


def test_fee_in_base_leaves_the_position_on_spot() -> None:
    # 1 bought at 100 less a fee of 0.01: 0.99 for 99, and a fee worth 1. 0.5 sold at 120 with a fee of 0.01 takes 0.51 off
    # for 61.2, of which 1.2 is the fee: 0.51 x (120 - 100) realised.
    spot, fee = _opened("0", connector="binance"), {"fee_amount": Decimal("0.01"), "fee_token": "BTC"}
    of = case(desk(spot), fills=_traded(("BUY", "1", "100"), ("SELL", "0.5", "120"), **fee))
    assert _rows(of, "position", "cost", "realized", "fee_quote") == [
        (Decimal("0.99"), 99, 0, 1),
        (Decimal("0.48"), 48, Decimal("10.2"), Decimal("1.2")),
    ]
    cash = 1000 - 100 + 60
    assert cash == 1000 - 48 + Decimal("10.2") - Decimal("2.2")


def _hedged(n: int, side: str, held: str, price: str) -> list[dict[str, Any]]:
    opens = "OPEN" if (side == "BUY") == (held == "LONG") else "CLOSE"
    named: dict[str, Any] = {"trade_id": f"t{n}", "ts": NOON + n * MINUTE, "side": side, "price": Decimal(price)}
    return [fill(leg, **named, position=held if leg == "exchange" else opens) for leg in ALL]


def test_hedge_mode_books_each_side() -> None:
    # Long 1 at 100 and short 1 at 110 are two positions: closing the long at 120 realises 20, the short at 120 -10.
    rows = [("BUY", "LONG", "100"), ("SELL", "SHORT", "110"), ("SELL", "LONG", "120"), ("BUY", "SHORT", "120")]
    of = case(fills=[row for n, each in enumerate(rows) for row in _hedged(n, *each)])
    assert _rows(of, "pair", "held_side", "position", "realized") == [
        ("BTC-USDT", "long", 1, 0),
        ("BTC-USDT", "short", -1, 0),
        ("BTC-USDT", "long", 0, 20),
        ("BTC-USDT", "short", 0, -10),
    ]


def test_hedge_mode_carries_each_side_in() -> None:
    opening = Opening(
        at=START,
        balance={"USDT": Decimal(1000)},
        position={"BTC-USDT long": Decimal(1), "BTC-USDT short": Decimal(-1)},
        entry_price={"BTC-USDT long": Decimal(90), "BTC-USDT short": Decimal(130)},
    )
    rows = [*_hedged(0, "SELL", "LONG", "100"), *_hedged(1, "BUY", "SHORT", "100")]
    assert _rows(case(desk(bot(opening=opening)), fills=rows)) == [(0, 0, 10), (0, 0, 30)]


@pytest.mark.parametrize(
    ("at", "pair", "reason"),
    [
        (NOON - MINUTE, "BTC-USDT", None),
        (
            NOON + MINUTE / 2,
            "BTC-USDT",
            "first snapshot of its account is of 2026-05-04 12:00 UTC, after 1 of its fills",
        ),
        (NOON - MINUTE, "ETH-USDT", "does not say what it held of BTC-USDT"),
    ],
)
def test_without_an_opening_the_first_snapshot_is_the_start(at: datetime, pair: str, reason: str | None) -> None:
    # A long of 2 is worth 95 each when the snapshot comes.
    rows = _traded(("SELL", "1", "100"), ("SELL", "1", "90"))
    held = [{"leg": "exchange", "ts": at, "pair": pair, "quantity": Decimal(2)}]
    mids = [{"ts": at, "pair": pair, "mid": Decimal(95)}]
    of = case(desk(bot(opening=None)), fills=rows, positions=held, mids=mids)
    assert _rows(of) == ([] if reason else [(1, 95, 5), (0, 0, -5)])
    assert (reason or "None") in str(unaccounted(of, "b1"))


def test_without_opening_and_snapshot_a_live_bot_has_no_start_and_a_paper_bot_is_flat() -> None:
    rows = _traded(("BUY", "1", "100"))
    live, paper = (case(desk(bot(mode=mode, opening=None)), fills=rows) for mode in (Mode.LIVE, Mode.PAPER))
    assert "what it held before its first agreed fill is unknown" in str(unaccounted(live, "b1"))
    assert (_rows(live), _rows(paper)) == ([], [(1, 100, 0)])


@pytest.mark.parametrize(("at", "expected"), [(NOON - MINUTE, (1, 95, 5)), (NOON + MINUTE, (-1, -100, 0))])
def test_paper_bot_starts_at_a_snapshot_before_its_fills(at: datetime, expected: tuple[int, int, int]) -> None:
    paper, pair = bot(mode=Mode.PAPER, opening=None), {"ts": at, "pair": "BTC-USDT"}
    held, mid = {"leg": "exchange", "quantity": Decimal(2), **pair}, {"mid": Decimal(95), **pair}
    of = case(desk(paper), fills=_traded(("SELL", "1", "100")), positions=[held], mids=[mid])
    assert _rows(of) == [expected]


def test_bot_whose_fills_nothing_confirms_is_not_accounted() -> None:
    of = case(fills=fills(*ALL), sources=sources("local"))
    assert "no fill of b1 is agreed" in str(unaccounted(of, "b1"))
    assert _rows(of) == []


def test_liquidity_is_the_venues() -> None:
    rows = [{**each, "liquidity": "maker" if each["leg"] == "exchange" else "taker"} for each in fills(*ALL)]
    assert _rows(case(fills=rows), "liquidity") == ["maker"]
