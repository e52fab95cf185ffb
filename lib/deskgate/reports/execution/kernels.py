"""Kernels for one run: the interpreter that runs Deskgate, and no other.

A kernelspec is a name that may point anywhere: to another project's environment, or nowhere. So none is looked up.
The kernels talk through sockets in a folder of their own (no ports to race for, no runtime folder in the home
directory), start with an empty IPython profile (no start-up scripts of the user) and can all be stopped at once.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

__all__ = ["Kernels"]


class Kernels:
    """The kernels that one run starts, with their sockets and profile in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[AsyncKernelManager] = []
        self.stopped = False
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
        """Return a kernel manager class for nbclient, whose kernels belong to this run."""
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

    @property
    def folder(self) -> Path:
        return self._folder

    def add(self, manager: AsyncKernelManager) -> None:
        self._started.append(manager)

    def refuse_when_stopped(self) -> None:
        if self.stopped:
            raise RuntimeError("the run was stopped")

    def stop(self) -> None:
        """Kill every kernel of the run, and let no other one start."""
        self.stopped = True
        for manager in list(self._started):
            process = getattr(manager.provisioner, "process", None)
            if process is not None and process.poll() is None:
                with suppress(ProcessLookupError):
                    # A kernel leads its own process group: its children go with it.
                    os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
