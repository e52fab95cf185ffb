"""An assessment with carried state is the one of all of history: metrics, breaks and verdicts, with a soak and a shadow."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assessment.carried import cut_before_each_day
from day_inputs import day_inputs
from deskgate.assessment import assessment, carried_state, day_case
from deskgate.assessment.artifacts import StoreState
from deskgate.assessment.assessment import Assessment, assess
from deskgate.assessment.carried_fills import CarriedFills
from deskgate.assessment.day_case import read_case
from deskgate.case.case import Case
from deskgate.case.markets import markets
from deskgate.checks.registry import run_checks
from deskgate.config.bot import Opening
from deskgate.config.desk import Desk
from deskgate.measures.measured_history import measured_history
from deskgate.parity.deltas import gated_deltas
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction
from desks import START, desk, frame, sources
from parity.trading_days import LEGS, Rows, shadowed, trading

# What is carried is shown measure by measure in the modules beside this one.
pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
# The bots trade two hours a day, and not at all on the days between.
TRADED = (0, 1, 2, 5, 6, 7)
HOURS = timedelta(hours=2)
# A fill of the first day, whose record in the database is lost for some days.
LOST = "0-t-b1-0"


class KilledError(BaseException):
    """The process is gone."""


def traded(day: int) -> Rows:
    """Return what both bots did on a day; ids are of that day."""
    since = START + DAY * day
    live = trading("b1", costs_bps=(-8, -12, -9), since=since, until=since + HOURS)
    shadow = trading("b2", costs_bps=(-7, -13), since=since, until=since + HOURS, late_s=2)
    rows = {name: live[name] + shadow[name] for name in live}
    ids = ("trade_id", "order_id", "exchange_order_id")
    return {
        name: [{**row, **{key: f"{day}-{row[key]}" for key in ids if key in row}} for row in each]
        for name, each in rows.items()
    }


def account(day: int) -> Rows:
    """Return the account snapshots at a day's end: each bot holds what its fills left."""
    at, named = START + DAY * (day + 1), {"leg": "exchange", "ts": START + DAY * (day + 1) - timedelta(minutes=10)}
    held = {"pair": "BTC-USDT", "quantity": Decimal(0), "mark_price": Decimal(100)}
    return {
        "positions": [{**named, **held, "bot": "b1", "visible_at": at}],
        "balances": [{**named, "bot": "b1", "token": "USDT", "total": Decimal(1000), "visible_at": at}],
    }


def commit(store: Store, *rows: Rows, killed: bool = False) -> None:
    """Add rows in one commit that the ledger has, unless the process is `killed` before."""
    names = dict.fromkeys(name for each in rows for name in each)
    frames = {name: frame(name, *[row for each in rows for row in each.get(name, [])]) for name in names}

    def add(transaction: Transaction) -> None:
        transaction.keep_account()
        for name, each in frames.items():
            transaction.add_new(name, each)
        if killed:
            raise KilledError
        numbers = dict.fromkeys(("generation", "start", "end", "lines", "read", "unfinished", "missed"), 0)
        entry = {"path": f"file {transaction.commit_id}", "kind": "k", "leg": "local", "context": "", "tally": []}
        transaction.add("ledger", frame("ledger", {**entry, **numbers, "recorded_at": START}))

    store.write(add)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Path:
    """The folder of a store to which each day came in the night after it, and of what was carried on each day."""
    folder = tmp_path_factory.mktemp("lived")
    store = Store.open(folder / "store", "desk")
    begun = {"effective_at": START, "recorded_at": START, "by": "a", "why": "b", "digests": "{}"}
    store.append({"baselines": frame("baselines", begun)})
    named: Rows = {"sources": [row for name in ("b1", "b2") for row in sources(*LEGS, bot=name)]}
    commit(store, named)
    for day in TRADED:
        rows = traded(day)
        rows["fills"] = [row for row in rows["fills"] if (row["trade_id"], row["leg"]) != (LOST, "local")]
        commit(store, rows, account(day))
        # Nobody looked on the third day.
        if day == TRADED[-1]:
            assessed(store, day, of_desk(file))
        elif day != TRADED[2]:
            case = case_of(store, day, of_desk(file))
            CarriedFills(store, store.pin(), case.as_of, case.desk).keep(case)
    return folder


@pytest.fixture
def store(lived: Path, tmp_path: Path) -> Store:
    """A copy of that store."""
    shutil.copytree(lived, tmp_path / "lived")
    return Store.open(tmp_path / "lived" / "store", "desk")


@pytest.fixture(autouse=True, scope="module")
def each_day() -> Iterator[None]:
    """Cut a day before each day."""
    with pytest.MonkeyPatch.context() as patch:
        cut_before_each_day(patch, 1)
        yield


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk's file: what is carried is of one."""
    made = tmp_path_factory.mktemp("desk") / "desk.toml"
    made.touch()
    return made


def of_desk(file: Path, **values: Any) -> Desk:
    return desk(*shadowed(**values)).model_copy(update={"file": file})


def assessed(store: Store, day: int, of: Desk, as_of: datetime | None = None) -> Assessment:
    at = START + DAY * day
    return assess(of, store, day=at.date(), as_of=as_of or at + DAY)


