"""The age of a paper bot's ledger, which lists fills alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.checks import freshness
from deskgate.config.bot import Mode
from desks import END, bot, case, desk, fill, sources, values

HOUR = 3600
DATABASE = "b1/hummingbot_db"
# Folder of a controller, minutes before the end, fills that it counts.
Counts = tuple[tuple[str, int, int | None], ...]


def aged(
    mode: Mode,
    ledger_h: float,
    own_h: float,
    lived_h: float,
    counts: Counts = (),
    path: str = DATABASE,
    **more: Any,
) -> float | None:
    rows: list[dict[str, Any]] = [
        fill("exchange", ts=END - timedelta(hours=ledger_h)),
        fill("local", ts=END - timedelta(hours=own_h)),
    ]
    life = [{"ts": END - timedelta(hours=lived_h), "pair": "BTC-USDT", "mid": Decimal(1), "path": path}]
    counted = [
        {
            "ts": END - timedelta(minutes=before),
            "pair": "BTC-USDT",
            "path": f"{folder}/minute.csv",
            "fills_count_today": count,
        }
        for folder, before, count in counts
    ]
    of = case(desk(bot(mode=mode)), fills=rows, mids=life, snapshots=counted, **more)
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


BEFORE, AFTER = ("a", 125, 3), ("a", 55, 3)
ELSEWHERE = "a/minute.csv"


@pytest.mark.parametrize(
    ("counts", "path", "age_h"),
    [
        # The counter has a fill that neither the bot's records nor the ledger has: somebody took it away.
        ((BEFORE, ("a", 60, 3), ("a", 55, 4)), DATABASE, 2),
        ((BEFORE, ("a", 60, 4), ("a", 55, 4)), DATABASE, 2),
        ((BEFORE, AFTER), DATABASE, 0.01),
        ((BEFORE, AFTER), ELSEWHERE, 0.01),
        # Within a day it counts anew where it was started anew: what it had before that is lost, and the database says it.
        ((BEFORE, ("a", 55, 0)), ELSEWHERE, 2),
        ((BEFORE, ("a", 55, 0)), DATABASE, 0.01),
        ((BEFORE, ("a", 55, 1)), DATABASE, 2),
        ((BEFORE, ("a", 55, 1)), ELSEWHERE, 2),
        # One count shows no rhythm: none is known from before, none has come since, or the one before is too old.
        ((AFTER,), ELSEWHERE, 2),
        ((("a", 60, 3), AFTER), ELSEWHERE, 2),
        ((BEFORE,), ELSEWHERE, 2),
        ((("a", 26 * 60 + 1, 3), AFTER), ELSEWHERE, 2),
        # A second controller does not answer for the first one.
        ((BEFORE, AFTER, ("c", 125, 0), ("c", 55, 1)), DATABASE, 2),
        ((BEFORE, ("c", 125, 0), ("c", 55, 0)), DATABASE, 2),
        # Of a controller that counts nothing the database says it.
        ((BEFORE, AFTER, ("c", 55, None)), ELSEWHERE, 2),
        ((BEFORE, AFTER, ("c", 55, None)), DATABASE, 0.01),
        # Nothing that could have had a fill goes on.
        ((), ELSEWHERE, 2),
    ],
)
def test_bot_is_quiet_where_its_counters_or_its_database_say_so(counts: Counts, path: str, age_h: float) -> None:
    assert aged(Mode.PAPER, 2, 2, 0.01, counts, path) == pytest.approx(age_h * HOUR)


@pytest.mark.parametrize(
    ("counts", "path", "age_h"),
    [
        # The last fill is of 23:50, and 9 minutes later the counter has it; as many after midnight are others.
        (((9, 1), (1, 1), (-1, 1)), ELSEWHERE, 6 + 1 / 6),
        (((9, 1), (1, 1), (-1, 1)), DATABASE, 6 + 1 / 6),
        (((9, 2), (1, 2), (-1, 1)), DATABASE, 6 + 1 / 6),
        (((9, 1), (1, 1), (-1, 0)), ELSEWHERE, 1 / 60),
        (((9, 1), (1, 1), (-1, 0), (-60, 1)), ELSEWHERE, 6 + 1 / 6),
        # It went through the midnight before: it counts anew at another hour, and only the database says what that hides.
        (((1441, 1), (1430, 1), (9, 1), (1, 1), (-1, 0)), ELSEWHERE, 6 + 1 / 6),
        (((1441, 1), (1430, 1), (9, 1), (1, 1), (-1, 0)), DATABASE, 1 / 60),
        (((1441, 1), (1430, 0), (9, 1), (1, 1), (-1, 0)), ELSEWHERE, 1 / 60),
    ],
)
def test_counter_counts_anew_at_midnight(counts: tuple[tuple[int, int], ...], path: str, age_h: float) -> None:
    as_of = END + timedelta(hours=6)
    counted = tuple(("a", before, count) for before, count in counts)
    got = aged(Mode.PAPER, 1 / 6, 1 / 6, 1 / 60 - 6, counted, path, as_of=as_of)
    assert got == pytest.approx(age_h * HOUR)


def test_counter_in_a_file_that_was_derived_says_nothing() -> None:
    about = {"leg": "local", "kind": "controller_minutes", "sha256": "0", "bytes": 1, "rows": 1, "quarantined": 0}
    derived = {**about, "path": "a/minute.csv", "derived": True}
    of_desk = [*sources("local", "events", "exchange"), derived]
    assert aged(Mode.PAPER, 2, 2, 0.01, (BEFORE, AFTER), ELSEWHERE, sources=of_desk) == pytest.approx(2 * HOUR)
    grown = (BEFORE, ("a", 55, 4))
    assert aged(Mode.PAPER, 2, 2, 0.01, grown, DATABASE, sources=of_desk) == pytest.approx(0.01 * HOUR)
