"""Threads that run notebooks, each in a kernel of its own, which may start long before the first notebook is there.

A kernel takes seconds to start and to import what notebooks share, in a process of its own: a run that begins with it while it still
judges the day waits for nothing afterwards.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from deskgate.reports.execution.kernels import Kernels, ReusedKernel

__all__ = ["Workers", "start_workers"]

T = TypeVar("T")

# A kernel that has not answered by then will not: it imports nothing of ours before it answers.
START_S = 60


class Workers:
    """What takes jobs: each is a function that is called with the kernel of the thread that runs it."""

    def __init__(self, kernels: "Kernels", number: int) -> None:
        self._kernels = kernels
        self._number = number
        self._jobs: SimpleQueue[Callable[[ReusedKernel], None] | None] = SimpleQueue()

    @property
    def stopped(self) -> bool:
        """Whether the kernels were stopped, and no other one may start."""
        return self._kernels.stopped

    def submit(self, job: "Callable[[ReusedKernel], T]") -> Future[T]:
        """Let one of the threads do a job when it is free; jobs begin in order."""
        done: Future[T] = Future()

        def run(kernel: "ReusedKernel") -> None:
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(job(kernel))
                except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
                    done.set_exception(error)

        self._jobs.put(run)
        return done

    def stop(self) -> None:
        """Kill the kernels: the jobs that run end by themselves."""
        self._kernels.stop()

    def work(self) -> None:
        """Do jobs until there are no more; for a thread of its own."""
        from deskgate.reports.execution.kernels import ReusedKernel

        kernel = ReusedKernel(self._kernels)
        try:
            while job := self._jobs.get():
                job(kernel)
        finally:
            kernel.close()

    def end(self) -> None:
        """Let each thread end when the jobs before are done."""
        for _ in range(self._number):
            self._jobs.put(None)


@contextmanager
def start_workers(number: int, preload: str = "") -> Iterator[Workers]:
    """Start threads with a kernel each, and stop them at the end.

    Parameters
    ----------
    number
        Notebooks at a time.
    preload
        Imports that the notebooks share; a kernel runs them once, when it has started.
    """
    from deskgate.reports.execution.kernels import Kernels

    with (
        TemporaryDirectory(prefix="deskgate-", ignore_cleanup_errors=True) as folder,
        ThreadPoolExecutor(max(number, 1), "notebook") as pool,
    ):
        workers = Workers(Kernels(Path(folder), preload), number)
        for _ in range(number):
            # One that cannot start says so when a notebook needs it.
            workers.submit(_warm)
        working = [pool.submit(workers.work) for _ in range(number)]
        try:
            yield workers
        finally:
            # Ctrl-C too: without their kernels the threads end by themselves, and the pool can close.
            workers.stop()
            workers.end()
        for each in working:
            each.result()


def _warm(kernel: "ReusedKernel") -> None:
    kernel.warm(START_S)
    # Papermill, which takes a second to import.
    import deskgate.reports.execution.engine  # noqa: F401
