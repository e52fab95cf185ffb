"""What the tests of engines let workers do; a worker imports it by its name."""

import os
import signal
from pathlib import Path

import polars as pl


def twice(number: int) -> tuple[int, int]:
    """Return the double, and who doubled it."""
    return 2 * number, os.getpid()


def threads() -> int:
    """Return how many threads polars has."""
    return pl.thread_pool_size()


def refuse(number: int) -> None:
    raise ValueError(f"{number} is odd")


def die_once(mark: str) -> str:
    """End the worker with SIGKILL at the first call, and answer at the next."""
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def die(mark: str) -> None:
    """End the worker with SIGKILL, always; each call leaves a line."""
    with Path(mark).open("a", encoding="utf-8") as file:
        file.write("called\n")
    os.kill(os.getpid(), signal.SIGKILL)
