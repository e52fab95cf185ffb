"""Kernels for one run: the interpreter that runs Deskgate, and no other.

A kernelspec is a name that may point anywhere: to another project's environment, or nowhere. So none is looked up.
The kernels talk through sockets in a folder of their own (no ports to race for, no runtime folder in the home
directory), start with an empty IPython profile (no start-up scripts of the user) and can all be stopped at once.

A kernel runs one notebook after the other: starting it and importing polars and altair costs several times what a
notebook itself does. Between two notebooks its namespace is emptied; after a notebook that failed it is replaced.
"""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient

__all__ = ["Kernels", "ReusedKernel", "Running"]

_EMPTY = "get_ipython().reset(new_session=True)"

# How often a kernel that runs code of ours is looked at.
_ALIVE_S = 0.5


class Kernels:
    """The kernels that one run starts, with their sockets and profile in `folder`.

    Parameters
    ----------
    folder
        A folder for this run alone.
    preload
        Code that each kernel runs when it has started, before its first notebook.
    """

    def __init__(self, folder: Path, preload: str = "") -> None:
        self.folder = folder
        self.preload = preload
        self.stopped = False
        self._started: list[AsyncKernelManager] = []
        self.spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3 (ipykernel)",
            language="python",
            env={
                "IPYTHONDIR": str(folder / "ipython"),
                # The debugger complains on stderr about frozen modules; nobody debugs here.
                "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            },
        )

    def manager_class(self) -> type[AsyncKernelManager]:
        """Return a kernel manager class whose kernels belong to this run."""
        kernels = self

        class Manager(AsyncKernelManager):
            @property
            def kernel_spec(self) -> KernelSpec:
                return kernels.spec

            def __init__(self, **options: object) -> None:
                kernels.refuse_when_stopped()
                super().__init__(
                    transport="ipc" if os.name == "posix" else "tcp",
                    connection_file=str(kernels.folder / f"{uuid4().hex[:8]}.json"),
                    **options,
                )
                kernels.add(self)

            async def _async_launch_kernel(self, kernel_cmd: list[str], **options: object) -> None:
                kernels.refuse_when_stopped()
                # What a kernel says before its streams are captured would end up in the operator's terminal.
                await super()._async_launch_kernel(kernel_cmd, stderr=subprocess.DEVNULL, **options)
                # A stop that came during the launch did not see this process yet.
                if kernels.stopped:
                    kernels.stop()
                    kernels.refuse_when_stopped()

        return Manager

    def add(self, manager: AsyncKernelManager) -> None:
        self._started.append(manager)

    def refuse_when_stopped(self) -> None:
        if self.stopped:
            raise RuntimeError("the run was stopped")

    def stop(self) -> None:
        """Kill every kernel of the run, and let no other one start."""
        self.stopped = True
        for manager in list(self._started):
            kill(manager)


def kill(manager: AsyncKernelManager) -> None:
    """Kill a kernel and what it has started."""
    process = getattr(manager.provisioner, "process", None)
    if process is not None and process.poll() is None:
        with suppress(ProcessLookupError):
            # A kernel leads its own process group: its children go with it.
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


@dataclass(frozen=True)
class Running:
    """A kernel and the client that talks to it."""

    manager: AsyncKernelManager
    client: "AsyncKernelClient"


async def _end(manager: AsyncKernelManager) -> None:
    kill(manager)
    # Waits for the process, and closes what talked to it.
    await manager.shutdown_kernel(now=True)


class ReusedKernel:
    """The kernel of one worker thread: started when it is needed, emptied between notebooks, replaced after a failure.

    One client talks to it as long as it lives: each new one waits until it has heard nothing for a while.
    """

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self._running: Running | None = None
        # Papermill and nbclient run on the loop of the thread that calls them.
        self._loop = ensure_event_loop()

    def warm(self, timeout_s: float) -> None:
        """Start the kernel before it is needed; where that fails, none is left, and a notebook that needs one starts another.

        Raises
        ------
        RuntimeError
            As `ready`.
        """
        try:
            self.ready(timeout_s)
        except BaseException:
            self.discard()
            raise

    def ready(self, timeout_s: float) -> Running:
        """Return a running kernel whose namespace is empty.

        Raises
        ------
        RuntimeError
            The run was stopped, the kernel ended, or none answered in time.
        """
        return self._loop.run_until_complete(self._ready(timeout_s))

    async def _ready(self, timeout_s: float) -> Running:
        if self._running is not None and await self._running.manager.is_alive():
            # One that dies just now is no fault of the next notebook: it gets another.
            with suppress(RuntimeError, TimeoutError):
                await _execute(self._running, _EMPTY, timeout_s)
                return self._running
        await self._discard()
        self._running = running = await self._start()
        running.client.start_channels()
        running.client.allow_stdin = False
        # It looks itself whether the kernel lives.
        await running.client.wait_for_ready(timeout=timeout_s)
        if self._kernels.preload:
            await _execute(running, self._kernels.preload, timeout_s)
            await _execute(running, _EMPTY, timeout_s)
        return running

    async def _start(self) -> Running:
        manager = self._kernels.manager_class()(kernel_name="python3")
        try:
            await manager.start_kernel()
        except BaseException:
            await _end(manager)
            raise
        return Running(manager, manager.client())

    def discard(self) -> None:
        """Kill the kernel: the next notebook gets another one."""
        self._loop.run_until_complete(self._discard())

    async def _discard(self) -> None:
        if self._running is not None:
            running, self._running = self._running, None
            running.client.stop_channels()
            await _end(running.manager)

    def close(self) -> None:
        """Kill the kernel and close the loop; what waits for a kernel that is gone would else complain on stderr."""
        self.discard()
        waiting = asyncio.all_tasks(self._loop)
        for task in waiting:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        self._loop.close()


async def _execute(running: Running, code: str, timeout_s: float) -> None:
    """Run code of ours in a kernel, beside its notebooks.

    Raises
    ------
    RuntimeError
        The kernel ended, or did not answer in time.
    TimeoutError
        The code did not end in time.
    """
    run = running.client.execute_interactive(
        code, silent=True, store_history=False, allow_stdin=False, timeout=timeout_s, output_hook=lambda _: None
    )
    await _while_alive(running.manager, asyncio.ensure_future(run))


async def _while_alive(manager: AsyncKernelManager, run: asyncio.Future[Any]) -> None:
    """Wait for `run`, and give up as soon as the kernel has ended."""
    try:
        while not (await asyncio.wait({run}, timeout=_ALIVE_S))[0]:
            # Its last answer may still be on the way.
            if not await manager.is_alive() and not (await asyncio.wait({run}, timeout=_ALIVE_S))[0]:
                raise RuntimeError("the kernel ended before its code did")
        await run
    finally:
        run.cancel()
