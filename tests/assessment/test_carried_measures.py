"""What is carried of measured orders and priced fills gives what all of history gives, and is taken only then."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment import carried
from assessment.carried import DAY, PAIRS, TWO, Rows, add, at, case_of, copied, frozen, keep, opened, trade
from deskgate.case.case import Case
from deskgate.config.bot import BaselineWindow
from deskgate.config.desk import Desk
from deskgate.measures.fill_ratio import intents
from deskgate.measures.measured_history import fills_left, measured_history, rows_left
from deskgate.measures.orders import own_orders
from deskgate.measures.priced import priced
from deskgate.measures.registry import GATED, MEASURES
from deskgate.measures.states import ran_history, running_minutes
from deskgate.store.tables import Store
from desks import START, bot, desk
from examples import few
from measures.orders import failure

LAST = 9
STATES = ("running", "running", "soft_pause", None)


def quotes(day: int, minutes: range = range(0, 30, 2)) -> Rows:
    """Return the mids and minute records of both bots."""
    rows = [
        {
            "bot": name,
            "ts": at(day, minute),
            "pair": pair,
            "mid": Decimal(100 + minute % 3),
            "state": STATES[minute % 4],
        }
        for name in ("b1", "b2")
        for pair in PAIRS
        for minute in minutes
    ]
    mids = [{name: row[name] for name in row if name != "state"} for row in rows]
    return {"mids": [{**row, "leg": "local"} for row in mids], "snapshots": [{**row, "leg": "local"} for row in rows]}


def measured(case: Case, *, everything: bool = False) -> dict[str, pl.DataFrame]:
    found = {measure.name: measure.rows(case) for measure in (MEASURES if everything else GATED)}
    own = {
        "orders": own_orders(case),
        "priced": priced(case),
        "intents": intents(case),
        "minutes": running_minutes(case),
    }
    return found | own


def same_measures(store: Store, day: int = LAST, of: Desk = TWO, *, everything: bool = False) -> Case:
    """Return the case of a day after what it measures was compared with all of history."""
    carried, whole = case_of(store, day, of), case_of(store, day, of, whole=True)
    expected = measured(whole, everything=everything)
    for name, rows in measured(carried, everything=everything).items():
        assert rows.equals(expected[name]), name
    return carried


def carried_orders(case: Case) -> list[str]:
    known = measured_history(case)
    return [] if known is None else known.orders.collect()["order_id"].sort().to_list()


def ten_days(folder: Path) -> Store:
    """Return a store with trades of ten days since a baseline, of which the first seven are carried."""
    made = opened(folder)
    trades = [trade(n, at(n // 2, n), name=("b1", "b2")[n % 3 == 0]) for n in range(20)]
    add(made, frozen(), *trades, *[quotes(day) for day in range(10)])
    keep(made, case_of(made, LAST))
    return made


@pytest.fixture(scope="module")
def measured_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that store; tests read it."""
    folder = tmp_path_factory.mktemp("measured_days")
    ten_days(folder)
    return folder


@pytest.fixture(scope="module")
def before(measured_days: Path) -> dict[str, pl.DataFrame]:
    """What is measured of the last day of ten."""
    return measured(case_of(Store.open(measured_days / "store", "desk"), LAST))


@pytest.fixture
def store(measured_days: Path, tmp_path: Path) -> Store:
    """A copy of that store with what it carries."""
    return copied(measured_days, tmp_path)


def test_orders_that_are_over_are_neither_read_nor_priced_again(store: Store) -> None:
    case = same_measures(store, everything=True)
    assert carried_orders(case) == sorted(f"o-t{n}" for n in range(14))
    known = measured_history(case)
    assert known is not None
    assert known.priced.collect()["id"].sort().to_list() == sorted(f"t{n}" for n in range(14))
    assert known.priced.collect()["mid"].null_count() == 0
    assert rows_left(case).filter(pl.col("ts") < at(7, 0)).is_empty()
    assert fills_left(case).collect()["trade_id"].sort().to_list() == sorted(f"t{n}" for n in range(14, 20))


