"""What is carried of finished fills gives what all of history gives, and is taken only then."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskgate.assessment import carried_state
from deskgate.assessment.artifacts import DayInputs, StoreState
from deskgate.assessment.assessment import read_case
from deskgate.assessment.carried_fills import CarriedFills
from deskgate.case.case import Case
from deskgate.checks.registry import run_checks
from deskgate.config.bot import Opening
from deskgate.config.desk import Desk
from deskgate.reconciliation.agreed import agreed_fills
from deskgate.reconciliation.fills.check import fill_breaks
from deskgate.reconciliation.fills.times import misdated
from deskgate.reconciliation.matching.match import matched_fills
from deskgate.store.tables import Store
from desks import INTERVALS, RISK, START, bot, desk, fill, frame, sources

DAY = timedelta(days=1)
PAIRS = ("BTC-USDT", "ETH-USDT")
Rows = dict[str, list[dict[str, Any]]]
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


def add(store: Store, *rows: Rows) -> None:
    names = dict.fromkeys(name for each in rows for name in each)
    store.append({name: frame(name, *[row for each in rows for row in each.get(name, [])]) for name in names})


def case_of(store: Store, day: int, of: Desk = TWO, *, whole: bool = False) -> Case:
    """Return the case of a day, of all of history where `whole`."""
    inputs = DayInputs(
        desk="desk",
        date=at(day).date(),
        as_of=START + DAY * (day + 1),
        store=StoreState(location=store.location, versions=store.pin()),
        suites={},
        config={},
        intervals=INTERVALS,
        risk=RISK,
        code="",
    )
    with pytest.MonkeyPatch.context() as patch:
        if whole:
            patch.setattr(CarriedFills, "newest", lambda _self, _start: None)
        return read_case(of, store, inputs)


def keep(store: Store, case: Case) -> None:
    CarriedFills(store, store.pin(), case.as_of, case.desk).keep(case)


def same(store: Store, day: int, of: Desk = TWO) -> Case:
    """Return the case of a day after its answer was compared with that of all of history."""
    carried, whole = same_fills(store, day, of)
    found, expected = run_checks(carried), run_checks(whole)
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


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with trades of ten days, of which the first seven are carried."""
    made = opened(tmp_path)
    add(made, *[trade(n, at(n // 2, n), name=("b1", "b2")[n % 3 == 0]) for n in range(20)])
    add(made, *[snapshot(at(day, 1430), 0) for day in range(10)])
    keep(made, case_of(made, 9))
    return made


def test_second_assessment_neither_reads_nor_matches_what_is_finished(store: Store) -> None:
    case = same(store, 9)
    assert case.fill_history is not None
    assert case.fill_history.finished.collect().height == 14
    assert case.fills.filter(pl.col("ts") < at(7, 0)).is_empty()


BREAKS: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "price": lambda n: _one_leg(n, price=Decimal(101)),
    "fee": lambda n: _one_leg(n, fee_amount=Decimal(2)),
    "side": lambda n: _one_leg(n, side="SELL"),
    "order": lambda n: _one_leg(n, exchange_order_id="x-other"),
    "early": lambda n: _one_leg(n, ts=at(2, 720, -30)),
    "late": lambda n: _one_leg(n, ts=at(2, 760)),
    "missing": lambda n: _one_leg(n)[1:],
    "again": lambda n: [*_one_leg(n), *_one_leg(n, order_id="o-more")[:1]],
    "twice the id": lambda n: [*_one_leg(n), *trade(n, at(1, 5), pair=PAIRS[1])["fills"]],
    "again with a suffix": lambda n: [*_one_leg(n), {**_one_leg(n)[1], "trade_id": f"t{n}_1"}],
    "across the cut": lambda n: [{**row, "ts": at(7, 0, 2 * (row["leg"] == "local") - 1)} for row in _one_leg(n)],
}


def _one_leg(number: int, **values: Any) -> list[dict[str, Any]]:
    """Return a fill of which the database says something else."""
    return [{**row, **(values if row["leg"] == "local" else {})} for row in trade(number, at(2))["fills"]]


def test_fills_with_a_break_are_never_finished(tmp_path: Path) -> None:
    made = opened(tmp_path)
    rows = {what: BREAKS[what](50 + 2 * n) for n, what in enumerate(BREAKS)}
    add(made, *[trade(n, at(n // 2, n)) for n in range(20)], *[{"fills": each} for each in rows.values()])
    keep(made, case_of(made, 9))
    case = same(made, 9)
    assert case.fill_history is not None
    finished = case.fill_history.finished.collect()
    assert finished["trade_id"].sort().to_list() == sorted(f"t{n}" for n in range(14))
    for what, each in rows.items():
        ids = {row["trade_id"] for row in each}
        assert case.fills.filter(pl.col("trade_id").is_in(ids)).height == len(each), what


VOIDS: dict[str, Callable[[], Rows]] = {
    "older row": lambda: trade(90, at(3, 5)),
    "an id again": lambda: trade(4, at(9, 800)),
    "an id again with a suffix": lambda: {"fills": [fill("local", "t4_1", ts=at(9, 800))]},
    "no id": lambda: {"fills": [fill("local", None, ts=at(9, 800))]},
    "another name of the order": lambda: {
        "orders": [{**trade(4, at(9))["orders"][1], "order_id": "a-other", "exchange_order_id": "x-t4"}]
    },
    "an account that is shared": lambda: {
        "fills": [fill("exchange", "t91", bot=name, ts=at(9, 800)) for name in ("b1", "b2")]
    },
    "contracts of another size": lambda: {
        "positions": [
            {
                "leg": "exchange",
                "ts": at(9, 900),
                "pair": PAIRS[0],
                "symbol": "BTC/USDT:USDT",
                "quantity": Decimal(1),
                "contract_size": Decimal(5),
            }
        ]
    },
    "a leg less": lambda: {"sources": [{**row, "derived": True} for row in sources("events")]},
}


@pytest.mark.parametrize("what", VOIDS)
def test_what_can_make_a_finished_fill_a_break_brings_all_back(store: Store, what: str) -> None:
    assert case_of(store, 9).fill_history is not None
    add(store, VOIDS[what]())
    assert case_of(store, 9).fill_history is None


def test_row_that_was_not_visible_brings_all_back(tmp_path: Path) -> None:
    made = opened(tmp_path)
    late = trade(90, at(3, 5))
    late["fills"] = [{**row, "visible_at": at(10, 5)} for row in late["fills"]]
    add(made, *[trade(n, at(n // 2, n)) for n in range(20)], late)
    keep(made, case_of(made, 9))
    assert case_of(made, 9).fill_history is not None
    assert case_of(made, 10).fill_history is None


def test_other_desk_file_brings_all_back(store: Store) -> None:
    other = desk(bot(pairs=list(PAIRS), opening=Opening(at=at(1), balance={"USDT": Decimal(7)})), TWO.bots["b2"])
    assert case_of(store, 9, other).fill_history is None


def test_ids_that_are_written_alike_for_the_first_time_make_breaks_of_all(tmp_path: Path) -> None:
    made = opened(tmp_path)

    def apart(n: int, ts: datetime, own: str) -> Rows:
        rows = [{**row, "exchange_order_id": None} for row in trade(n, ts)["fills"]]
        return {"fills": [{**row, "order_id": f"{own}{n}"} if row["leg"] == "exchange" else row for row in rows]}

    add(made, *[apart(n, at(n // 2, n), "venue-") for n in range(20)])
    keep(made, case_of(made, 9))
    assert case_of(made, 9).fill_history is not None
    add(made, apart(30, at(9, 900), "o-t"))
    assert same(made, 9).fill_history is None


@pytest.mark.parametrize(
    ("file", "how"),
    [
        ("finished-0000.parquet", "changed"),
        ("finished-0000.parquet", "gone"),
        ("unfinished.parquet", "cut"),
        ("about.json", "cut"),
        ("about.json", "changed"),
    ],
)
def test_state_that_is_damaged_only_costs_time(store: Store, file: str, how: str) -> None:
    (found,) = Path(f"{store.location}.carried").rglob(file)
    whole = found.read_bytes()
    if how == "gone":
        found.unlink()
    else:
        found.write_bytes(whole[: len(whole) // 2] if how == "cut" else b"{}" + whole[2:])
    assert case_of(store, 9).fill_history is None


@pytest.mark.parametrize("value", [{"cut": at(8, 0).isoformat()}, {"versions": {}}, {"markets": ""}])
def test_what_is_written_about_a_state_is_taken_only_as_it_was(store: Store, value: dict[str, Any]) -> None:
    (found,) = Path(f"{store.location}.carried").rglob("about.json")
    found.write_text(json.dumps(json.loads(found.read_text(encoding="utf-8")) | value), encoding="utf-8")
    assert case_of(store, 9).fill_history is None


def test_half_written_state_is_not_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(Path(f"{store.location}.carried").rglob("finished-*"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deskgate.assessment.carried_fills._link", killed)
    add(store, *[trade(n, at(n // 2, n)) for n in range(40, 50)])
    with pytest.raises(KeyboardInterrupt):
        keep(store, case_of(store, 24))
    assert sorted(Path(f"{store.location}.carried").rglob("finished-*")) == before


def test_state_moves_on_and_adds_only_what_is_new(store: Store) -> None:
    add(store, *[trade(n, at(n // 2, n)) for n in range(20, 40)])
    keep(store, same(store, 19))
    case = same(store, 19)
    assert case.fill_history is not None
    assert case.fill_history.cut == at(17, 0)
    assert case.fill_history.finished.collect()["trade_id"].n_unique() == 34
    assert [file.name[:8] for file in case.fill_history.files] == ["finished"] * 2 + ["costs-00"] * 2


def test_state_in_use_makes_no_room_for_others(store: Store) -> None:
    (used,) = Path(f"{store.location}.carried").glob("*/*")
    os.utime(used, (0, 0))
    for number in range(8):
        (used.parent / f"20260101-{number}").mkdir()
    case = case_of(store, 19)
    keep(store, case)
    assert case.fill_history is not None
    assert case.fill_history.finished.collect().height == 14
    assert len(list(used.parent.iterdir())) == 8


def _early(number: int) -> Rows:
    rows = trade(number, at(2, 900 + number))["fills"]
    return {
        "fills": [{**row, "ts": row["ts"] - timedelta(seconds=30)} if row["leg"] != "exchange" else row for row in rows]
    }


def _claim() -> Rows:
    """Return a fill of a finished fill's order that the venue's trades lack and its order has."""
    ts, ids = at(19, 5), {"order_id": "o-t4", "exchange_order_id": "x-t4"}
    order = {**trade(4, ts)["orders"][1], "created_ts": at(2, 4), "filled_quantity": Decimal(2), "quantity": Decimal(2)}
    return {"fills": [fill(leg, "t60", ts=ts, **ids) for leg in ("local", "events")], "orders": [order]}


def _other_ids() -> Rows:
    rows = trade(60, at(19, 5))["fills"]
    return {"fills": [{**row, "trade_id": "v60"} if row["leg"] == "exchange" else row for row in rows]}


def _other_order() -> Rows:
    rows = trade(60, at(19, 5))["fills"]
    return {"fills": [{**row, "order_id": "o-x"} if row["leg"] == "exchange" else row for row in rows]}


# What depends on finished fills: rows of before and of the day, and a part of a break that they then make.
DEPENDS: dict[str, tuple[list[Rows], list[Rows], str]] = {
    "ids of orders that legs write alike": ([], [_other_order()], "order_id_mismatch"),
    "ids of trades that legs write alike": ([], [_other_ids()], "fill_missing_local"),
    "how many fills of a day are early": ([_early(n) for n in (50, 51, 52)], [], "fill_time_mismatch"),
    "what fills of an order add up to": ([], [_claim()], "its order filled 2 at the venue, as with it"),
}


@pytest.mark.parametrize("what", DEPENDS)
def test_what_depends_on_finished_fills_is_as_with_all(tmp_path: Path, what: str) -> None:
    before, later, expected = DEPENDS[what]
    made = opened(tmp_path)
    add(made, *[trade(n, at(2, n)) for n in range(8)], *before)
    keep(made, case_of(made, 19))
    if later:
        add(made, *later)
    carried = same(made, 19)
    assert carried.fill_history is not None
    assert carried.fill_history.finished.collect().height == 8
    assert any(
        expected in f"{kind} {detail}" for kind, detail in run_checks(carried)[1].select("kind", "detail").rows()
    )


VARIANTS = (
    *("ok", "ok", "ok", "ok", "missing_local", "missing_events", "missing_exchange", "price", "fee", "side", "order"),
    *("early", "late", "again", "suffix", "same_id", "same_order", "no_order_id", "fine", "old_version", "nameless"),
)
DAYS = 9


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[int, Rows]]:
    """Return rows with the day on which they are ingested: trades, orders, payments and snapshots, some of them late."""
    told: list[tuple[int, Rows]] = []
    for number in range(draw(st.integers(8, 24))):
        day = draw(st.integers(0, DAYS))
        name, pair = draw(st.sampled_from(["b1", "b1", "b2"])), draw(st.sampled_from([PAIRS[0], *PAIRS]))
        rows = trade(number, at(day, draw(st.integers(0, 1439))), name=name, pair=pair)
        rows["fills"] = _vary(draw(st.sampled_from(VARIANTS)), number, rows["fills"])
        if draw(st.integers(0, 5)) == 0:
            rows["orders"] = [{**row, "created_ts": None, "order_id": None} for row in rows["orders"]][-1:]
        told += [(day + draw(st.sampled_from([0, 0, 0, 0, 0, 1, 4])), {table: each}) for table, each in rows.items()]
    for day in range(DAYS + 1):
        if draw(st.booleans()):
            told.append((day, snapshot(at(day, 1400), draw(st.integers(-1, 1)), 1000 + draw(st.integers(-1, 1)))))
        if draw(st.booleans()):
            paid = {"ts": at(day, 480), "pair": PAIRS[0], "amount": Decimal("0.5"), "funding_id": f"f{day}"}
            told.append((day, {"funding": [{**paid, "leg": leg} for leg in ("local", "exchange")]}))
    return told


def _vary(how: str, number: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of one fill with something odd about it."""
    own = rows[0]
    changes: dict[str, dict[str, Any]] = {
        "price": {"price": Decimal(101)},
        "fee": {"fee_amount": Decimal("0.2")},
        "side": {"side": "SELL" if own["side"] == "BUY" else "BUY"},
        "order": {"exchange_order_id": "x-other"},
        "early": {"ts": own["ts"] - timedelta(seconds=30)},
        "late": {"ts": own["ts"] + timedelta(minutes=20)},
        "nameless": {"trade_id": None},
    }
    everywhere: dict[str, dict[str, Any]] = {
        "same_id": {"trade_id": f"t{number // 2}"},
        "suffix": {"trade_id": f"t{number // 2}_1"},
        "same_order": {name: f"{name[0]}-t{number // 2}" for name in ("order_id",)},
        "no_order_id": {"order_id": None},
        "fine": {"quantity": Decimal("1.00000001")},
    }
    if how.startswith("missing_"):
        return [row for row in rows if row["leg"] != how.removeprefix("missing_")]
    if how in changes:
        return [{**own, **changes[how]}, *rows[1:]]
    if how in everywhere:
        return [{**row, **everywhere[how]} for row in rows]
    if how == "again":
        return [*rows, {**own, "order_id": "o-more"}]
    if how == "old_version":
        return [*rows[:-1], {**rows[-1], "path": "older", "liquidity": "maker"}, rows[-1]]
    return rows


@pytest.fixture
def each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at each day's begin."""
    monkeypatch.setattr(carried_state, "BEFORE_DAY", timedelta(0))
    monkeypatch.setattr(carried_state, "MOVES_AFTER", timedelta(0))


def live(told: list[tuple[int, Rows]], days: list[int], store: Store) -> None:
    """Ingest a story up to each of some days, and keep what is finished then."""
    ingested = -1
    for day in days:
        add(store, *[rows for when, rows in told if ingested < when <= day])
        ingested = day
        keep(store, case_of(store, day))


@pytest.mark.usefixtures("each_day")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories(), st.lists(st.integers(3, DAYS - 1), min_size=1, max_size=2, unique=True).map(sorted))
def test_every_story_gives_what_all_of_history_gives(told: list[tuple[int, Rows]], days: list[int]) -> None:
    with TemporaryDirectory() as folder:
        made = opened(Path(folder))
        live(told, [*days, DAYS], made)
        same_fills(made, DAYS)


@pytest.mark.long
@pytest.mark.usefixtures("each_day")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories(), st.lists(st.integers(2, DAYS), min_size=3, max_size=4).map(sorted))
def test_every_day_of_a_story_gives_what_all_of_history_gives(told: list[tuple[int, Rows]], days: list[int]) -> None:
    with TemporaryDirectory() as folder:
        made = opened(Path(folder))
        for upto in range(1, len(days) + 1):
            live([each for each in told if upto == 1 or each[0] > days[upto - 2]], [days[upto - 1]], made)
            same(made, days[upto - 1])
        # An earlier day again.
        same(made, days[0])
