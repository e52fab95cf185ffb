"""Orders that were made before a window and ended in it: asked for as far back as is needed, or said."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.collector.venue.api import Export
from deskgate.collector.venue.exports import ExportFolder, Head
from deskgate.config.instants import milliseconds

from .scripted import BEGIN, CONNECTOR, Scripted, asked_of, record, take

ENDED = Export.CANCELED_AND_CLOSED_ORDERS
METHOD = "fetch_canceled_and_closed_orders"
OLD = record(7, BEGIN - timedelta(days=40))


def later(hours: float, **more: Any) -> Scripted:
    return Scripted(now=BEGIN + timedelta(hours=hours), **more)


def earliest(venue: Scripted) -> int:
    return min(since for method, since, _ in venue.asked if method == METHOD)


def last_record(folder: Path) -> Any:
    return ExportFolder(folder / "exports/main").last_record(Head("", CONNECTOR, "main", BEGIN), "digest")


def test_what_was_open_at_the_first_window_is_not_known(tmp_path: Path) -> None:
    first, second = later(12), later(18)
    found = take(tmp_path, first, since=BEGIN)
    assert "which orders were open at 2026-03-18 00:00 UTC is not known" in (asked_of(found, ENDED).lost or "")
    assert earliest(first) == milliseconds(BEGIN - timedelta(days=30))
    assert take(tmp_path, second).complete
    assert earliest(second) > milliseconds(BEGIN + timedelta(hours=11))


def test_an_order_that_is_open_for_long_costs_nothing_until_it_ends(tmp_path: Path) -> None:
    take(tmp_path, later(12, open_now=[OLD]), since=BEGIN)
    still, ended = later(18, open_now=[OLD]), later(20, lists={METHOD: [OLD]})
    take(tmp_path, still)
    assert earliest(still) > milliseconds(BEGIN)
    found = take(tmp_path, ended)
    assert (asked_of(found, ENDED).records, found.complete) == (1, True)


@pytest.mark.parametrize("fails", [METHOD, "fetch_open_orders"])
def test_after_a_list_that_failed_the_order_is_still_asked_for(tmp_path: Path, fails: str) -> None:
    take(tmp_path, later(12, open_now=[OLD]), since=BEGIN)
    take(tmp_path, later(14, fails=lambda method, _: method == fails))
    found = take(tmp_path, later(16, lists={METHOD: [OLD]}))
    assert (asked_of(found, ENDED).records, found.complete) == (1, True)
    assert last_record(tmp_path)["open_orders"] == {"BTC/USDT:USDT": {}}


def test_an_ended_order_older_than_the_venue_keeps_leaves_a_hole(tmp_path: Path) -> None:
    take(tmp_path, later(12, open_now=[record(7, BEGIN - timedelta(days=120))]), since=BEGIN)
    asked = asked_of(take(tmp_path, later(14)), ENDED)
    assert "ended since could not be had" in (asked.lost or "")
    assert asked.since == asked.until


def test_a_list_of_open_orders_that_failed_writes_no_file(tmp_path: Path) -> None:
    found = take(tmp_path, later(12, fails=lambda method, _: method == "fetch_open_orders"))
    asked = asked_of(found, Export.OPEN_ORDERS)
    assert (asked.complete, asked.until) == (False, f"{found.at:%Y-%m-%dT%H:%M:%SZ}")
    assert not list(tmp_path.glob("exports/main/open_orders*"))


def test_a_clock_that_fails_before_the_second_market_is_its_reason(tmp_path: Path) -> None:
    venue = later(12)
    venue.fails = lambda method, _: (
        method == "fetch_time" and venue.asked[-1:] != [] and venue.asked[-1][0] == "fetch_my_trades"
    )
    found = take(tmp_path, venue, pairs=("BTC-USDT", "ETH-USDT"))
    asked = asked_of(found, Export.MY_TRADES)
    assert (asked.complete, asked.reason) == (False, "ETH/USDT:USDT: the venue is down")


def test_a_hole_that_a_later_since_leaves_is_asked_for_next_time(tmp_path: Path) -> None:
    take(tmp_path, later(2), since=BEGIN)
    take(tmp_path, later(12), since=BEGIN + timedelta(hours=10))
    until = last_record(tmp_path)["complete_until"]["my_trades"]["BTC/USDT:USDT"]
    assert until.startswith("2026-03-18T02:")
    assert take(tmp_path, later(14)).complete
    assert last_record(tmp_path)["complete_until"]["my_trades"]["BTC/USDT:USDT"].startswith("2026-03-18T14:")


def test_both_sides_of_a_trade_with_oneself_are_kept(tmp_path: Path) -> None:
    at = BEGIN + timedelta(hours=1)
    both = [record(1, at, order="a", side="buy"), record(1, at, order="b", side="sell")]
    found = take(tmp_path, later(12, lists={"fetch_my_trades": both}), since=BEGIN)
    assert asked_of(found, Export.MY_TRADES).records == 2
