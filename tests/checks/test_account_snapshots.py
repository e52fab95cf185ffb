"""What the snapshots of an account cover: whole, with holes, incomplete, absent."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.findings import Metric
from deskgate.checks.account_snapshots import check
from deskgate.config.accounts import Account
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from desks import bot, case, desk

ACCOUNTS = {
    name: Account(name=name, connector=connector)
    for name, connector in (("main", "bitget_perpetual"), ("second", "bitget_perpetual"), ("spot", "bitget"))
}
OTHERS = bot("b2"), bot("b3", Mode.PAPER)


def asked(*accounts: str) -> Desk:
    b1 = bot("b1", account=list(accounts), connectors=["bitget_perpetual", "bitget"])
    return desk(b1, *OTHERS).model_copy(update={"accounts": ACCOUNTS})


ASKED = asked("main")
NEEDED = ("my_trades", "closed_orders", "canceled_orders", "funding_history")


def measured(rows: list[dict[str, Any]], of: Desk = ASKED) -> dict[str, Metric]:
    found = check(case(of, coverage=rows))
    return {each.metric: each for each in found.metrics if each.subject == "b1"}


def part(export: str, since_h: float, until_h: float, **more: object) -> dict[str, Any]:
    begin = case(ASKED).start
    until = begin + timedelta(hours=until_h)
    row = {
        "bot": "b1",
        "leg": "exchange",
        "account": "main",
        "export": export,
        "since": begin + timedelta(hours=since_h),
    }
    return {**row, "ts": until, "visible_at": until, "asked_at": until, "complete": True, **more}


def day(**more: object) -> list[dict[str, Any]]:
    return [part(export, 0, 24, clock_ahead_s=Decimal("0.5")) | more for export in NEEDED]


def test_a_day_that_was_asked_for_is_whole() -> None:
    found = measured(day())
    assert {name: each.value for name, each in found.items()} == {
        "snapshot_trades_uncovered_h": 0.0,
        "snapshot_orders_uncovered_h": 0.0,
        "snapshot_funding_uncovered_h": 0.0,
        "snapshot_exports_missing": 0.0,
        "snapshot_clock_s": 0.5,
    }


@pytest.mark.parametrize(
    ("parts", "hours"),
    [
        ([(0, 12), (12, 24)], 0.0),
        ([(0, 13), (12, 24)], 0.0),
        ([(0, 10), (12, 24)], 2.0),
        ([(1, 24)], 1.0),
        ([(0, 23)], 1.0),
        ([(12, 24), (0, 10)], 2.0),
    ],
)
def test_hours_in_no_window_are_uncovered(parts: list[tuple[float, float]], hours: float) -> None:
    assert measured([part("my_trades", *each) for each in parts])["snapshot_trades_uncovered_h"].value == hours


def test_all_lists_of_orders_must_cover_the_day() -> None:
    rows = [part("closed_orders", 0, 24), part("canceled_orders", 0, 20)]
    assert measured(rows)["snapshot_orders_uncovered_h"].value == 4.0


def test_a_window_that_is_not_complete_covers_nothing() -> None:
    found = measured(day(complete=False, why_incomplete="the venue refuses"))
    assert found["snapshot_trades_uncovered_h"].value == 24.0
    assert found["snapshot_exports_missing"].value is None
    assert "my_trades of main: the venue refuses" in (found["snapshot_exports_missing"].note or "")


def test_without_a_snapshot_nothing_is_known() -> None:
    found = measured([])
    assert {each.value for each in found.values()} == {None}
    assert all("no snapshot of main is of" in (each.note or "") for each in found.values())


def test_a_venue_without_a_clock_has_no_difference() -> None:
    assert measured(day(clock_ahead_s=None))["snapshot_clock_s"].value is None


def test_bots_without_an_account_are_not_judged() -> None:
    assert {each.subject for each in check(case(ASKED, coverage=[])).metrics} == {"b1"}


def test_an_export_that_failed_after_the_day_is_missing() -> None:
    failed = part("open_orders", 24.01, 24.01, complete=False, why_incomplete="the venue refuses")
    asked_at = case(ASKED).start + timedelta(hours=24)
    rows = [*day(), failed | {"asked_at": asked_at, "visible_at": asked_at}]
    found = measured(rows)["snapshot_exports_missing"]
    assert (found.value, "open_orders of main: the venue refuses" in (found.note or "")) == (None, True)


def test_a_list_of_orders_without_any_part_of_the_day_covers_none_of_it() -> None:
    later = part("canceled_orders", 24, 25) | {"asked_at": case(ASKED).start + timedelta(hours=24)}
    rows = [part("closed_orders", 0, 24), later]
    assert measured(rows)["snapshot_orders_uncovered_h"].value == 24.0


@pytest.mark.parametrize(
    ("accounts", "without", "hours", "says"),
    [
        (("main", "spot"), "spot", 0.0, ""),
        (("main", "second"), "second", None, "the snapshots of second have no list of funding"),
        (("spot",), "spot", None, "no account of b1 in desk.toml is of contracts"),
    ],
)
def test_each_account_of_contracts_has_funding_and_one_of_spot_has_none(
    accounts: tuple[str, ...], without: str, hours: float | None, says: str
) -> None:
    rows = [each | {"account": name} for name in accounts for each in day()]
    kept = [each for each in rows if (each["account"], each["export"]) != (without, "funding_history")]
    found = measured(kept, asked(*accounts))["snapshot_funding_uncovered_h"]
    assert (found.value, says in (found.note or "")) == (hours, True)
