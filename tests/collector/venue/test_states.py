"""Positions and balance that nothing moved while they were asked, or none."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.collector.venue.api import Endpoint, Export

from .scripted import BEGIN, Scripted, asked_of, record, take


def states(folder: Path) -> list[str]:
    return sorted(
        file.parent.name for name in ("positions", "balance") for file in folder.glob(f"exports/main/{name}/*")
    )


@dataclass
class Moving(Scripted):
    """Lists a trade right after each of the next `times` requests for positions."""

    times: int = 1

    def page(self, endpoint: Endpoint, market: str | None, since: int, until: int, **more: object) -> list[Any]:
        if endpoint.method == "fetch_positions" and self.times:
            self.times -= 1
            at = self.now + timedelta(milliseconds=500)
            self.lists.setdefault("fetch_my_trades", []).append(record(self.times, at))
        return super().page(endpoint, market, since, until, **more)


@pytest.mark.parametrize(("times", "expected"), [(0, ["balance", "positions"]), (1, ["balance", "positions"]), (3, [])])
def test_a_trade_between_positions_and_balance_asks_both_again(tmp_path: Path, times: int, expected: list[str]) -> None:
    venue = Moving(times=times)
    found = take(tmp_path, venue)
    assert states(tmp_path) == expected
    for state in (Export.POSITIONS, Export.BALANCE):
        assert asked_of(found, state).complete is bool(expected)
    assert asked_of(found, Export.MY_TRADES).records == times


def test_a_balance_that_fails_the_second_time_leaves_no_older_one(tmp_path: Path) -> None:
    venue = Moving()
    venue.fails = lambda method, _: (
        method == "fetch_balance" and len(venue.lists["fetch_my_trades"]) > 0 and venue.times == 0
    )
    found = take(tmp_path, venue)
    assert states(tmp_path) == ["positions"]
    assert [each.reason for each in found.asked if each.export == Export.BALANCE] == ["the venue is down"]


def test_a_clock_that_fails_at_the_end_keeps_the_lists(tmp_path: Path) -> None:
    venue = Moving()
    # All lists had been asked for when the clock fails.
    venue.fails = lambda method, _: method == "fetch_time" and any(name == "fetch_ledger" for name, *_ in venue.asked)
    found = take(tmp_path, venue)
    assert states(tmp_path) == []
    assert asked_of(found, Export.MY_TRADES).complete
    assert not asked_of(found, Export.BALANCE).complete
    assert (tmp_path / f"exports/main/my_trades_{BEGIN:%Y-%m-%d}.json").exists()


def test_a_market_that_positions_do_not_have_is_named(tmp_path: Path) -> None:
    found = take(tmp_path, Scripted(settle="USDC"), pairs=("BTC-USDC",))
    assert "only markets settled in USDT can be asked for there" in (asked_of(found, Export.POSITIONS).reason or "")
    assert states(tmp_path) == []


def test_a_pair_that_the_venue_does_not_have_is_no_flat_position(tmp_path: Path) -> None:
    found = take(tmp_path, Scripted(), pairs=("BTC-USDT", "NO-USDT"))
    assert asked_of(found, Export.POSITIONS).reason == "the venue has no market of NO-USDT"
    assert states(tmp_path) == ["balance"]
