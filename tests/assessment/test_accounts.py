"""A day split by account: the same bytes in whatever pieces, processes and order, and an account that fails by its name."""

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assessment.carried import cut_before_each_day
from deskgate.assessment import accounts, day_case
from deskgate.assessment.accounts import AccountParts, account_groups, measure_account
from deskgate.assessment.artifacts import write_artifacts
from deskgate.assessment.assessment import Assessment, assess
from deskgate.assessment.carried_fills import CarriedFills
from deskgate.case.fill_history import FillHistory
from deskgate.config.desk import Desk
from deskgate.config.errors import DeskgateError, InputError, RunError
from deskgate.engines import Engine
from deskgate.engines.dask import DaskEngine
from deskgate.engines.local import LocalEngine
from deskgate.parity.deltas import Delta, deltas
from whole_desks import IngestedDesk

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 3)


class Here(LocalEngine):
    """Does the tasks in a thread of this process, each account by itself."""

    def __init__(self) -> None:
        super().__init__(workers=99)

    def executor(self) -> Executor:
        return ThreadPoolExecutor(1)


def by(engine: Engine, made: IngestedDesk, *, day: date = DAY, for_pages: bool = False) -> Assessment:
    as_of = made.assess(day).inputs.as_of
    return assess(made.desk, made.store, day=day, as_of=as_of, engine=engine, for_pages=for_pages)


def digests(assessment: Assessment, folder: Path) -> dict[str, str]:
    return write_artifacts(folder, assessment, {}).digests


def assert_same(found: Assessment, made: IngestedDesk, place: Path) -> None:
    assert made.assess(DAY).breaks.height
    assert digests(found, place / "parts") == digests(made.assess(DAY), place / "whole")


def _numbers(found: Sequence[Delta]) -> list[tuple[object, ...]]:
    return [(each.bot, each.measure, each.span, each.value, each.interval, each.why) for each in found]


def test_each_account_by_itself_gives_the_same_bytes(ingested_faulty_demo: IngestedDesk, tmp_path: Path) -> None:
    found = by(Here(), ingested_faulty_demo, for_pages=True)
    assert_same(found, ingested_faulty_demo, tmp_path)
    assert _numbers(deltas(found.case)) == _numbers(deltas(ingested_faulty_demo.assess(DAY).case))


def test_two_processes_give_the_same_bytes(ingested_faulty_demo: IngestedDesk, tmp_path: Path) -> None:
    with LocalEngine(2) as engine:
        assert_same(by(engine, ingested_faulty_demo), ingested_faulty_demo, tmp_path)


def test_dask_gives_the_same_bytes(ingested_faulty_demo: IngestedDesk, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra deskgate[dask] is not installed")
    with DaskEngine(2) as engine:
        assert_same(by(engine, ingested_faulty_demo), ingested_faulty_demo, tmp_path)


def test_each_account_carries_what_is_finished_and_gives_the_same_bytes(
    ingested_faulty_demo: IngestedDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [date(2026, 3, 3 + number) for number in range(3)]
    whole = {day: digests(ingested_faulty_demo.assess(day), tmp_path / f"whole-{day}") for day in days}
    # A place of its own: what other tests carry there is of the whole desk, or cut elsewhere.
    place = shutil.copytree(ingested_faulty_demo.out, tmp_path / "out", ignore=shutil.ignore_patterns("*.carried"))
    made = IngestedDesk(ingested_faulty_demo.desk, place, ingested_faulty_demo.days)
    taken: list[tuple[str, date]] = []

    class Noted(CarriedFills):
        def newest(self, start: datetime) -> FillHistory | None:
            history = super().newest(start)
            if history and history.finished.select(pl.len()).collect().item():
                taken.append((self.store.holds, start.date()))
            return history

    monkeypatch.setattr(day_case, "CarriedFills", Noted)
    cut_before_each_day(monkeypatch, 1)
    for day in days:
        assert digests(by(Here(), made, day=day), tmp_path / f"parts-{day}") == whole[day]
    assert {f"demo without {json.dumps(['bot1', 'bot2', 'bot3'])}", "demo"} <= {holds for holds, _ in taken}
    # A state that one part kept is no other's, nor the whole desk's.
    kinds = list(Path(f"{made.store.location}.carried").iterdir())
    assert len(kinds) == 2 * (1 + len(account_groups(made.desk, made.assess(DAY).case.frames["sources"])))


def fails(error: Exception, bot: str) -> Callable[..., AccountParts]:
    def measure(*given: Any) -> AccountParts:
        if bot in given[-1]:
            raise error
        return measure_account(*given)

    return measure


@pytest.mark.parametrize(("error", "kind"), [(OSError("disk is gone"), RunError), (InputError("wrong"), InputError)])
def test_account_that_fails_is_named_alone(
    ingested_faulty_demo: IngestedDesk,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    kind: type[DeskgateError],
) -> None:
    monkeypatch.setattr(accounts, "measure_account", fails(error, "bot4"))
    engine = Here()
    engine.workers = 1
    with pytest.raises(kind, match=r"^the account of bot4 on 2026-03-03: .*(disk is gone|wrong)$"):
        by(engine, ingested_faulty_demo)


def test_desk_that_changed_meanwhile_is_refused(ingested_faulty_demo: IngestedDesk) -> None:
    inputs = ingested_faulty_demo.assess(DAY).inputs.model_copy(update={"config": {"desk.toml": "0"}})
    with pytest.raises(InputError, match="changed while the day was being judged"):
        measure_account(str(ingested_faulty_demo.desk.file), inputs.model_dump_json(), [], False, ["bot4"])


def listing(**files: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(path, bot) for path, bots in files.items() for bot in bots], schema=["path", "bot"], orient="row"
    )


@pytest.mark.parametrize(
    ("shadow", "files", "expected"),
    [
        (None, {"one": ["bot1"], "two": ["bot3"]}, [["bot1"], ["bot3"], ["bot4"]]),
        ("bot3", {}, [["bot1", "bot3"], ["bot4"]]),
        (None, {"one": ["bot3", "bot4"]}, [["bot1"], ["bot3", "bot4"]]),
        (None, {"one": ["bot4", "bot1"], "two": ["bot3", "bot4"]}, [["bot1", "bot3", "bot4"]]),
        # bot2 is disabled: what it shares joins nobody.
        (None, {"one": ["bot1", "bot2"], "two": ["bot2", "bot3"]}, [["bot1"], ["bot3"], ["bot4"]]),
    ],
)
def test_bots_that_share_anything_are_one_account(
    ingested_faulty_demo: IngestedDesk, shadow: str | None, files: dict[str, list[str]], expected: list[list[str]]
) -> None:
    bots = ingested_faulty_demo.desk.bots
    desk: Desk = ingested_faulty_demo.desk.model_copy(
        update={"bots": bots | {"bot1": bots["bot1"].model_copy(update={"shadow": shadow})}}
    )
    assert account_groups(desk, listing(**files)) == expected
