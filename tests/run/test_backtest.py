"""Days on record replayed under other suites: which are used, how they are measured, and who is judged."""

import json
import shutil
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.paths import SUITES
from deskgate.engines.local import LocalEngine
from deskgate.reports.backtest_report import BacktestReport
from deskgate.run import backtest as module
from deskgate.run.backtest import Backtest, backtest
from desks import INTERVALS
from recorded_days import record_day
from sources.desks import OPENING, a_desk
from whole_desks import IngestedDesk

from .day_runs import DAY as PUBLISHED

FIRST, SECOND, THIRD = (date(2026, 5, n) for n in (4, 5, 6))
GAP = ("event_store", "gap_x")
OFFSET = ("reconciliation", "clock_offset_s")


@pytest.fixture
def small(tmp_path: Path) -> Desk:
    return load_desk(a_desk(tmp_path / "desk", {"b1": OPENING}))


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    return shutil.copytree(SUITES, tmp_path / "suites")


def bound(suites: Path, gate: str, name: str, **kwargs: Any) -> None:
    """Change the bounds of one entry."""
    file = suites / f"{gate}.json"
    content = json.loads(file.read_text())
    entry = next(each for each in content["expectations"] if each["meta"]["entry"] == name)
    entry["kwargs"] |= kwargs
    file.write_text(json.dumps(content))


def replayed(desk: Desk, tmp_path: Path, first: date = FIRST, last: date = THIRD, **options: Any) -> Backtest:
    return backtest(desk, tmp_path / "out", first=first, last=last, **options)


def decisions(found: Backtest) -> list[tuple[str, str]]:
    return [(each.day.decision, each.decision) for each in found.days]


def test_same_suites_flip_nothing(small: Desk, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST)
    record_day(small, tmp_path / "out", SECOND, {GAP: (20.0, 99)})
    found = replayed(small, tmp_path, last=SECOND)
    assert decisions(found) == [("GO", "GO"), ("HOLD", "HOLD")]
    assert [each.flips for each in found.days] == [[], []]
    assert (dict(found.left_out), found.notes) == ({}, [])


def test_tighter_and_looser_bounds_flip_decisions(small: Desk, suites: Path, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST, {GAP: (20.0, 99)})
    record_day(small, tmp_path / "out", SECOND, {GAP: (5.0, 99)})
    bound(suites, *GAP, max_value=25)
    looser = replayed(small, tmp_path, suites=suites)
    assert decisions(looser) == [("HOLD", "GO"), ("GO", "GO")]
    assert looser.days[0].hold == "false HOLD: event_store#gap_x of b1 passed on the day after it"
    bound(suites, *GAP, max_value=2)
    tighter = replayed(small, tmp_path, suites=suites)
    assert decisions(tighter) == [("HOLD", "HOLD"), ("GO", "HOLD")]
    assert [(flip.check, flip.before, flip.now) for flip in tighter.days[1].flips] == [
        ("gap_x", "PASS (<= 6)", "FAIL (<= 2)")
    ]
    cost = tighter.costs.filter(check="gap_x").row(0, named=True)
    assert (cost["alone_days"], cost["nearest_miss"], cost["needed_max"]) == (2, 3.0, 20.0)


def test_metric_that_a_day_did_not_measure_is_insufficient(small: Desk, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST, {("policy", "unnamed_bots"): (None, 0)})
    verdicts = {(each.check, each.status) for each in replayed(small, tmp_path).days[0].verdicts}
    assert ("unnamed_bots", "INSUFFICIENT") in verdicts


def test_suites_below_the_floor_fail_its_check(small: Desk, suites: Path, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST, inputs={"policy": {}})
    bound(suites, "soak", "soak_clean_h", min_value=0)
    found = replayed(small, tmp_path, suites=suites)
    assert decisions(found) == [("GO", "HOLD")]
    assert "below_floor" in {flip.check for flip in found.days[0].flips if flip.now.startswith("FAIL")}


