"""Processes for tests that kill or race: forked from a server that has imported the library, so that starting is cheap."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

__all__ = ["barrier", "start"]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["deskgate.collector", "deskgate.store.ingest", "deskgate.store.tables"])


def start(target: Callable[..., None], *given: object) -> BaseProcess:
    """Start `target` in a process of its own."""
    process = _CONTEXT.Process(target=target, args=given, daemon=True)
    process.start()
    return process


def barrier(parties: int) -> Any:
    """Return a barrier that such processes can be given."""
    return _CONTEXT.Barrier(parties)
