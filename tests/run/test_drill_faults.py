"""A fault of each kind, injected at a bot of each mode, is found there with its ids and its leg, and nothing else is."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.case.findings import BREAK_KINDS
from deskgate.config.bot import Bot, Mode
from deskgate.reconciliation.accounts import check as accounts
from deskgate.run.drill import _breaks
from deskgate.run.drill_faults import FAULTS
from desks import END, desk, fills
from desks import bot as a_bot
from desks import case as of_account
from tiers import quick
from whole_desks import IngestedDesk

pytestmark = pytest.mark.xdist_group("demo")
# Which leg is named: the one that lacks a record or has it wrong; of what the venue exports, the venue.
LEGS = {
    "fill_missing_events": "events",
    "fill_missing_exchange": "exchange",
    "position_drift": "exchange",
    "balance_drift": "exchange",
    "order_fill_sum_mismatch": "",
    "order_missing_exchange": "exchange",
    "order_id_mismatch": "events",
    "fill_time_mismatch": "",
}
ALL = {Mode.LIVE, Mode.PAPER, Mode.TESTNET}
OF_A_VENUE = {Mode.LIVE, Mode.TESTNET}
# The demo's paper bot has no account at a venue, and its CSV keeps neither orders nor funding.
MODES = dict.fromkeys(BREAK_KINDS, ALL) | dict.fromkeys(
    (
        *("funding_missing", "position_drift", "balance_drift", "order_open_local_closed_exchange"),
        *("order_closed_local_open_exchange", "order_fill_sum_mismatch", "not_reconcilable"),
        *("order_missing_local", "order_missing_exchange", "funding_mismatch"),
    ),
    OF_A_VENUE,
)


@pytest.fixture(scope="module")
def clean_day(ingested_demo: IngestedDesk) -> Assessment:
    day = ingested_demo.assess(date(2026, 3, 5))
    assert day.breaks.is_empty()
    return day


# A fault of each bot in the same frames at once; but the two that are injected under one row's name, or with a stream taken away.
ALONE = ("duplicate_local_fill", "not_reconcilable")
Fault = tuple[str, str, dict[str, str | None], str]


def injected(case: Case, kind: str, bots: Iterable[Bot]) -> tuple[Case, list[Fault]]:
    """Return the case with one fault of the kind at each bot that can have it: kind, bot, ids and leg of each."""
    faults: list[Fault] = []
    for bot in bots:
        fault = FAULTS[kind](case, bot.name)
        if fault is not None:
            case = replace(case, frames=fault.frames)
            faults.append((kind, bot.name, dict(fault.ids), LEGS.get(kind, "local")))
    return case, faults


def assert_found(day: Assessment, case: Case, faults: list[Fault]) -> None:
    """Assert that the checks find these faults, and nothing else."""
    found = _breaks(case, day).sort("bot").to_dicts()
    assert [(row["kind"], row["bot"]) for row in found] == [(kind, bot) for kind, bot, *_ in faults]
    for row, (kind, bot, ids, leg) in zip(found, faults, strict=True):
        assert (row["kind"], row["bot"], {name: row[name] for name in ids}, row["leg"]) == (kind, bot, ids, leg)


def modes(day: Assessment, faults: list[Fault]) -> set[Mode]:
    return {day.case.desk.bots[bot].mode for _, bot, *_ in faults}


@pytest.mark.parametrize("kind", quick([kind for kind in BREAK_KINDS if kind not in ALONE], 2))
def test_fault_of_each_mode_of_bot_is_found_and_nothing_else(clean_day: Assessment, kind: str) -> None:
    case, faults = injected(clean_day.case, kind, clean_day.case.desk.judged)
    assert modes(clean_day, faults) == MODES[kind]
    assert_found(clean_day, case, faults)


# A line of the paper bot's CSV has no trade id: the same line twice is two fills of one order.
@pytest.mark.slow
@pytest.mark.parametrize("bot", ["bot1", "bot4"])
def test_duplicate_of_each_mode_of_bot_is_found_and_nothing_else(clean_day: Assessment, bot: str) -> None:
    case, faults = injected(clean_day.case, "duplicate_local_fill", [clean_day.case.desk.bots[bot]])
    assert len(faults) == 1
    assert_found(clean_day, case, faults)


@pytest.mark.slow
@pytest.mark.parametrize("bot", ["bot1", pytest.param("bot4", marks=pytest.mark.long)])
def test_bot_whose_values_cannot_be_compared_is_found_and_nothing_else(clean_day: Assessment, bot: str) -> None:
    fault = FAULTS["not_reconcilable"](clean_day.case, bot)
    assert fault is not None
    # Without a stream it has other breaks too: those that it has without the fault.
    before = _breaks(replace(clean_day.case, frames=fault.baseline_frames or clean_day.case.frames), clean_day)
    found = _breaks(replace(clean_day.case, frames=fault.frames), clean_day)
    assert found.join(before, on="break_id", how="anti").select("kind", "bot").rows() == [("not_reconcilable", bot)]


def test_every_kind_has_its_fault() -> None:
    assert set(FAULTS) == set(BREAK_KINDS)


def test_drift_of_a_spot_account_is_injected_into_its_balance() -> None:
    of = desk(a_bot(connector="binance"))
    owned = [
        {"leg": "exchange", "ts": END, "token": token, "total": Decimal(total), "row_id": token, "path": "b1/balance"}
        for token, total in (("BTC", "1"), ("USDT", "899.9"))
    ]
    clean = of_account(of, fills=fills("local", "events", "exchange"), balances=owned)
    fault = FAULTS["position_drift"](clean, "b1")
    assert fault is not None
    found = accounts.check(replace(clean, frames=fault.frames)).breaks
    assert (accounts.check(clean).breaks.height, found["kind"].to_list()) == (0, ["position_drift"])
