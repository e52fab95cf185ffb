"""The age of a paper bot's ledger, which lists fills alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.checks import freshness
from deskgate.config.bot import Mode
from desks import END, bot, case, desk, fill, values

HOUR = 3600


def aged(
    mode: Mode,
    ledger_h: float,
    own_h: float,
    lived_h: float,
    counts: tuple[int, ...] = (),
    path: str = "b1/hummingbot_db",
) -> float | None:
    rows: list[dict[str, Any]] = [
        fill("exchange", ts=END - timedelta(hours=ledger_h)),
        fill("local", ts=END - timedelta(hours=own_h)),
    ]
    life = [{"ts": END - timedelta(hours=lived_h), "pair": "BTC-USDT", "mid": Decimal(1), "path": path}]
    counted = [
        {
            "ts": END - timedelta(minutes=60 - 5 * n),
            "pair": "BTC-USDT",
            "path": "a/minute.csv",
            "fills_count_today": count,
        }
        for n, count in enumerate(counts)
    ]
    of = case(desk(bot(mode=mode)), fills=rows, mids=life, snapshots=counted)
    return values(freshness.check(of).metrics)["exchange_age_s"]


@pytest.mark.parametrize(
    ("mode", "ledger_h", "own_h", "lived_h", "age_h"),
    [
        (Mode.PAPER, 2, 2, 0.01, 0.01),
        # The bot is no newer than its last fill.
        (Mode.PAPER, 2, 2, 2, 2),
        # The bot has a fill that the ledger lacks.
        (Mode.PAPER, 2, 1.5, 0.01, 2),
        (Mode.PAPER, 24, 24, 0.01, 0.01),
        (Mode.PAPER, 24.1, 24.1, 0.01, 24.1),
        # An account is exported, fills or none.
        (Mode.LIVE, 2, 2, 0.01, 2),
        (Mode.TESTNET, 2, 2, 0.01, 2),
    ],
)
def test_ledger_of_a_quiet_paper_bot_is_as_new_as_its_bot(
    mode: Mode, ledger_h: float, own_h: float, lived_h: float, age_h: float
) -> None:
    assert aged(mode, ledger_h, own_h, lived_h) == pytest.approx(age_h * HOUR)


@pytest.mark.parametrize(
    ("counts", "path", "age_h"),
    [
        # The counter has a fill that neither the bot's records nor the ledger has: somebody took it away.
        ((3, 4), "b1/hummingbot_db", 2),
        ((3, 3), "b1/hummingbot_db", 0.01),
        ((3, 0), "a/minute.csv", 0.01),
        # Nothing that could have had a fill goes on.
        ((), "a/minute.csv", 2),
    ],
)
def test_bot_is_quiet_where_its_counter_or_its_database_says_so(
    counts: tuple[int, ...], path: str, age_h: float
) -> None:
    assert aged(Mode.PAPER, 2, 2, 0.01, counts, path) == pytest.approx(age_h * HOUR)
