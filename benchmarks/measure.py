"""Running one step in a process of its own: how long it took and how much anonymous memory it had at its peak."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

__all__ = ["Measured", "measure", "median"]

_LOOK_S = 0.02


@dataclass(frozen=True)
class Measured:
    """Seconds, peak anonymous memory in GB (what the process had beyond its imports counts too), and the result."""

    seconds: float
    peak_gb: float
    result: Any


def measure(step: Callable[..., Any], *given: object) -> Measured:
    """Run `step` alone in a new process; its time does not include imports that its module makes.

    Raises
    ------
    RuntimeError
        The process ended without a result.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    run = multiprocessing.get_context("spawn").Process(target=_run, args=(theirs, step, given))
    run.start()
    theirs.close()
    try:
        measured: Measured = ours.recv()
    except EOFError as error:
        raise RuntimeError(f"{step.__name__} ended without a result, see above") from error
    finally:
        run.join()
    return measured


def median(runs: Sequence[Measured]) -> Measured:
    """Return the run that half of the others did not beat."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def _run(answer: Connection, step: Callable[..., Any], given: tuple[object, ...]) -> None:
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_S):
            peak[0] = max(peak[0], _anonymous_kb())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.perf_counter()
    result = step(*given)
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    answer.send(Measured(seconds, max(peak[0], _anonymous_kb()) / 1e6, result))


def _anonymous_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon:")).split()[1])
