"""One cause is one break: what listed breaks explain of an account's drifts, and when an acceptance does."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.reconciliation.accounts import check as positions
from deskgate.reconciliation.agreed import agreed_fills
from deskgate.reconciliation.breaks import counts as open_breaks
from deskgate.reconciliation.fills import check as fill_checks
from desks import END, NOON, START, bot, case, desk, fills, values
from tiers import quick

from .account_rows import ALL, CLOSED, LATER, PHANTOM, account, balance, details, order, payment, position


def accepting(breaks: pl.DataFrame, at: datetime) -> list[dict[str, Any]]:
    rows = breaks.select("break_id", fingerprint=open_breaks.fingerprint()).to_dicts()
    return [{"action": "accept", "text": "x", "by": "me", "effective_at": at, "recorded_at": at, **row} for row in rows]


@pytest.mark.slow
def test_order_sum_without_an_unlisted_fill_is_explained_by_that_fill() -> None:
    rows = [order("local", "completed"), *CLOSED]
    found = details(orders=rows, fills=fills("local", "events"))
    assert [kind for kind, _ in found] == ["fill_missing_exchange"]
    assert found[0][1].endswith("its order filled 0 at the venue, as without it")
    filled = [order("local", "completed"), order("exchange", "completed", LATER, filled_quantity=Decimal(1))]
    agreed: dict[str, Any] = {"orders": filled, "fills": fills("local", "events")}
    assert details(**agreed)[0][1].endswith("1 at the venue, as with it")
    # The venue's own order says that it happened: the account is expected to have it.
    assert agreed_fills(case(**agreed)).height == 1
    assert [kind for kind, _ in details(**agreed, positions=[position(24, "1")])] == ["fill_missing_exchange"]
    assert "this is the -1 drift" in details(**agreed, positions=[position(24, "0")])[0][1]
    half = [order("local", "completed"), order("exchange", "cancelled", LATER, filled_quantity=Decimal("0.5"))]
    both = ["fill_missing_exchange", "order_fill_sum_mismatch"]
    assert [kind for kind, _ in details(orders=half, fills=fills("local", "events"))] == both


def test_drift_of_a_fill_that_the_venue_lacks_is_explained_by_that_fill() -> None:
    traded = [*fills(*ALL), *PHANTOM]
    account = {"positions": [position(16, "2"), position(24, "2")], "balances": [balance(24, "1019.8")]}
    assert details(fills=traded, **account) == [
        (
            "fill_missing_exchange",
            "seen by local and events, not by exchange: database and stream are one process, so the bot's side alone has it;"
            " this is the 1 drift of the position snapshot of 2026-05-04 16:00; this is the 9.9 drift of the balance snapshot of 2026-05-05 00:00",
        )
    ]


@pytest.mark.slow
def test_drift_that_disappears_is_not_explained_by_a_fill() -> None:
    traded = [*fills(*ALL), *PHANTOM]
    found = details(fills=traded, positions=[position(16, "2"), position(24, "1")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "position_drift"]


def test_drift_of_another_size_is_not_explained() -> None:
    found = details(fills=[*fills(*ALL), *PHANTOM], positions=[position(24, "1.5")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "position_drift"]


@pytest.mark.slow
def test_several_fills_explain_a_drift_together() -> None:
    several = [*PHANTOM, *fills("local", "events", trade_id="t3", quantity=Decimal(2))]
    found = details(fills=[*fills(*ALL), *several], positions=[position(24, "4")])
    assert [kind for kind, _ in found] == ["fill_missing_exchange", "fill_missing_exchange"]
    assert all("this is the 3 drift" in detail for _, detail in found)


@pytest.mark.slow
def test_payment_that_the_venue_lacks_explains_the_balance() -> None:
    rows = [payment("local"), payment("events")]
    account = {"positions": [position(24, "0")], "balances": [balance(24, "1000")]}
    assert [kind for kind, _ in details(funding=rows, **account)] == ["funding_missing"]


@pytest.mark.parametrize(("total", "expected"), quick([("1000.05", 1), ("1001", 2)], 1))
def test_untraded_position_explains_the_balance_within_its_price_range(total: str, expected: int) -> None:
    # One at 110 and a mid of 110: a fee of at most 0.11 is between them.
    account = {"positions": [position(24, "1")], "balances": [balance(24, total)]}
    found = details(mids=[{"ts": NOON, "pair": "BTC-USDT", "mid": Decimal(110)}], **account)
    assert len(found) == expected
    assert found[-1][0] == "position_drift"


@pytest.mark.slow
def test_one_cause_is_one_break_however_the_price_moves() -> None:
    # The venue lacks a fill for good; and a position that nobody traded stays.
    lacking = details(fills=PHANTOM, **account(*[(hour, "0", str(100 + hour), "1000") for hour in (13, 16, 20, 24)]))
    assert [kind for kind, _ in lacking] == ["fill_missing_exchange"]
    rogue = [(hour, "1", str(100 + hour), str(1000 + hour - 13)) for hour in (13, 16, 20, 24)]
    assert [kind for kind, _ in details(**account(*rogue))] == ["position_drift"]
    lost = [(hour, quantity, mark, str(Decimal(total) - (hour > 16))) for hour, quantity, mark, total in rogue]
    assert [kind for kind, _ in details(**account(*lost))] == ["balance_drift", "position_drift"]


@pytest.mark.slow
def test_partly_sold_untraded_position_explains_the_balance() -> None:
    sold = account((13, "1", "110", "1000"), (16, "0", "112", "1001.9"), (24, "0", "90", "1001.9"))
    mids = [{"ts": START + timedelta(hours=15), "pair": "BTC-USDT", "mid": Decimal(112)}]
    ((kind, detail),) = details(mids=mids, **sold)
    assert kind == "position_drift"
    assert detail.endswith("agreed fills; the balance differs by 1.9, no more than its price can do")


def test_fill_at_a_snapshots_instant_belongs_to_the_next_snapshot() -> None:
    rows = [{**row, "ts": START + timedelta(hours=13)} for row in PHANTOM]
    found = details(fills=rows, **account((13, "0", "100", "1000"), (16, "0", "105", "1000")))
    assert [kind for kind, _ in found] == ["fill_missing_exchange"]


@pytest.mark.slow
def test_two_pairs_that_differ_in_one_snapshot_explain_together_what_they_cost() -> None:
    both = [bot(pairs=["BTC-USDT", "ETH-USDT"])]
    rows = [
        position(hour, quantity, "100") | {"pair": pair}
        for pair in both[0].pairs
        for hour, quantity in ((1, "0"), (2, "1"))
    ]
    for total, drifts_of_balance in (("999.85", 0), ("1000.19", 0), ("1000.21", 1)):
        found = positions.check(case(desk(*both), positions=rows, balances=[balance(1, "1000"), balance(2, total)]))
        assert found.breaks.filter(kind="balance_drift").height == drifts_of_balance
        assert found.explains["pair"].to_list() == ["BTC-USDT"] * (1 - drifts_of_balance)


@pytest.mark.slow
def test_two_balances_of_one_instant_are_both_checked() -> None:
    early = balance(24, "1000") | {"ts": END - timedelta(seconds=30)}
    rows: dict[str, Any] = {"positions": [position(24, "0", "100")], "balances": [early, balance(24, "500")]}
    assert [kind for kind, _ in details(fills=PHANTOM, **rows)] == ["balance_drift", "fill_missing_exchange"]
    rogue: dict[str, Any] = {"positions": [position(24, "1", "100")], "balances": [early, balance(24, "300")]}
    assert [kind for kind, _ in details(**rogue)] == ["balance_drift", "position_drift"]


@pytest.mark.parametrize("hour", quick([14, 23], 1))
def test_drift_reopens_when_an_accepted_difference_disappears(hour: int) -> None:
    rows = account((8, "0", "100", "1000"), (12, "0", "100", "1500"), (20, "0", "100", "1000"))
    deposit = positions.check(case(**rows)).breaks
    assert deposit["delta"].to_list() == ["500"]
    at = START + timedelta(hours=hour)
    found = positions.check(case(**rows, break_actions=accepting(deposit, at)))
    # What was accepted when it was over has been seen to be over.
    assert found.breaks["delta"].to_list() == (["500", "-500"] if hour == 14 else ["500"])
    assert values(found.metrics)["balance_drift"] == (1 if hour == 14 else 0)


@pytest.mark.slow
def test_position_drift_reopens_when_an_accepted_difference_disappears() -> None:
    rows = [position(8, "0"), position(12, "1"), position(20, "0")]
    at = START + timedelta(hours=14)
    actions = accepting(positions.check(case(positions=rows)).breaks, at)
    found = positions.check(case(positions=rows, break_actions=actions)).breaks
    assert found.select("observed", "expected", "delta").rows() == [("1", "0", "1"), ("0", "1", "-1")]
    # The venue lacks a fill, that is accepted, and then the position comes all the same.
    accepted = accepting(fill_checks.check(case(fills=PHANTOM)).breaks, at)
    held = [position(13, "0"), position(16, "0"), position(20, "1")]
    found = positions.check(case(fills=PHANTOM, positions=held, break_actions=accepted)).breaks
    assert found.select("kind", "delta").rows() == [("position_drift", "1")]


def test_implausible_price_explains_nothing() -> None:
    mids = [{"ts": NOON, "pair": "BTC-USDT", "mid": Decimal(price)} for price in ("100", "100000")]
    found = details(mids=mids, positions=[position(24, "0.01", "100")], balances=[balance(24, "100")])
    assert [kind for kind, _ in found] == ["balance_drift", "position_drift"]


@pytest.mark.parametrize(("hour", "open_drifts"), [(12, 1), (14, 0)])
def test_accepted_break_explains_only_what_was_seen_when_it_was_accepted(hour: int, open_drifts: int) -> None:
    rows: dict[str, Any] = {"fills": PHANTOM, **account((13, "1", "100", "999.9"))}
    actions = accepting(fill_checks.check(case(fills=PHANTOM)).breaks, START + timedelta(hours=hour))
    got = values(positions.check(case(**rows, break_actions=actions)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (open_drifts, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("hour", "open_drifts"), [(12, 1), (14, 0)])
def test_accepted_position_explains_only_the_balance_that_was_seen(hour: int, open_drifts: int) -> None:
    rows: dict[str, Any] = {
        "positions": [position(8, "1"), position(13, "2")],
        "balances": [balance(13, "1000.05")],
    }
    found = positions.check(case(**rows)).breaks
    assert found["kind"].to_list() == ["position_drift", "position_drift"]
    got = values(positions.check(case(**rows, break_actions=accepting(found, START + timedelta(hours=hour)))).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (0, open_drifts)


@pytest.mark.slow
def test_prices_before_the_opening_explain_nothing() -> None:
    cheap = [{"ts": START - timedelta(days=30), "pair": "BTC-USDT", "mid": Decimal(50)}]
    found = details(mids=cheap, positions=[position(1, "1", "100")], balances=[balance(1, "951")])
    assert [kind for kind, _ in found] == ["balance_drift", "position_drift"]
