"""Stores of two bots whose finished fills are carried, and the comparison of their days with all of history."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from day_inputs import day_inputs
from deskgate.assessment import carried_state
from deskgate.assessment.artifacts import StoreState
from deskgate.assessment.carried_fills import CarriedFills
from deskgate.assessment.day_case import read_case
from deskgate.case.case import Case
from deskgate.checks.registry import run_checks
from deskgate.config.desk import Desk
from deskgate.measures.states import running_minutes
from deskgate.portfolio.state import book_state
from deskgate.reconciliation.agreed import agreed_fills
from deskgate.reconciliation.fills.check import fill_breaks
from deskgate.reconciliation.fills.times import misdated
from deskgate.reconciliation.matching.match import matched_fills
from deskgate.store.tables import Store
from desks import START, bot, desk, fill, frame, sources

DAY = timedelta(days=1)
PAIRS = ("BTC-USDT", "ETH-USDT")
Rows = dict[str, list[dict[str, Any]]]
# Rows with the day on which they are ingested.
Story = list[tuple[int, Rows]]
TWO = desk(bot(pairs=list(PAIRS)), bot("b2", opening=None, pairs=list(PAIRS)))


def at(day: int, minute: int = 720, second: int = 0) -> datetime:
    return START + timedelta(days=day, minutes=minute, seconds=second)


def trade(number: int, ts: datetime, *, name: str = "b1", **values: Any) -> Rows:
    """Return a fill that all legs of a bot have, and its order, which the venue lists."""
    legs = ("local", "events", "exchange") if name == "b1" else ("local", "exchange")
    row = {"bot": name, "ts": ts, "side": ("BUY", "SELL")[number % 2], **values}
    ids = {"order_id": f"o-t{number}", "exchange_order_id": f"x-t{number}"}
    order = {
        "bot": name,
        "ts": ts,
        "created_ts": ts,
        "status": "completed",
        "pair": row.get("pair", PAIRS[0]),
        "quantity": Decimal(1),
        "filled_quantity": Decimal(1),
        **ids,
    }
    return {
        "fills": [fill(leg, f"t{number}", **row) for leg in legs],
        "orders": [{**order, "leg": leg} for leg in ("local", "exchange")],
    }


def frozen(effective_at: datetime = START) -> Rows:
    """Return a baseline that is in force since an instant."""
    row = {"effective_at": effective_at, "recorded_at": START + DAY * 20, "by": "a", "why": "b", "digests": "{}"}
    return {"baselines": [row]}


def snapshot(ts: datetime, quantity: int, total: int = 1000) -> Rows:
    rows = [{"bot": name, "leg": "exchange", "ts": ts} for name in ("b1", "b2")]
    held = [{"pair": PAIRS[0], "quantity": Decimal(quantity), "mark_price": Decimal(101)}]
    return {
        "positions": [{**row, **each} for row in rows for each in held],
        "balances": [{**row, "token": "USDT", "total": Decimal(total)} for row in rows],
    }


def opened(folder: Path) -> Store:
    store = Store.open(folder / "store", "desk")
    named = [*sources("local", "events", "exchange"), *sources("local", "exchange", bot="b2")]
    store.append({"sources": frame("sources", *named)})
    return store


def copied(folder: Path, into: Path) -> Store:
    """Return a copy of the store of `opened`, with what it carries."""
    shutil.copytree(folder, into, dirs_exist_ok=True)
    return Store.open(into / "store", "desk")


def add(store: Store, *rows: Rows) -> None:
    names = dict.fromkeys(name for each in rows for name in each)
    store.append({name: frame(name, *[row for each in rows for row in each.get(name, [])]) for name in names})


def case_of(store: Store, day: int, of: Desk = TWO, *, whole: bool = False) -> Case:
    """Return the case of a day, of all of history where `whole`."""
    inputs = day_inputs(
        date=at(day).date(),
        as_of=START + DAY * (day + 1),
        store=StoreState(location=store.location, versions=store.pin()),
        accounting=of.accounting,
    )
    with pytest.MonkeyPatch.context() as patch:
        if whole:
            patch.setattr(CarriedFills, "newest", lambda _self, _start: None)
        return read_case(of, store, inputs)


def keep(store: Store, case: Case) -> None:
    """Keep what a case says is finished; it was asked for what is carried only then."""
    running_minutes(case)
    book_state(case)
    CarriedFills(store, store.pin(), case.as_of, case.desk).keep(case)


def cut_before_each_day(patch: pytest.MonkeyPatch, days: int) -> None:
    """Let every day be assessed with what was finished so many days before it."""
    patch.setattr(carried_state, "BEFORE_DAY", DAY * days)
    patch.setattr(carried_state, "MOVES_AFTER", 0 * DAY)


def kept_once(folder: Path, story: Story, *, on: int, last: int, of: Desk = TWO) -> Store:
    """Return a store with a story up to its last day, in which one day of it kept what was finished."""
    store = opened(folder)
    _ingest(store, story, -1, on)
    keep(store, case_of(store, on, of))
    _ingest(store, story, on, last)
    return store


def kept_on_each(store: Store, story: Story, days: Sequence[int], *, of: Desk = TWO) -> Iterator[int]:
    """Ingest a story up to each of some days, keep what is finished then, and give the day."""
    for before, day in pairwise([-1, *days]):
        _ingest(store, story, before, day)
        keep(store, case_of(store, day, of))
        yield day


def _ingest(store: Store, story: Story, since: int, day: int) -> None:
    """Ingest what came after one day up to another."""
    add(store, *[rows for when, rows in story if since < when <= day])


def same(store: Store, day: int, of: Desk = TWO, *, gates: Sequence[str] = ("reconciliation",)) -> Case:
    """Return the case of a day after its answer was compared with that of all of history.

    What the other gates make of the same fills costs as much again: the stories of `make test-long` compare it too.
    """
    carried, whole = same_fills(store, day, of)
    found, expected = run_checks(carried, gates), run_checks(whole, gates)
    assert found[0].rows() == expected[0].rows()
    assert found[1].rows() == expected[1].rows()
    return carried


def same_fills(store: Store, day: int, of: Desk = TWO) -> tuple[Case, Case]:
    """Return the cases of a day, carried and of all of history, after what they say of single fills was compared."""
    carried, whole = case_of(store, day, of), case_of(store, day, of, whole=True)
    for each in (agreed_fills, fill_breaks, misdated):
        assert each(carried).rows() == each(whole).rows()
    assert matched_fills(carried).fills.equals(matched_fills(whole).fills)
    assert matched_fills(carried).duplicates.equals(matched_fills(whole).duplicates)
    return carried, whole


def ten_days(folder: Path) -> Store:
    """Return a store with trades of ten days, of which the first seven are carried."""
    made = opened(folder)
    add(made, *[trade(n, at(n // 2, n), name=("b1", "b2")[n % 3 == 0]) for n in range(20)])
    add(made, *[snapshot(at(day, 1430), 0) for day in range(10)])
    keep(made, case_of(made, 9))
    return made
