from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.config.bot import Mode
from deskgate.prices.marks import mids_at
from desks import START, bot, case, desk
from measures.prices import instant, mid

SPOT = "BTC-USDT spot"


def marks(rows: list[dict[str, Any]], *at: float, pair: str = "BTC-USDT", **of: Any) -> list[Decimal | None]:
    instants = pl.Series([instant(each) for each in at], dtype=pl.Datetime("us", "UTC"))
    return mids_at(case(mids=rows, **of), "b1", pair, instants)["mid"].to_list()


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (mid(0, "100"), Decimal(100)),
        (mid(0, "100", "99", "101"), Decimal(100)),
        (mid(0, "100", "99", None), None),
        (mid(0, "100", "101", "99"), None),
        (mid(0, "0"), None),
    ],
)
def test_position_is_valued_by_mids_alone(quote: dict[str, Any], expected: Decimal | None) -> None:
    assert marks([quote], 60) == [expected]


def test_feed_that_hangs_values_nothing() -> None:
    hangs = [mid(60 * at, "100") for at in range(60)]
    assert marks(hangs, 60, 50 * 60) == [100, None]


def test_feed_that_hung_before_the_soak_values_no_opening() -> None:
    opened = START - timedelta(days=3)
    rows = [mid(0, "100", ts=opened + timedelta(minutes=at)) for at in range(-60, 40)]
    found = mids_at(case(mids=rows), "b1", "BTC-USDT", pl.Series([opened], dtype=pl.Datetime("us", "UTC")))
    assert found["mid"].to_list() == [None]


def test_mid_counts_for_five_minutes() -> None:
    assert marks([mid(0, "100")], 0, 300, 301) == [100, 100, None]


def test_own_mid_comes_before_that_of_another_bot_and_that_of_another_kind() -> None:
    two = desk(bot(connectors=["bitget_perpetual", "bitget"]), bot("b2"))
    rows = [mid(0, "100"), mid(30, "101", bot="b2"), mid(40, "102", market="bitget")]
    assert marks(rows, 60, of=two) == [100]
    assert marks(rows[1:], 60, of=two) == [101]
    assert marks(rows[2:], 60, of=two) == [102]
    assert marks(rows[:2], 60, pair=SPOT, of=two) == [101]


@pytest.mark.parametrize(
    ("mode", "other", "expected"),
    [
        (Mode.LIVE, Mode.LIVE, 100),
        (Mode.LIVE, Mode.TESTNET, None),
        (Mode.LIVE, Mode.PAPER, None),
        (Mode.TESTNET, Mode.PAPER, None),
        (Mode.TESTNET, Mode.TESTNET, 100),
        (Mode.PAPER, Mode.LIVE, 100),
        (Mode.LIVE, Mode.DISABLED, None),
    ],
)
def test_nothing_is_valued_by_what_another_money_saw(mode: Mode, other: Mode, expected: int | None) -> None:
    two = desk(bot(mode=mode), bot("b2", other))
    assert marks([mid(0, "100", bot="b2")], 60, of=two) == [expected]


def test_no_instants_have_no_mids() -> None:
    empty = pl.Series([], dtype=pl.Datetime("us", "UTC"))
    assert mids_at(case(mids=[mid(0, "100")]), "b1", "BTC-USDT", empty).columns == ["ts", "mid"]


def test_later_mid_does_not_value() -> None:
    assert marks([mid(61, "100")], 60) == [None]
