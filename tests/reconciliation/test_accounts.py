"""Positions and balances: what the venue's account says against the agreed fills."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.config.bot import Opening
from deskgate.reconciliation.accounts import check as positions
from desks import END, NOON, START, bot, case, desk, fills, sources, values
from tiers import quick

from .account_rows import ALL, account, balance, drifts, payment, position


def without_opening(**rows: Any) -> dict[str, float | None]:
    return values(positions.check(case(desk(bot(opening=None)), **rows)).metrics)


@pytest.mark.slow
def test_lasting_drift_is_one_break_and_its_end_is_none() -> None:
    stays = drifts(positions=[position(8, "1"), position(16, "1"), position(24, "1")])
    assert [row[2] for row in stays] == ["1"]
    goes = drifts(positions=[position(8, "1"), position(16, "0"), position(24, "0")])
    assert [row[2] for row in goes] == ["1"]


def test_position_without_opening_starts_at_the_first_snapshot_without_a_sample() -> None:
    of = desk(bot(opening=None))
    one = positions.check(case(of, positions=[position(16, "7")]))
    assert values(one.metrics)["position_drift"] is None
    two = positions.check(case(of, fills=fills(*ALL), positions=[position(8, "7"), position(16, "8")]))
    assert (values(two.metrics)["position_drift"], two.breaks.height) == (0, 0)
    moved = positions.check(case(of, fills=fills(*ALL), positions=[position(8, "7"), position(16, "9")]))
    assert moved.breaks.get_column("delta").to_list() == ["1"]


def test_balance_is_opening_cash_position_at_mark_fees_and_funding() -> None:
    # 1000 - 100 - 0.1 + 0.5 + 1 * 110 = 1010.4
    rows: dict[str, Any] = {
        "fills": fills(*ALL),
        "funding": [payment(leg) for leg in ("local", "exchange")],
        "positions": [position(24, "1")],
    }
    assert drifts(**rows, balances=[balance(24, "1010.4")]) == []
    assert drifts(**rows, balances=[balance(24, "1012.4")]) == [("balance_drift", "1010.4", "2", "2026-05-04")]


def test_position_in_an_unconfigured_pair_is_a_drift() -> None:
    alien = {**position(24, "50"), "pair": "ETH-USDT"}
    assert [row[:3] for row in drifts(positions=[position(24, "0"), alien])] == [("position_drift", "0", "50")]


@pytest.mark.parametrize("closing", quick([{"mark_price": None}, {"ts": START + timedelta(hours=23, minutes=58)}], 1))
def test_balance_without_positions_of_its_instant_is_insufficient(closing: dict[str, Any]) -> None:
    rows: dict[str, Any] = {"fills": fills(*ALL), "balances": [balance(8, "1000"), balance(24, "400")]}
    whole = positions.check(case(**rows, positions=[position(8, "0"), position(24, "1")]))
    assert values(whole.metrics)["balance_drift"] == 1
    part = positions.check(case(**rows, positions=[position(8, "0"), {**position(24, "1"), **closing}]))
    assert values(part.metrics)["balance_drift"] is None


def test_exports_of_one_snapshot_may_be_a_minute_apart() -> None:
    late = {**balance(24, "1009.9"), "ts": END - timedelta(seconds=1)}
    assert drifts(fills=fills(*ALL), positions=[position(24, "1")], balances=[late]) == []


def test_unreadable_positions_name_their_file() -> None:
    some = [{**row, "quarantined": int(row["kind"] == "positions")} for row in sources(*ALL)]
    notes = {metric.note for metric in positions.check(case(fills=fills(*ALL), sources=some)).metrics}
    wanted = "b1 has no readable positions export of the venue: b1/positions has a record that could not be read"
    assert wanted in notes


def test_closing_snapshot_does_not_contain_the_payment_of_its_instant() -> None:
    midnight: dict[str, Any] = {"ts": END}
    rows = [payment(leg, **midnight) for leg in ("local", "exchange")]
    assert drifts(funding=rows, positions=[position(24, "0")], balances=[balance(24, "1000")]) == []


@pytest.mark.parametrize("step", quick(["0.0000009", "0.000001", "0.00000001"]))
def test_slow_drift_accumulates_past_tolerance(step: str) -> None:
    rows = [
        position(0, "0") | {"ts": START + timedelta(minutes=n), "quantity": Decimal(step) * n} for n in range(1, 1440)
    ]
    found = positions.check(case(positions=rows)).breaks
    assert found["delta"].cast(pl.Float64).max() == pytest.approx(float(step) * 1439, abs=2e-6)


@pytest.mark.slow
def test_account_starts_with_all_of_its_pairs_at_once() -> None:
    later = {**position(16, "5", "1000"), "pair": "ETH-USDT"}
    assert without_opening(positions=[position(8, "0"), position(16, "0"), later])["position_drift"] == 1
    first = {**later, "ts": START + timedelta(hours=8)}
    assert without_opening(positions=[position(8, "0"), position(16, "0"), first, later])["position_drift"] == 0


@pytest.mark.slow
def test_pair_that_an_export_no_longer_lists_is_flat() -> None:
    held = fills("local", "events", "exchange", pair="ETH-USDT")
    rows = [position(16, "0"), {**position(16, "1"), "pair": "ETH-USDT"}, position(24, "0")]
    assert [row[:3] for row in drifts(fills=held, positions=rows)] == [("position_drift", "1", "-1")]
    sold = fills(
        "local", "events", "exchange", pair="ETH-USDT", trade_id="t2", side="SELL", ts=START + timedelta(hours=20)
    )
    money = [balance(16, "1009.9"), balance(24, "999.8")]
    assert drifts(fills=[*held, *sold], positions=rows, balances=money) == []


@pytest.mark.parametrize("closing", [{"mark_price": None}, {"ts": START + timedelta(hours=23, minutes=58)}])
def test_balance_that_cannot_be_rolled_forward_is_no_balance_without_an_opening(closing: dict[str, Any]) -> None:
    rows = [position(1, "0"), position(2, "0"), {**position(24, "1"), **closing}]
    traded = fills(*ALL, ts=START + timedelta(hours=3))
    money = [balance(1, "1000"), balance(2, "1000"), balance(24, "10")]
    assert without_opening(fills=traded, positions=rows, balances=money)["balance_drift"] is None


def test_flat_account_needs_no_mark() -> None:
    flat = [{**position(24, "0"), "mark_price": None}]
    rows: dict[str, Any] = {"fills": fills(*ALL), "positions": flat}
    assert [row[:3] for row in drifts(**rows, balances=[balance(24, "1000")])] == [("position_drift", "1", "-1")]
    assert [row[:3] for row in drifts(**rows, balances=[balance(24, "990")])] == [
        ("balance_drift", "999.9", "-9.9"),
        ("position_drift", "1", "-1"),
    ]


@pytest.mark.slow
def test_snapshot_in_two_files_is_one() -> None:
    rows = [position(24, "1", "100"), position(24, "1", "100") | {"path": "other"}]
    assert drifts(fills=fills(*ALL), positions=rows, balances=[balance(24, "999.9")]) == []
    lost = drifts(fills=fills(*ALL), positions=rows, balances=[balance(24, "899.9")])
    assert [row[:3] for row in lost] == [("balance_drift", "999.9", "-100")]
    contradicted = [rows[0], {**rows[1], "quantity": Decimal(3)}]
    for order_of_rows in (contradicted, contradicted[::-1]):
        assert [row[2] for row in drifts(fills=fills(*ALL), positions=order_of_rows)] == ["2"]


def test_fill_between_the_two_exports_of_a_snapshot_leaves_the_balance_unjudged() -> None:
    traded = fills(*ALL, ts=NOON + timedelta(seconds=20))
    late = balance(12, "999.9") | {"ts": NOON + timedelta(seconds=40)}
    rows: dict[str, Any] = {"fills": traded, "positions": [position(12, "0"), position(24, "1", "100")]}
    found = positions.check(case(**rows, balances=[late, balance(24, "999.9")]))
    assert (values(found.metrics)["balance_drift"], found.breaks.height) == (None, 0)


def test_export_that_could_not_be_read_whole_leaves_its_day_unjudged() -> None:
    part = {"path": "part", "quarantined": 1, "bot": "b1", "leg": "exchange", "kind": "positions", "exported_at": END}
    rows = [*sources(*ALL), {**sources("exchange")[-2], **part}]
    account_rows = account((8, "0", "100", "1000"))
    got = values(positions.check(case(**account_rows, sources=rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (None, None)
    rows[-1]["exported_at"] = START - timedelta(days=9)
    got = values(positions.check(case(**account_rows, sources=rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (0, 0)


def test_snapshot_without_the_bots_pair_is_not_flat() -> None:
    two = desk(bot(pairs=["BTC-USDT", "ETH-USDT"]))
    other = position(24, "0") | {"pair": "ETH-USDT"}
    rows: dict[str, Any] = {"positions": [other], "balances": [balance(24, "1000")]}
    got = values(positions.check(case(two, fills=fills(*ALL), **rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (None, None)
    got = values(positions.check(case(two, **rows)).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (0, 0)


def test_payments_of_both_sides_of_a_hedge_are_summed() -> None:
    paid = [payment(leg, amount=Decimal(amount)) for leg in ("local", "exchange") for amount in ("0.5", "-0.2")]
    twice = [*paid, {**paid[2], "path": "other"}]
    assert drifts(funding=twice, positions=[position(24, "0")], balances=[balance(24, "1000.3")]) == []


def test_balance_before_the_opening_is_ignored() -> None:
    late = desk(bot(opening=Opening(at=NOON, balance={"USDT": Decimal(1000)})))
    rows: dict[str, Any] = {"positions": [position(24, "0")], "balances": [balance(8, "77"), balance(24, "1000")]}
    assert values(positions.check(case(late, **rows)).metrics)["balance_drift"] == 0


@pytest.mark.slow
def test_open_drift_counts_on_a_day_without_a_snapshot() -> None:
    of = desk(bot(opening=Opening(at=START - timedelta(days=1), balance={"USDT": Decimal(1000)})))
    got = values(positions.check(case(of, positions=[position(-5, "1")])).metrics)
    assert (got["position_drift"], got["balance_drift"]) == (1, None)
    assert values(positions.check(case(of, positions=[position(-5, "0")])).metrics)["position_drift"] is None


@pytest.mark.parametrize(("hours", "total", "expected"), quick([(10, "1500", 0), (10, "1000", 1), (-1, "1500", 1)], 1))
def test_transfers_are_part_of_the_balance(hours: int, total: str, expected: int) -> None:
    moved = {"leg": "exchange", "ts": START + timedelta(hours=hours), "token": "USDT", "amount": Decimal(500)}
    found = drifts(transfers=[moved], positions=[position(24, "0")], balances=[balance(24, total)])
    assert len(found) == expected


@pytest.mark.parametrize(
    ("deposit", "passed_on", "hours", "total"),
    quick(
        [
            (500, None, 0, "1500"),
            (500, 500, 2, "1500"),
            (500, 300, 2, "1300"),
            # What is moved before it came, or days after, is other money; so is what goes the other way.
            (500, 500, -2, "2000"),
            (500, 500, 25, "1500"),
            (500, -300, 2, "1200"),
            (-500, -500, -2, "500"),
            (-500, -500, 2, "0"),
        ],
        3,
    ),
)
def test_deposit_that_is_passed_on_counts_once(deposit: int, passed_on: int | None, hours: int, total: str) -> None:
    came = START - timedelta(hours=6)
    rows = [{"ts": came, "amount": Decimal(deposit), "account_unknown": True}]
    rows += [{"ts": came + timedelta(hours=hours), "amount": Decimal(passed_on)}] if passed_on else []
    common = {"leg": "exchange", "token": "USDT"}
    opening = Opening(at=START - timedelta(days=1), balance={"USDT": Decimal(1000)})
    of_account = case(
        desk(bot(opening=opening)),
        transfers=[common | row for row in rows],
        positions=[position(18, "0")],
        balances=[balance(18, total)],
    )
    assert positions.check(of_account).breaks.select("kind", "delta").rows() == []
