"""For how long a live bot has traded with enough equity."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.checks.soak.check import check
from deskgate.config.bot import Bot, Funded, Mode
from desks import START, bot, case, desk, fills, values

HOUR = timedelta(hours=1)
ALL = ("local", "events", "exchange")


def measured(of: Bot, *more: dict[str, Any], mid: int = 100) -> dict[str, float | None]:
    """Return what is found of a bot that opened with 1,000 and bought 1 BTC for 100 at noon; the mid changes at 18:00."""
    mids = [
        {"ts": START + n * HOUR / 30, "pair": "BTC-USDT", "mid": (mid if n >= 18 * 30 else 100) + Decimal(n % 7) / 1000}
        for n in range(24 * 30)
    ]
    return values(check(case(desk(of), fills=[*fills(*ALL), *more], mids=mids)).metrics)


@pytest.mark.parametrize(
    ("equity", "mid", "hours"),
    [(500, 100, 12), (500, 60, 12), (999, 100, 12), (999, 60, 0), (1001, 100, 0)],
)
def test_hours_count_from_the_first_fill_with_enough_equity(equity: float, mid: int, hours: float) -> None:
    got = measured(bot(funded=Funded(equity=equity, hours=10)), mid=mid)
    assert got["funded_h"] == pytest.approx(hours, abs=0.1)
    assert got["funded_short_h"] == pytest.approx(max(10 - hours, 0), abs=0.1)


def test_bot_that_did_not_trade_is_short_of_all_hours() -> None:
    got = values(check(case(desk(bot(funded=Funded(equity=1))))).metrics)
    assert (got["funded_h"], got["funded_short_h"]) == (0, 24)


def test_only_what_is_asked_for_is_missing() -> None:
    got = measured(bot())
    assert (got["funded_h"], got["funded_short_h"]) == (None, 0)
    assert values(check(case(sources=[])).metrics)["funded_short_h"] is None
    assert "funded_h" not in measured(bot(mode=Mode.PAPER, funded=Funded(equity=1)))


def test_bot_without_a_value_has_no_window() -> None:
    got = measured(bot(funded=Funded(equity=1), opening=None))
    assert (got["funded_h"], got["funded_short_h"]) == (None, None)
