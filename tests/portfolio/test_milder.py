"""Adding a bot, a loss or an exposure never makes the actions milder, and neither does taking records away.

Fills that are in no leg at all are not seen here: the venue's position then says that something is missing, and the bot is paused."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.findings import metrics_frame
from deskgate.checks import portfolio_risk
from deskgate.checks.registry import SPECS
from deskgate.config.desk import Desk
from deskgate.config.paths import SUITES
from deskgate.controls.breaches import ACTIONS, breaches_of
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import load_suites
from desks import DAY, START, bot, desk, sources
from examples import few
from portfolio.books import balance, day, holding, joined, mids, opened, trade

pytestmark = pytest.mark.slow

GATE = "portfolio_risk"
SUITE = {GATE: load_suites(SUITES)[GATE]}
SPEC = {GATE: SPECS[GATE]}
Rows = dict[str, list[dict[str, Any]]]
# Ten minutes decide as a day does.
SHORT = START + timedelta(minutes=10)


def severest(of: Desk, rows: Rows) -> dict[str, int]:
    """Return how severe an action each live bot gets: 0 is none."""
    metrics = metrics_frame(GATE, portfolio_risk.check(day(of, as_of=SHORT, **rows)).metrics)
    found = {bot.name: 0 for bot in of.judged}
    for breach in breaches_of(SUITE, evaluate(SUITE, metrics, of, specs=SPEC), of, DAY):
        for name in breach.bots:
            found[name] = max(found[name], 1 + ACTIONS.index(breach.action))
    return found


def book_of(name: str, size: int, fall: int) -> Rows:
    """Return a bot that buys `size` at 100 in the second minute, and whose market falls by `fall` in the fifth."""
    at = START + timedelta(minutes=1)
    prices = mids(lambda n: str(100 - fall) if n >= 4 else "100", name, until=SHORT)
    held = [holding(str(size), name=name, mark=str(100 - fall), at=SHORT - timedelta(minutes=1))]
    seen = [balance("USDT", "1000", name=name, at=START)]
    return {"fills": trade(str(size), at=at, name=name), "mids": prices, "positions": held, "balances": seen}


def together(*parts: Rows) -> Rows:
    return {name: joined(*(part[name] for part in parts)) for name in parts[0]}


sizes, falls = st.integers(1, 40), st.integers(0, 90)


@few()
@given(size=sizes, fall=falls, more=st.integers(0, 40), further=st.integers(0, 9))
def test_more_exposure_or_loss_is_never_milder(size: int, fall: int, more: int, further: int) -> None:
    of = desk(opened())
    before = severest(of, book_of("b1", size, fall))
    after = severest(of, book_of("b1", size + more, fall + further))
    assert after["b1"] >= before["b1"]


@few()
@given(size=sizes, fall=falls, lost=st.sets(st.sampled_from(["mids", "positions", "balances"]), min_size=1))
def test_records_taken_away_are_never_milder(size: int, fall: int, lost: set[str]) -> None:
    of, rows = desk(opened()), book_of("b1", size, fall)
    before = severest(of, rows)
    after = severest(of, {name: [] if name in lost else part for name, part in rows.items()})
    assert after["b1"] >= before["b1"]


@few()
@given(size=sizes, fall=falls, leg=st.sampled_from(["local", "events", "exchange"]))
def test_leg_taken_away_is_never_milder(size: int, fall: int, leg: str) -> None:
    of, rows = desk(opened()), book_of("b1", size, fall)
    there = [row for row in sources("local", "events", "exchange") if row["leg"] != leg]
    left = {name: [row for row in part if row.get("leg") != leg] for name, part in rows.items()}
    assert severest(of, {**left, "sources": there})["b1"] >= severest(of, rows)["b1"]


@given(size=st.integers(1, 40))
def test_position_that_no_fill_tells_of_pauses_the_bot(size: int) -> None:
    of, rows = desk(opened()), book_of("b1", size, 0)
    assert severest(of, {**rows, "fills": []})["b1"] >= 1


@few()
@given(size=sizes, fall=falls, unknown=st.booleans())
def test_bot_that_cannot_be_valued_is_never_milder_for_the_others(size: int, fall: int, unknown: bool) -> None:
    rows = book_of("b1", size, fall)
    before = severest(desk(opened()), rows)
    second = bot("b2", opening=None) if unknown else opened("b2")
    after = severest(desk(opened(), second), together(rows, book_of("b2", size, fall)))
    assert after["b1"] >= before["b1"]
