"""Processes of this machine: a `ProcessPoolExecutor` whose workers are spawned, share the cores, and end with their parent."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from types import TracebackType
from typing import Any, Self

__all__ = ["THREADS", "LocalEngine", "threads_each"]

# How polars is told how many threads it may have; read when it is imported.
THREADS = "POLARS_MAX_THREADS"


def threads_each(workers: int) -> int:
    """Return how many threads each of some workers may have, so that all of them together have the machine's cores."""
    share = max(1, len(os.sched_getaffinity(0)) // workers)
    given = os.environ.get(THREADS, "")
    return min(share, int(given)) if given.isdigit() and int(given) else share


class _Recording(SpawnContext):
    """Spawns processes and remembers them, so that they can be ended whatever they are doing."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *given: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: ANN401, N802 - as in the library
        process = SpawnProcess(*given, **named)
        self.started.append(process)
        return process


class LocalEngine:
    """Some processes; they are started with the first task, and leaving the context ends them."""

    lost = (BrokenProcessPool,)

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._context = _Recording()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Results are home, or nobody wants them any more.
        self._end()

    def executor(self) -> Executor:
        """Return the pool; a fresh one where a worker of the one before was lost."""
        if self._pool is None or self._is_broken():
            self._end()
            self._pool = ProcessPoolExecutor(
                self.workers, self._context, initializer=_begin, initargs=(threads_each(self.workers),)
            )
        return self._pool

    def require(self) -> None:
        """Nothing to be asked: this process is the scheduler."""

    def _is_broken(self) -> bool:
        return any(process.exitcode is not None for process in self._context.started)

    def _end(self) -> None:
        for process in self._context.started:
            process.kill()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._context.started.clear()
        self._pool = None


def _begin(threads: int) -> None:
    """Prepare a worker, before it imports polars: its share of the cores, and an end when its parent ends."""
    os.environ[THREADS] = str(threads)
    # Ctrl-C is for the run, which ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
