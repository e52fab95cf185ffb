"""How a loop that runs for days is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

__all__ = ["until_signal"]


@contextmanager
def until_signal(stopped: Event) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C set an event instead of ending the process, so that nothing is left half done."""
    if current_thread() is not main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
