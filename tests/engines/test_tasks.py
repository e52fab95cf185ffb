"""Tasks over processes: results in order, a lost worker's task again, a poisoned one by its name."""

import os
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

from deskgate.config.errors import InputError
from deskgate.engines import Engine, Poisoned, Task, open_engine, run_tasks
from deskgate.engines.dask import DaskEngine
from deskgate.engines.local import LocalEngine, threads_each

from . import jobs


@pytest.fixture(scope="module")
def local() -> Iterator[LocalEngine]:
    with LocalEngine(2) as engine:
        yield engine


def test_results_are_in_the_order_of_the_tasks_and_of_other_processes(local: Engine) -> None:
    found = run_tasks(local, [Task(str(n), jobs.twice, (n,)) for n in (5, 3, 9)])
    assert [each[0] for each in found] == [10, 6, 18]
    assert os.getpid() not in {each[1] for each in found}


def test_no_tasks_start_no_worker() -> None:
    before = set(active_children())
    with LocalEngine(2) as engine:
        assert run_tasks(engine, []) == []
        assert set(active_children()) == before


def test_workers_share_the_cores(local: Engine) -> None:
    assert run_tasks(local, [Task("threads", jobs.threads, ())]) == [threads_each(2)]


@pytest.mark.slow
def test_task_that_raises_is_named_and_the_others_are_done(local: Engine) -> None:
    tasks = [Task("one", jobs.refuse, (1,)), Task("two", jobs.twice, (2,))]
    poisoned, done = run_tasks(local, tasks)
    assert str(poisoned) == "one: ValueError: 1 is odd"
    assert done[0] == 4


def test_task_that_cannot_be_sent_is_named(local: Engine) -> None:
    poisoned, done = run_tasks(local, [Task("one", lambda: 1, ()), Task("two", jobs.twice, (2,))])
    assert poisoned.name == "one"
    assert poisoned.why.startswith("no worker could begin it, ")
    assert done[0] == 4


@pytest.mark.slow
def test_lost_workers_task_is_done_again(local: Engine, tmp_path: Path) -> None:
    tasks = [Task("dies", jobs.die_once, (str(tmp_path / "mark"),)), Task("two", jobs.twice, (2,))]
    found = run_tasks(local, tasks)
    assert (found[0], found[1][0]) == ("done", 4)


@pytest.mark.long
def test_task_that_ends_every_worker_is_poisoned_and_tried_a_bounded_number_of_times(
    local: Engine, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    tasks = [Task("bot1 on 2026-03-02", jobs.die, (str(mark),)), *(Task(str(n), jobs.twice, (n,)) for n in range(3))]
    poisoned, *others = run_tasks(local, tasks)
    assert poisoned == Poisoned("bot1 on 2026-03-02", "its worker was lost 2 times while it did nothing else")
    assert [each[0] for each in others] == [0, 2, 4]
    assert len(mark.read_text().splitlines()) <= 4


@pytest.mark.slow
def test_leaving_the_engine_ends_its_workers() -> None:
    with LocalEngine(2) as engine:
        (_, pid), *_ = run_tasks(engine, [Task("one", jobs.twice, (1,))])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_dask_gives_the_same_results_and_does_a_lost_workers_task_again(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra deskgate[dask] is not installed")
    with DaskEngine(2) as engine:
        tasks = [
            Task("dies", jobs.die_once, (str(tmp_path / "mark"),)),
            Task("odd", jobs.refuse, (1,)),
            *(Task(str(n), jobs.twice, (n,)) for n in (5, 3)),
            Task("threads", jobs.threads, ()),
        ]
        found = run_tasks(engine, tasks)
    assert found[0] == "done"
    assert str(found[1]) == "odd: ValueError: 1 is odd"
    assert [each[0] for each in found[2:4]] == [10, 6]
    assert found[4] == threads_each(2)


@pytest.mark.parametrize(
    ("name", "workers", "scheduler", "says"),
    [
        ("dusk", None, None, "expected one of local, dask (did you mean 'dask'?)"),
        ("local", 0, None, "--workers 0: expected 1 or more"),
        ("local", None, "tcp://127.0.0.1:1", "expected --engine dask beside it"),
        ("dask", 2, "tcp://127.0.0.1:1", "leave out --workers"),
    ],
)
def test_options_that_say_no_engine_are_refused(
    name: str, workers: int | None, scheduler: str | None, says: str
) -> None:
    with pytest.raises(InputError, match=says.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        open_engine(name, workers, scheduler)


@pytest.mark.parametrize(("name", "workers"), [(None, None), (None, 1), ("local", 1)])
def test_one_worker_is_this_process(name: str | None, workers: int | None) -> None:
    with open_engine(name, workers) as engine:
        assert engine is None