def test_days_that_cannot_be_used_are_named(small: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out"
    record_day(small, out, FIRST)
    record_day(small, out, SECOND)
    (out / str(SECOND) / "verdicts.json").write_text("[]")
    other = small.model_copy(update={"name": "other"})
    record_day(other, tmp_path / "elsewhere", THIRD)
    shutil.copytree(tmp_path / "elsewhere" / str(THIRD), out / str(THIRD))
    found = replayed(small, tmp_path, date(2026, 5, 2), THIRD)
    assert [each.day.date for each in found.days] == [FIRST]
    assert dict(found.left_out) == {
        "not run": [date(2026, 5, 2), date(2026, 5, 3)],
        "changed since it was run, `deskgate verify` says what": [SECOND],
        "of the desk 'other'": [THIRD],
    }


def test_failed_steps_and_provisional_days_stay_on_hold(small: Desk, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST, failures=["02_event_store"])
    record_day(small, tmp_path / "out", SECOND, provisional=True)
    found = replayed(small, tmp_path)
    assert decisions(found) == [("HOLD", "HOLD"), ("HOLD", "HOLD")]
    assert [(each.day.failures, each.day.provisional) for each in found.days] == [
        (("02_event_store",), False),
        ((), True),
    ]


def test_other_settings_and_other_code_are_noted(small: Desk, tmp_path: Path) -> None:
    other = INTERVALS.model_copy(update={"seed": INTERVALS.seed + 1})
    record_day(small, tmp_path / "out", FIRST, inputs={"intervals": other, "code": "c"})
    settings, code = replayed(small, tmp_path).notes
    assert settings.startswith("measured with the `intervals` settings of that time")
    assert code == "measured by other code, whose formulas may differ: 2026-05-04"


def test_changed_desk_is_judged_by_whom_the_day_measured(small: Desk, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST)
    changed = load_desk(a_desk(tmp_path / "desk", {"b2": OPENING}))
    found = replayed(changed, tmp_path)
    assert decisions(found) == [("GO", "GO")]
    assert {each.subject for each in found.days[0].verdicts} == {"b1", "portfolio"}
    assert found.notes == [
        "desk.toml has changed since: who is judged is taken from the day's metrics and verdicts: 2026-05-04"
    ]


def test_bot_of_a_changed_desk_that_was_not_measured_is_insufficient(tmp_path: Path) -> None:
    two = load_desk(a_desk(tmp_path / "desk", {"b1": OPENING, "b2": OPENING}))
    record_day(two, tmp_path / "out", FIRST, absent=[(*GAP, "b2")])
    two.file.write_text(two.file.read_text() + "\n# changed\n")
    found = replayed(load_desk(two.file.parent), tmp_path)
    assert decisions(found) == [("HOLD", "HOLD")]
    assert [(each.check, each.subject, each.status) for each in found.days[0].verdicts if each.blocks] == [
        ("gap_x", "b2", "INSUFFICIENT")
    ]


@pytest.mark.parametrize(("change", "decision"), [({}, "GO"), ({"min_sample": 50}, "HOLD")])
def test_waiver_holds_where_nothing_of_the_entry_has_changed(
    small: Desk, suites: Path, tmp_path: Path, change: dict[str, Any], decision: str
) -> None:
    waiver = {"id": "w1", "gate": "reconciliation#clock_offset_s", "subject": "b1", "since": "2026-05-04T00:00:00Z"}
    waiver |= {"until": "2026-05-06T00:00:00Z", "author": "ann", "approver": "bob", "reason": "known offset"}
    record_day(small, tmp_path / "out", FIRST, {OFFSET: (100.0, 99)}, inputs={"waivers": [waiver]})
    bound(suites, *OFFSET, **change)
    assert decisions(replayed(small, tmp_path, suites=suites)) == [("GO", decision)]


def test_day_that_awaited_sign_offs_alone_stays_on_hold(small: Desk, tmp_path: Path) -> None:
    signed = small.audit.model_copy(update={"sign_offs": ("risk",), "public_key": f"ed25519:{'A' * 43}="})
    record_day(small.model_copy(update={"audit": signed}), tmp_path / "out", FIRST)
    found = replayed(small, tmp_path)
    assert decisions(found) == [("HOLD", "HOLD")]
    assert [(each.day.awaits, each.hold, each.flipped) for each in found.days] == [(True, "", False)]


@pytest.mark.parametrize(
    ("first", "last", "words"), [(THIRD, FIRST, "is after --to"), (SECOND, THIRD, "none of the days from 2026-05-05")]
)
def test_span_without_a_day_is_refused(small: Desk, tmp_path: Path, first: date, last: date, words: str) -> None:
    record_day(small, tmp_path / "out", FIRST)
    with pytest.raises(InputError, match=words):
        replayed(small, tmp_path, first, last)


@pytest.mark.slow
def test_day_is_measured_again_from_the_store(day: IngestedDesk, suites: Path) -> None:
    over = partial(backtest, day.desk, day.out, first=PUBLISHED, last=PUBLISHED, suites=suites)
    bound(suites, "event_store", "coverage_h", min_value=1)
    assert over(from_store=True).days[0].flips == over().days[0].flips != []
    day.desk.file.write_text(day.desk.file.read_text() + "\n# changed\n")
    with pytest.raises(InputError, match=r"desk.toml .*put it back"):
        over(from_store=True)


def test_stop_that_would_be_none_is_noted(small: Desk, suites: Path, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST, {("portfolio_risk", "daily_loss_share"): (0.5, 99)})
    bound(suites, "portfolio_risk", "daily_loss_share", max_value=0.9)
    found = replayed(small, tmp_path, suites=suites)
    assert decisions(found) == [("STOP", "GO")]
    assert found.notes[0].startswith("a STOP that would be none: its incident and actions stay")


def _said(desk: Desk, found: Backtest) -> dict[str, Any]:
    return BacktestReport(desk.name, "suites", found.days, found.costs, found.left_out, found.notes).as_json()


@pytest.mark.slow
def test_processes_say_the_same_as_this_process(small: Desk, suites: Path, tmp_path: Path) -> None:
    record_day(small, tmp_path / "out", FIRST, {GAP: (20.0, 99)})
    record_day(small, tmp_path / "out", SECOND, {GAP: (5.0, 99)})
    bound(suites, *GAP, max_value=25)
    with LocalEngine(2) as engine:
        apart = replayed(small, tmp_path, suites=suites, engine=engine)
    assert _said(small, apart) == _said(small, replayed(small, tmp_path, suites=suites))
    assert dict(apart.left_out) == {"not run": [THIRD]}


class _Here(LocalEngine):
    """Does the tasks in a thread of this process."""

    def executor(self) -> Executor:
        return ThreadPoolExecutor(1)


def test_day_whose_replay_fails_is_left_out_by_its_name(
    small: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (FIRST, SECOND):
        record_day(small, tmp_path / "out", day)
    replay_day = module._replay_day

    def fails(*given: Any) -> Any:
        return replay_day(*given) if SECOND not in given else 1 / 0

    monkeypatch.setattr(module, "_replay_day", fails)
    found = replayed(small, tmp_path, last=SECOND, engine=_Here(1))
    assert [each.day.date for each in found.days] == [FIRST]
    assert found.failed == [SECOND]
    assert found.left_out == {"its replay failed, ZeroDivisionError: division by zero": [SECOND]}
