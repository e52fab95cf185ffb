"""What the book must not leave out, and not count twice: real money of other bots, one account under two names."""

from typing import Any

import pytest

from deskgate.config.bot import Mode
from deskgate.portfolio.outside import shared_fills
from desks import desk
from portfolio.books import caps, day, holding, joined, mids, opened, trade
from tiers import quick

OTHER = {
    "paper": ({"mode": Mode.PAPER}, {}, 1),
    "testnet": ({"mode": Mode.TESTNET}, {}, 1),
    "paper with a real one too": (
        {
            "mode": Mode.PAPER,
            "connector": "binance_perpetual",
            "connectors": ["binance_paper_trade", "binance_perpetual"],
        },
        {},
        1,
    ),
    "paper by name": ({"mode": Mode.PAPER, "connector": "bitget_paper_trade"}, {}, 0),
    "testnet by name": ({"mode": Mode.TESTNET, "connector": "binance_perpetual_testnet"}, {}, 0),
    "disabled": ({"mode": Mode.DISABLED}, {}, 0),
    "disabled and trading": ({"mode": Mode.DISABLED}, {"fills": trade("1", name="b2")}, 1),
    "disabled and holding": ({"mode": Mode.DISABLED}, {"positions": [holding("3", name="b2")]}, 1),
    "disabled and flat": ({"mode": Mode.DISABLED}, {"positions": [holding("0", name="b2")]}, 0),
}


@pytest.mark.parametrize(("of", "rows", "count"), quick(OTHER.values(), 3), ids=OTHER)
def test_real_money_outside_the_book(of: dict[str, Any], rows: dict[str, Any], count: int) -> None:
    there = desk(opened(), opened("b2", **of))
    assert caps(day(there, **rows))["outside_money"] == count


@pytest.mark.slow
def test_one_account_under_two_names() -> None:
    there = desk(opened(), opened("b2"))
    mine = [{**row, "path": "b1/my_trades"} for row in trade("1")]
    same = [{**row, "bot": "b2", "path": "b2/my_trades"} for row in mine]
    other = [{**row, "trade_id": "another"} for row in same]
    rows: dict[str, Any] = {"mids": joined(mids("100"), mids("100", "b2"))}
    assert caps(day(there, fills=joined(mine, same), **rows))["shared_fills"] == 1
    assert caps(day(there, fills=joined(mine, other), **rows))["shared_fills"] == 0
    assert caps(day(there, **rows))["shared_fills"] is None
    fuller = [{**row, "fee_token": "USDT"} for row in mine]
    assert shared_fills(day(there, fills=joined(mine, fuller), **rows)).sample == 1
