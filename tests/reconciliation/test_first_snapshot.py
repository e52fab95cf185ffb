"""`opening = "first_snapshot"`: which snapshot of an account counts, and what it says as an opening."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.accounting.amounts import unvaluable
from deskgate.case.case import Case
from deskgate.case.values import without_snapshot
from deskgate.checks.policy import check
from deskgate.config.bot import Bot, Opening
from deskgate.reconciliation.accounts.check import check as check_accounts
from deskgate.reconciliation.accounts.first_snapshot import opened_by_snapshots
from desks import NOON, bot, case, desk, fill, fills, sources
from tiers import quick

LATER = NOON + timedelta(hours=2)


def balance(at: datetime = NOON, total: str = "1000", token: str = "USDT", **values: Any) -> dict[str, Any]:  # noqa: S107
    return {"leg": "exchange", "path": "b1/balance", "ts": at, "token": token, "total": Decimal(total), **values}


def position(at: datetime = NOON, quantity: str = "0", **values: Any) -> dict[str, Any]:
    named = {"leg": "exchange", "path": "b1/positions", "ts": at, "pair": "BTC-USDT"}
    return {**named, "quantity": Decimal(quantity), **values}


def opened(**rows: Any) -> Opening | None:
    return opened_by_snapshots(of(**rows)).bots["b1"].opening


def of(values: dict[str, Any] | None = None, **rows: Any) -> Case:
    one: Bot = bot(**({"opening": "first_snapshot", "account": ["a"]} | (values or {})))
    return case(desk(one), **rows)


def test_flat_account_opens_with_its_balance() -> None:
    found = opened(balances=[balance(LATER), balance()], positions=[position(LATER), position()])
    assert found == Opening(at=NOON, balance={"USDT": Decimal(1000)}, position={})


@pytest.mark.parametrize(
    ("in_balance", "in_position", "wallet"),
    [
        ({"unrealized_pnl": Decimal(7)}, {}, Decimal(993)),
        ({}, {"unrealized_pnl_quote": Decimal(-4)}, Decimal(1004)),
        ({}, {"mark_price": Decimal(105), "entry_price": Decimal(100)}, Decimal(990)),
        ({"unrealized_pnl": Decimal(7)}, {"unrealized_pnl_quote": Decimal(6)}, Decimal(993)),
        ({}, {}, None),
        ({}, {"mark_price": Decimal(105)}, None),
    ],
)
def test_opening_has_the_balance_of_the_wallet(
    in_balance: dict[str, Any], in_position: dict[str, Any], wallet: Decimal | None
) -> None:
    found = opened(balances=[balance(**in_balance)], positions=[position(quantity="2", **in_position)])
    if wallet is None:
        assert found is None
    else:
        assert found is not None
        assert (found.balance["USDT"], found.position) == (wallet, {"BTC-USDT": Decimal(2)})
        entry = in_position.get("entry_price")
        assert found.entry_price == (None if entry is None else {"BTC-USDT": entry})


SECOND = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        pytest.param({"balances": [balance()], "positions": [position(NOON + SECOND)]}, NOON + SECOND, id="half a minute"),
        pytest.param({"balances": [balance()], "positions": [position(NOON + 3 * SECOND)]}, None, id="too far apart"),
        pytest.param({"balances": [balance()]}, None, id="no positions"),
        pytest.param({"positions": [position()]}, None, id="no balance"),
        pytest.param({}, None, id="nothing"),
        pytest.param({"balances": [balance(LATER)], "positions": [position(), position(LATER)]}, None, id="positions first"),
    ],
)  # fmt: skip
def test_first_snapshot_counts_where_it_is_whole(rows: dict[str, Any], at: datetime | None) -> None:
    found = opened(**rows)
    assert (found.at if found else None) == at


def _two(**changes: Any) -> dict[str, Any]:
    """Return two snapshots of an account, 1000 USDT at noon and 900 two hours later."""
    files = [
        {**each, "path": f"{each['path']}-{at:%H}", "exported_at": at}
        for each in sources("exchange")
        if each["kind"] in {"balance", "positions"}
        for at in (NOON, LATER)
    ]
    balances = [balance(path="b1/balance-12"), balance(LATER, "900", path="b1/balance-14")]
    positions = [position(NOON + SECOND, path="b1/positions-12"), position(LATER, path="b1/positions-14")]
    legs = [each for each in sources("local", "events", "exchange") if each["kind"] not in {"balance", "positions"}]
    return {"sources": files + legs, "balances": balances, "positions": positions} | changes


def _unreadable(path: str, **changes: Any) -> dict[str, Any]:
    two = _two()
    files = [{**each, "quarantined": 1, **changes} if each["path"] == path else each for each in two["sources"]]
    return {name: [row for row in two[name] if row["path"] != path] for name in ("balances", "positions")} | {
        "sources": files
    }


@pytest.mark.parametrize(
    ("rows", "reason"),
    quick(
        [
            (_unreadable("b1/balance-12"), "of 2026-05-04 12:00:00 UTC, is not whole: b1/balance-12 has a record"),
            (_unreadable("b1/positions-12"), "b1/positions-12 has a record that could not be read"),
            # Undated it may be the first.
            (_unreadable("b1/balance-14", exported_at=None), "b1/balance-14 has a record that could not be read"),
            (_two(fills=[fill(ts=NOON + timedelta(seconds=9))]), "traded or paid between"),
            (_two(balances=_two()["balances"][1:]), "no balances and positions within a minute"),
            (
                _two(positions=[position(long_quantity=Decimal(1), short_quantity=Decimal(1)), position(LATER)]),
                "on two sides",
            ),
        ],
        2,
    ),
)
def test_no_later_snapshot_replaces_a_first_one_that_is_not_whole(rows: dict[str, Any], reason: str) -> None:
    assert opened(**_two()) == Opening(at=NOON + SECOND, balance={"USDT": Decimal(1000)}, position={})
    day = of(**{"fills": fills("local", "events", "exchange", ts=LATER + timedelta(hours=1)), **rows})
    day = replace(day, desk=opened_by_snapshots(day))
    (one,) = day.desk.judged
    assert one.opening is None
    assert reason in (why := str(without_snapshot(one)))
    assert "type bots.b1.opening" in why
    found = {each.metric: each for each in [*check_accounts(day).metrics, *check(day).metrics] if each.subject == "b1"}
    # What differs may still be counted; that nothing does is not known.
    assert not {found[name].value for name in ("balance_drift", "position_drift", "fills_before_opening")} & {0.0}
    assert found["fills_before_opening"].note == why


def test_balance_that_lists_nothing_opens_with_nothing() -> None:
    two = _two()
    files = [{**each, "rows": 0} if each["path"] == "b1/balance-12" else each for each in two["sources"]]
    found = opened(**two | {"sources": files, "balances": two["balances"][1:]})
    assert found == Opening(at=NOON + SECOND, balance={"USDT": Decimal(0)}, position={})


@pytest.mark.parametrize(("account", "is_kept"), [("a", False), ("another", True)])
def test_first_snapshot_that_is_another_one_than_recorded_is_no_opening(account: str, *, is_kept: bool) -> None:
    recorded = Opening(at=NOON - timedelta(days=1), balance={"USDT": Decimal(1000)}, position={})
    row = {"bot": "b1", "account": account, "opening": recorded.model_dump_json()}
    day = of(**_two(openings=[{**row, "effective_at": recorded.at, "recorded_at": NOON}]))
    (one,) = opened_by_snapshots(day).judged
    assert (one.opening is not None) == is_kept
    why = without_snapshot(one) or ""
    assert is_kept or ("2026-05-03 12:00:00 UTC (1000 USDT)" in why and "2026-05-04 12:00:30 UTC (1000 USDT" in why)


@pytest.mark.parametrize("wrong", [{"derived": True}, {"quarantined": 1}])
@pytest.mark.parametrize("kind", ["balance", "positions"])
def test_exports_that_are_no_evidence_do_not_count(wrong: dict[str, Any], kind: str) -> None:
    files = [{**each, **(wrong if each["kind"] == kind else {})} for each in sources("local", "exchange")]
    assert opened(sources=files, balances=[balance()], positions=[position()]) is None


def test_spot_account_holds_coins() -> None:
    spot = {"connector": "binance", "pairs": ["BTC-USDT", "ETH-USDT"]}
    rows = [balance(), balance(total="0.5", token="BTC"), balance(total="3", token="BNB")]
    found = opened_by_snapshots(of(spot, balances=rows)).bots["b1"].opening
    assert found is not None
    assert found.position == {"BTC-USDT": Decimal("0.5"), "ETH-USDT": Decimal(0)}
    assert found.balance == {"USDT": Decimal(1000), "BTC": Decimal("0.5"), "BNB": Decimal(3)}
    shared = {"connector": "binance", "pairs": ["BTC-USDT", "BTC-USDC"]}
    assert opened_by_snapshots(of(shared, balances=rows)).bots["b1"].opening is None


def test_typed_opening_stays() -> None:
    one = case(balances=[balance()], positions=[position()])
    assert opened_by_snapshots(one).bots == one.desk.bots


def test_without_a_snapshot_the_reason_names_the_command() -> None:
    without = of(fills=fills("local", "events", "exchange"))
    (found,) = [each for each in check(without).metrics if each.metric == "fills_before_opening"]
    reason = without_snapshot(without.desk.bots["b1"])
    assert reason is not None
    assert "deskgate snapshot" in reason
    assert (found.value, found.note) == (None, reason)
    assert unvaluable(without, without.desk.bots["b1"]) == reason
