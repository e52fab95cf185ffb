"""The workers of a Dask scheduler: an existing one, or one in this process with processes of this machine.

Dask itself does a task again whose worker was lost, on a worker that it starts in its place.
"""

import logging
import time
from concurrent.futures import Executor
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from deskgate.config.errors import InputError, RunError
from deskgate.engines.local import THREADS, threads_each

__all__ = ["DaskEngine"]

# Within so many seconds an existing scheduler answers, and has a worker; one that was lost is back.
_ANSWER_S = 30


class DaskEngine:
    """A client of a scheduler; leaving the context closes it, and ends what it started.

    Parameters
    ----------
    workers
        How many processes are started where no scheduler is given.
    scheduler
        The address of an existing one, such as tls://10.0.0.5:8786. Its workers need this version of Deskgate, and the paths of
        the desk, of --out and of the store. Certificates are those of Dask's own configuration.
    """

    def __init__(self, workers: int, scheduler: str | None = None) -> None:
        self.workers, self.scheduler = workers, scheduler
        self._stack = ExitStack()
        self._client: Any = None
        # When it was last seen to have a worker.
        self._seen_s = 0.0

    @property
    def lost(self) -> tuple[type[BaseException], ...]:
        """What a task raises whose workers were lost."""
        from distributed.scheduler import KilledWorker

        return (KilledWorker,)

    def __enter__(self) -> Self:
        try:
            import distributed
        except ImportError as error:
            raise InputError(
                "--engine dask: the package `distributed` is not installed; install it by `pip install 'deskgate[dask]'`, or"
                " give --engine local"
            ) from error
        # What became of a worker is said by `run_tasks`, once.
        for name in [each for each in logging.root.manager.loggerDict if each.split(".")[0] == "distributed"]:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with self._stack:
            self._client = self._connected(distributed) if self.scheduler else self._started(distributed)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _started(self, distributed: Any) -> Any:  # noqa: ANN401 - it may not be installed
        # Whoever reaches the port could run code here: nobody without the keys of this run, on loopback.
        security = distributed.Security.temporary()
        cluster = distributed.LocalCluster(
            n_workers=self.workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tls://",
            security=security,
            dashboard_address=None,
            # Its HTTP server would else want one port for all runs of this machine.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            # The machine's own limits hold, as they do for other processes.
            memory_limit=0,
            env={THREADS: str(threads_each(self.workers))},
            silence_logs=logging.CRITICAL,
        )
        self._stack.enter_context(cluster)
        return self._stack.enter_context(distributed.Client(cluster, set_as_default=False))

    def _connected(self, distributed: Any) -> Any:  # noqa: ANN401 - it may not be installed
        try:
            client = distributed.Client(self.scheduler, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(
                f"--scheduler {self.scheduler}: no Dask scheduler answers there ({error}), expected one like"
                " tcp://10.0.0.5:8786; start it, or correct the address"
            ) from error
        self._stack.enter_context(client)
        try:
            client.wait_for_workers(1, timeout=_ANSWER_S)
            self.workers = _workers(client)
        except TimeoutError:
            self.workers = 0
        if not self.workers:
            raise InputError(
                f"--scheduler {self.scheduler}: it has no worker or does not answer, expected a worker within {_ANSWER_S} s;"
                " start `dask worker`, or see whether the scheduler is stopped"
            )
        return client

    def executor(self) -> Executor:
        """Return the executor of the scheduler's workers.

        Raises
        ------
        RunError
            The scheduler is gone.
        """
        self._seen_s = time.monotonic()
        self.require()
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def require(self) -> None:
        """Raise a `RunError` where the scheduler is gone, or has had no worker for `_ANSWER_S` seconds: it would wait for ever."""
        where = self.scheduler or "in this process"
        workers = 0
        if self._client.status == "running":
            # Asked before the status is looked at again: it may show that the scheduler is gone.
            try:
                workers = _workers(self._client)
            except TimeoutError as error:
                raise RunError(
                    f"the Dask scheduler {where} has not answered for {_ANSWER_S} s while it had tasks, expected their results;"
                    " nothing of them was written: see whether it is stopped or its machine is out of reach, and run it again"
                ) from error
        if self._client.status != "running":
            raise RunError(
                f"the Dask scheduler {where} was lost while it had tasks, expected their results; nothing of them was written:"
                " start it, and run it again"
            )
        if workers:
            self._seen_s = time.monotonic()
        elif time.monotonic() - self._seen_s > _ANSWER_S:
            raise RunError(
                f"the Dask scheduler {where} lost its last worker while it had tasks, expected another one within {_ANSWER_S} s;"
                " nothing of them was written: start `dask worker`, and run it again"
            )


def _workers(client: Any) -> int:  # noqa: ANN401 - Dask may not be installed
    """Return how many workers a scheduler has; 0 where it is gone.

    Raises
    ------
    TimeoutError
        It does not answer: it is stopped, or out of reach. `Client.scheduler_info` would wait for ever.
    """
    if client.scheduler is None:
        return 0
    try:
        return len(client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=_ANSWER_S)["workers"])
    except TimeoutError:
        raise
    except OSError:
        return 0
