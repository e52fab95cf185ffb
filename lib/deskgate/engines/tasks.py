"""Tasks over an engine: plain data out, results back in the order of the tasks, whichever worker did them and when.

A task is done again where its worker was lost. One that raises, or ends its worker again and again, is poisoned: it is named,
the others are done all the same, and the caller decides what that means.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future, wait
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Protocol

from deskgate.config.paths import code_digest

__all__ = ["Executors", "Poisoned", "Task", "run_tasks"]

# So often all that is left is tried together, then each task by itself: only there it is certain whose worker was lost.
_TOGETHER, _ALONE = 2, 2
# How often it is asked whether the engine itself is still there.
_LOOK_S = 1.0
# What decides about the bytes of a result, besides this package's own code.
_RESTS_ON = ("polars", "numpy", "scipy")


@dataclass(frozen=True)
class Task:
    """One call that another process can make.

    Parameters
    ----------
    name
        What it is about, in words: a day, or a day and its bots.
    run
        A function at the top of a module.
    given
        Its arguments: plain data that can be pickled, such as paths, names and JSON.
    """

    name: str
    run: Callable[..., Any]
    given: tuple[Any, ...]


@dataclass(frozen=True)
class Poisoned:
    """A task that has no result, and why, in a sentence; `exit_code` is that of the error that it raised, 3 of anything else."""

    name: str
    why: str
    exit_code: int = 3

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


class Executors(Protocol):
    """What `run_tasks` needs of an engine."""

    @property
    def lost(self) -> tuple[type[BaseException], ...]:
        """What a task raises whose worker was lost."""

    def executor(self) -> Executor:
        """Return the executor, a fresh one where the one before was lost."""

    def require(self) -> None:
        """Raise a `RunError` where the engine itself is gone."""


def run_tasks(engine: Executors, tasks: Sequence[Task]) -> list[Any]:
    """Do all tasks, and return their results in the order of the tasks; a `Poisoned` stands where one has none.

    Raises
    ------
    RunError
        The engine itself was lost: its scheduler does not answer any more.
    """
    found: dict[int, Any] = {}
    for _ in range(_TOGETHER):
        if left := [n for n in range(len(tasks)) if n not in found]:
            found |= _gather(engine, tasks, left)
    for n in [n for n in range(len(tasks)) if n not in found]:
        for _ in range(_ALONE):
            if n not in found:
                found |= _gather(engine, tasks, [n])
        found.setdefault(n, Poisoned(tasks[n].name, f"its worker was lost {_ALONE} times while it did nothing else"))
    return [found[n] for n in range(len(tasks))]


def _gather(engine: Executors, tasks: Sequence[Task], wanted: Sequence[int]) -> dict[int, Any]:
    """Return what was done of some tasks; those are missing whose worker was lost."""
    pool, versions = engine.executor(), _versions()
    lost: tuple[type[BaseException], ...] = (*engine.lost, CancelledError)
    number: dict[Future[Any], int] = {}
    found: dict[int, Any] = {}
    try:
        for n in wanted:
            number[pool.submit(_call, versions, tasks[n].run, tasks[n].given)] = n
    except lost:
        # Those that were submitted end the same way.
        pass
    pending = set(number)
    while pending:
        done, pending = wait(pending, timeout=_LOOK_S)
        engine.require()
        for future in done:
            name = tasks[number[future]].name
            try:
                value, problem, exit_code = future.result()
            except lost:
                continue
            except Exception as error:  # noqa: BLE001 - the engine's own: what was sent cannot be read there, say
                first = next(iter(str(error).splitlines()), "")
                value, problem, exit_code = None, f"no worker could begin it, {type(error).__name__}: {first}", 3
            found[number[future]] = Poisoned(name, problem, exit_code) if problem else value
    return found


def _call(versions: dict[str, str], run: Callable[..., Any], given: tuple[Any, ...]) -> tuple[Any, str, int]:
    """Return what a call returns, or in words what it raised: an error of another process is not always one here."""
    try:
        here = _versions()
        if differing := [name for name in versions if versions[name] != here[name]]:
            name = differing[0]
            return (
                None,
                f"the worker has {name} {here[name][:12]}, expected {versions[name][:12]} as where it was started from",
                3,
            )
        return run(*given), "", 0
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller names the task and decides
        code = getattr(error, "exit_code", 3)
        return None, str(error) if hasattr(error, "exit_code") else f"{type(error).__name__}: {error}", code


def _versions() -> dict[str, str]:
    return {"the code of Deskgate": code_digest()} | {name: version(name) for name in _RESTS_ON}
