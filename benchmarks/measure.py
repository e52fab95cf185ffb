"""Running one step in a process of its own: how long it took and how much memory it had at its peak."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

__all__ = ["Measured", "TreeMemory", "measure", "median"]

_LOOK_S, _TREE_LOOK_S = 0.02, 0.1


@dataclass(frozen=True)
class Measured:
    """Seconds, peak anonymous memory in GB (what the process had beyond its imports counts too), the result, and CPU seconds.

    CPU seconds are those of the process's own threads, which no other process of the machine lengthens.
    """

    seconds: float
    peak_gb: float
    result: Any
    cpu_s: float


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
    """Return the run whose CPU time half of the others did not beat."""
    return sorted(runs, key=lambda run: run.cpu_s)[len(runs) // 2]


def _run(answer: Connection, step: Callable[..., Any], given: tuple[object, ...]) -> None:
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_S):
            peak[0] = max(peak[0], _anonymous_kb())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began, cpu = time.perf_counter(), time.process_time()
    result = step(*given)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    done.set()
    watcher.join()
    answer.send(Measured(seconds, max(peak[0], _anonymous_kb()) / 1e6, result, cpu_s))


def _anonymous_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon:")).split()[1])


class TreeMemory:
    """The peak memory in GB of a process and all its descendants together, while this is entered.

    `rss_gb` counts the pages of mapped files too, those that two processes share twice; `anonymous_gb` does not.
    """

    def __init__(self, pid: int) -> None:
        self.rss_gb, self.anonymous_gb = 0.0, 0.0
        self._pid, self._done = pid, threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "TreeMemory":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._done.wait(_TREE_LOOK_S):
            found = [_memory_kb(pid) for pid in _tree(self._pid)]
            self.rss_gb = max(self.rss_gb, sum(rss for rss, _ in found) / 1e6)
            self.anonymous_gb = max(self.anonymous_gb, sum(anonymous for _, anonymous in found) / 1e6)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _memory_kb(pid: int) -> tuple[int, int]:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0, 0
    said = dict(line.split(":", 1) for line in status.splitlines() if line.startswith(("VmRSS", "RssAnon")))
    rss, anonymous = (int(said.get(name, "0 kB").split()[0]) for name in ("VmRSS", "RssAnon"))
    return rss, anonymous