@pytest.mark.slow
def test_second_cut_adds_only_what_is_new(store: Store) -> None:
    add(store, *[trade(n, at(n // 2, n)) for n in range(20, 40)], *[quotes(day) for day in range(10, 20)])
    keep(store, same_measures(store, 19))
    case = same_measures(store, 19)
    known = measured_history(case)
    assert known is not None
    assert carried_orders(case) == sorted(f"o-t{n}" for n in range(34))
    assert [pl.read_parquet(file).height for file in known.files] == [14, 20, 14, 20]
    # An earlier day takes the earlier state.
    assert len(carried_orders(same_measures(store, LAST))) == 14


def _own(number: int, ts: datetime, **values: Any) -> dict[str, Any]:
    """Return the order of a trade as its bot's database has it."""
    row = trade(number, ts, name=("b1", "b2")[number % 3 == 0])["orders"][0]
    return {**row, "path": "other", **values}


# What brings every order back, and what does not.
VOIDS: dict[str, Callable[[], Rows]] = {
    "older state of an order": lambda: {"orders": [_own(90, at(3, 5))]},
    "later state of one that is over": lambda: {"orders": [_own(4, at(9, 5), created_ts=at(2, 3))]},
    "order with the venue's id of another": lambda: {
        "orders": [_own(94, at(9, 5), order_id="o-x", exchange_order_id="x-t4")]
    },
    "fill of one that is over": lambda: {
        "fills": [{**row, "order_id": "o-t4", "exchange_order_id": "x-t4"} for row in trade(98, at(9, 5))["fills"]]
    },
    "older mid": lambda: {"mids": quotes(2, range(5, 6))["mids"]},
    "older minute record": lambda: {
        "snapshots": [{**quotes(2, range(5, 6))["snapshots"][0], "state": "hard_stop", "path": "z"}]
    },
    "moved baseline": lambda: frozen(at(1, 0)),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", VOIDS)
def test_what_can_change_a_measured_order_brings_all_back(
    store: Store, before: dict[str, pl.DataFrame], what: str
) -> None:
    add(store, VOIDS[what]())
    case = same_measures(store)
    assert case.fill_history is not None
    assert carried_orders(case) == []
    assert any(not rows.equals(before[name]) for name, rows in measured(case).items())


@pytest.mark.slow
def test_window_of_the_past_brings_all_back(store: Store) -> None:
    window = BaselineWindow(since=START - DAY, until=START)
    of = desk(bot(pairs=list(PAIRS), baseline_window=window), TWO.bots["b2"])
    assert carried_orders(same_measures(store, LAST, of)) == []


def beat(day: int, minute: int, name: str = "b1") -> Rows:
    """Return a heartbeat of a bot's own stream."""
    return {"events": [{**failure("o", "", "", at(day, minute)), "bot": name, "event_type": "heartbeat"}]}


def test_minutes_in_which_bots_ran_are_read_since_the_cut_alone(store: Store) -> None:
    case = same_measures(store)
    known = ran_history(case)
    assert known is not None
    # Of seven days; the quotes of each end at 00:28.
    assert known.runs["last"].max() == at(6, 28)
    assert running_minutes(case).filter(pl.col("minute") > at(7, 0)).height > 0
    add(store, beat(8, 300))
    assert ran_history(same_measures(store)) is not None
    add(store, beat(3, 300))
    case = same_measures(store)
    assert ran_history(case) is None
    assert at(3, 300) in running_minutes(case)["minute"].to_list()
    # Orders that are over do not depend on it.
    assert carried_orders(case) == sorted(f"o-t{n}" for n in range(14))


@pytest.mark.slow
def test_order_that_turns_out_to_be_older_has_all_minutes_read_again(tmp_path: Path) -> None:
    made = opened(tmp_path)
    left = _own(50, at(8, 5), status="open", created_ts=None)
    add(made, frozen(), *[trade(n, at(n // 2, n)) for n in range(20)], {"orders": [left]}, *map(quotes, range(10)))
    keep(made, case_of(made, LAST))
    assert ran_history(same_measures(made)) is not None
    add(made, {"orders": [_own(50, at(9, 5), status="completed", created_ts=at(2, 400))]})
    case = same_measures(made)
    assert ran_history(case) is None
    assert at(2, 400) in running_minutes(case)["minute"].to_list()


@pytest.mark.slow
def test_reason_of_a_failure_comes_late(tmp_path: Path) -> None:
    made = opened(tmp_path)
    failed = {"orders": [_own(n, at(n, 5), status="failed", filled_quantity=None, leg="events") for n in (1, 2)]}
    add(made, frozen(), failed, *[trade(n, at(n // 2, n)) for n in range(20, 40)])
    keep(made, case_of(made, 19))
    assert "o-t1" in carried_orders(case_of(made, 19))
    why = failure("o-t1", "OSError", "refused", at(1, 5))
    add(made, {"events": [why]})
    case = same_measures(made, 19)
    assert own_orders(case).filter(order_id="o-t1")["stage"].to_list() == ["at_venue"]
    assert "o-t1" in carried_orders(case)


LEFT: dict[str, Callable[[], Rows]] = {
    "an order that is open": lambda: {"orders": [_own(50, at(2, 5), status="open", filled_quantity=None)]},
    "one that ends after the cut": lambda: {
        "orders": [
            _own(50, ts, created_ts=at(2, 5), status=word) for ts, word in ((at(2, 5), "open"), (at(8), "expired"))
        ]
    },
    "one of which a fill is missing": lambda: {**trade(50, at(2, 5)), "fills": trade(50, at(2, 5))["fills"][1:]},
    "one of which a fill is of after the cut": lambda: {
        "orders": trade(50, at(2, 5))["orders"],
        "fills": [{**row, "ts": at(8)} for row in trade(50, at(2, 5))["fills"]],
    },
    "two of one id of the venue": lambda: {"orders": [_own(n, at(2, n), exchange_order_id="x") for n in (50, 52)]},
    "one whose fill names another one of the venue": lambda: {
        "orders": [_own(n, at(2, n)) for n in (50, 52)],
        "fills": [{**row, "exchange_order_id": "x-t52"} for row in trade(50, at(2, 51))["fills"]],
    },
    "one in two markets": lambda: {"orders": [_own(50, at(2, 5), pair=pair) for pair in PAIRS]},
}


@pytest.mark.slow
def test_orders_of_which_fills_alone_are_known_are_over(tmp_path: Path) -> None:
    made = opened(tmp_path)
    orders = [_own(n, at(n // 2, n), status="filled", created_ts=None, bot="b1") for n in range(20)]
    add(made, frozen(), {"orders": orders[::2]}, *[{"fills": trade(n, at(n // 2, n))["fills"]} for n in range(20)])
    keep(made, case_of(made, LAST))
    assert carried_orders(same_measures(made)) == sorted(f"o-t{n}" for n in range(14))
    add(made, {"orders": [_own(5, at(9, 5), created_ts=at(2, 5))]})
    assert carried_orders(same_measures(made)) == []


@pytest.mark.slow
@pytest.mark.parametrize("what", LEFT)
def test_orders_that_are_not_over_are_measured_each_day(tmp_path: Path, what: str) -> None:
    made = opened(tmp_path)
    trades = [trade(n, at(n // 2, n)) for n in range(20)]
    add(made, frozen(), *trades, LEFT[what](), *[quotes(day) for day in range(10)])
    keep(made, case_of(made, LAST))
    case = same_measures(made)
    assert carried_orders(case) == sorted(f"o-t{n}" for n in range(14))


@st.composite
def stories(draw: st.DrawFn) -> carried.Story:
    """Return rows with the day on which they are ingested: orders that end in every way, their fills, mids and minute records."""
    told: carried.Story = [(0, frozen(at(draw(st.sampled_from([0, 0, 2])), 3)))]
    for number in range(draw(st.integers(6, 14))):
        day, minute = draw(st.integers(0, LAST)), draw(st.integers(0, 1439))
        made, late = at(day, minute), draw(st.sampled_from([0, 0, 0, 0, 4]))
        told += [
            (day + late, _orders(draw, number, made)),
            (day + draw(st.sampled_from([0, 0, 0, 4])), _fills(draw, number, made)),
        ]
        around = range(minute - draw(st.integers(0, 6)), minute + draw(st.integers(0, 9)), 3)
        told.append((day + draw(st.sampled_from([0, 0, 0, 0, 4])), quotes(day, around)))
        if draw(st.integers(0, 4)) == 0:
            told.append((day + draw(st.sampled_from([0, 0, 4])), beat(day, minute - draw(st.integers(0, 12)))))
        if draw(st.integers(0, 4)) == 0:
            told.append((day + late, {"events": [failure(f"o-t{number}", "OSError", "no", made)]}))
    return told


def _orders(draw: st.DrawFn, number: int, made: datetime) -> Rows:
    ids = {
        "order_id": f"o-t{draw(st.sampled_from([number, number, number, number // 2]))}",
        "exchange_order_id": draw(st.sampled_from([f"x-t{number}", f"x-t{number}", f"x-t{number // 2}", None])),
    }
    created = draw(st.sampled_from([made, made, None]))
    end = draw(st.sampled_from(["completed", "completed", "cancelled", "failed", None]))
    ended = made + draw(st.sampled_from([timedelta(seconds=2), timedelta(minutes=3), DAY, 3 * DAY]))
    row = {**trade(number, made)["orders"][0], **ids, "created_ts": created, "price": Decimal(100)}
    legs = draw(st.sampled_from([("local",), ("events",), ("local", "events")]))
    states = [(made, "open"), *([(ended, end)] if end else [])]
    return {"orders": [{**row, "leg": leg, "ts": ts, "status": word} for leg in legs for ts, word in states]}


def _fills(draw: st.DrawFn, number: int, made: datetime) -> Rows:
    ts = made + draw(st.sampled_from([timedelta(seconds=1), timedelta(minutes=2), DAY]))
    rows = trade(number, ts)["fills"]
    how = draw(st.sampled_from(["all", "all", "all", "none", "venue alone", "without the venue", "no id of the order"]))
    if how == "none":
        return {"fills": []}
    if how == "venue alone":
        return {"fills": rows[-1:]}
    if how == "without the venue":
        return {"fills": rows[:-1]}
    if how == "no id of the order":
        return {"fills": [{**row, "order_id": None} for row in rows]}
    return {"fills": rows}


@pytest.mark.slow
@pytest.mark.usefixtures("cut_a_day_before")
@few(is_shared=True)
@given(stories(), st.integers(4, LAST - 1))
def test_every_story_is_measured_as_all_of_history_is(told: carried.Story, day: int) -> None:
    with TemporaryDirectory() as folder:
        same_measures(carried.kept_once(Path(folder), told, on=day, last=LAST), LAST)


@pytest.mark.long
@pytest.mark.usefixtures("cut_a_day_before")
@few(is_shared=True, one_in=10)
@given(stories(), st.lists(st.integers(3, LAST - 1), min_size=2, max_size=4, unique=True).map(sorted))
def test_every_day_of_a_story_is_measured_so(told: carried.Story, days: list[int]) -> None:
    with TemporaryDirectory() as folder:
        made = opened(Path(folder))
        for day in carried.kept_on_each(made, told, [*days, LAST]):
            same_measures(made, day)
        # An earlier day again.
        same_measures(made, days[0])