def same(store: Store, day: int, of: Desk) -> Assessment:
    """Return the assessment of a day after it was compared with that of all of history."""
    found = assessed(store, day, of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CarriedFills, "newest", lambda _self, _start: None)
        patch.setattr(CarriedFills, "keep", lambda _self, _case: None)
        patch.setattr(day_case, "CarriedOrders", lambda *_: Whole())
        expected = assessed(store, day, of)
    assert expected.case.fill_history is None
    assert found.metrics.rows() == expected.metrics.rows()
    assert found.breaks.rows() == expected.breaks.rows()
    assert found.verdicts == expected.verdicts
    return found


class Whole:
    """All orders, whatever is carried."""

    def rows(self, case: Case) -> pl.DataFrame:
        return markets(case).judge(case.frames["orders"])


def case_of(store: Store, day: int, of: Desk) -> Case:
    at = START + DAY * day
    state = StoreState(location=store.location, versions=store.pin())
    inputs = day_inputs(date=at.date(), as_of=at + DAY, store=state)
    return read_case(of, store, inputs)


def finished(case: Case) -> int:
    """Return how many finished fills a case was given."""
    return 0 if case.fill_history is None else int(case.fill_history.finished.select(pl.len()).collect().item())


def lost(found: Assessment) -> int:
    return found.breaks.filter(trade_id=LOST, kind="fill_missing_local").height


@pytest.mark.slow
def test_soak_and_shadow_are_what_all_of_history_gives(store: Store, file: Path) -> None:
    found = same(store, 7, of_desk(file))
    assert finished(found.case) > 60
    soak = next(each for each in gated_deltas(found.case) if each.metric == "slippage_bps_soak_delta")
    # The soak has the fills that are carried: sixteen a day, of six days.
    assert soak.live is not None
    assert soak.live.rows == 16 * len(TRADED)
    # Its orders and the prices of their fills were carried too.
    known = measured_history(found.case)
    assert known is not None
    assert known.orders.collect().height > known.priced.collect().height > 60
    values = {row["metric"]: row["value"] for row in found.metrics.filter(subject="b1").to_dicts()}
    assert values["realized_pnl_bps_soak_delta"] is not None
    # A break that is older than what is read.
    assert lost(found) == 1


@pytest.mark.slow
def test_old_break_ends_when_its_record_comes(store: Store, file: Path) -> None:
    recorded = [row for row in traded(0)["fills"] if (row["trade_id"], row["leg"]) == (LOST, "local")]
    commit(store, {"fills": recorded})
    assert lost(same(store, 7, of_desk(file))) == 0


@pytest.mark.slow
def test_days_without_a_record_and_without_an_assessment_change_nothing(store: Store, file: Path) -> None:
    before = finished(assessed(store, 20, of_desk(file)).case)
    assert before > 60
    assert finished(same(store, 20, of_desk(file)).case) > before


@pytest.mark.slow
def test_past_day_is_assessed_without_what_came_later(store: Store, file: Path) -> None:
    assert finished(same(store, 5, of_desk(file)).case) > 30


@pytest.mark.slow
def test_rows_of_a_killed_commit_come_again_later_than_what_is_read(store: Store, file: Path) -> None:
    late = {"fills": [{**row, "trade_id": "late", "order_id": "o-late"} for row in traded(1)["fills"][:1]]}
    with pytest.raises(KilledError):
        commit(store, late, killed=True)
    # What is carried now has not seen them, though the table has.
    assert finished(assessed(store, 8, of_desk(file)).case) > 60
    assert finished(case_of(store, 8, of_desk(file))) > 70
    commit(store, late)
    found = same(store, 8, of_desk(file))
    assert finished(found.case) == 0
    assert found.breaks.filter(trade_id="late").height > 0


@pytest.mark.slow
def test_store_made_anew_takes_nothing_of_the_old_one(store: Store, file: Path) -> None:
    shutil.rmtree(store.location)
    again = Store.open(store.location, "desk")
    wrong = traded(0)
    wrong["fills"] = [{**row, "price": row["price"] + (row["leg"] == "local")} for row in wrong["fills"]]
    commit(again, {"sources": [row for name in ("b1", "b2") for row in sources(*LEGS, bot=name)]})
    for day in TRADED:
        commit(again, wrong if day == 0 else traded(day), account(day))
    found = same(again, 7, of_desk(file))
    assert finished(found.case) == 0
    assert found.breaks.filter(kind="price_mismatch").height > 10


def test_other_code_takes_nothing(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried_state, "code_digest", lambda: "other")
    assert finished(case_of(store, 7, of_desk(file))) == 0


CHANGES: dict[str, Callable[[], dict[str, Any]]] = {
    "opening": lambda: {"opening": Opening(at=START, balance={"USDT": Decimal(999)})},
    "names": lambda: {"symbols": {"ETH-USDT": "ETH/USDT:USDT"}},
    "connector": lambda: {"connector": "binance_perpetual"},
}


@pytest.mark.parametrize("what", CHANGES)
def test_other_desk_file_takes_nothing(store: Store, file: Path, what: str) -> None:
    assert finished(case_of(store, 7, of_desk(file))) > 60
    assert finished(case_of(store, 7, of_desk(file, **CHANGES[what]()))) == 0


@pytest.mark.slow
def test_files_that_vanish_meanwhile_cost_only_time(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def vanishing(case: Case, gates: Any, done: Any) -> Any:
        seen.append(case.fill_history is not None)
        shutil.rmtree(f"{store.location}.carried", ignore_errors=True)
        return run_checks(case, gates, done)

    monkeypatch.setattr(assessment, "run_checks", vanishing)
    assert finished(assessed(store, 7, of_desk(file)).case) == 0
    assert seen == [True, False]
