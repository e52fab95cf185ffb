"""Which engine a command's options mean."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from deskgate.config.errors import InputError, did_you_mean
from deskgate.engines.dask import DaskEngine
from deskgate.engines.local import LocalEngine
from deskgate.engines.tasks import Executors

__all__ = ["ENGINES", "Engine", "open_engine"]

ENGINES = ("local", "dask")
# Where nobody says how many.
_WORKERS = 2


class Engine(Executors, Protocol):
    """An opened engine: see `run_tasks`."""

    @property
    def workers(self) -> int:
        """How many workers were asked for."""


def open_engine(
    name: str | None, workers: int | None, scheduler: str | None = None
) -> AbstractContextManager[Engine | None]:
    """Return the engine that was asked for, to be entered; None is in it where the work is to be done in this process.

    Parameters
    ----------
    name
        One of `ENGINES`; None: `local` where there are several workers.
    workers
        How many processes; None: 2 of an engine that is named.
    scheduler
        The address of an existing Dask scheduler.

    Raises
    ------
    InputError
        There is no such engine, or the options do not go together.
    """
    if name is not None and name not in ENGINES:
        raise InputError(f"--engine {name}: expected one of {', '.join(ENGINES)}{did_you_mean(name, ENGINES)}")
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: expected 1 or more")
    if scheduler is not None and name != "dask":
        raise InputError(f"--scheduler {scheduler}: expected --engine dask beside it; give both, or neither")
    if scheduler is not None and workers is not None:
        raise InputError(
            "--workers and --scheduler were given, expected one: a scheduler has workers; leave out --workers"
        )
    if name == "dask":
        return DaskEngine(workers or _WORKERS, scheduler)
    many = workers or (_WORKERS if name else 1)
    return LocalEngine(many) if many > 1 else nullcontext()
