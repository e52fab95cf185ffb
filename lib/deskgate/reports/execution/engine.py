"""A papermill engine that runs a notebook in a kernel that is already there, and leaves the kernel running.

Papermill writes the whole notebook before and after each cell, unless it is told not to. With charts in it that took longer than
the cells did: so the caller gets the notebook while it runs, and papermill writes it when it is through.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from deskgate.reports.execution.kernels import ReusedKernel

__all__ = ["ENGINE"]

ENGINE = "deskgate"


class _ReusedKernelEngine(NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """Papermill's own engine, but for the kernel: it is given, and outlives the notebook.

    `begun` is called with the notebook before its first cell; what it shows is in it also where it fails.
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        kernel: "ReusedKernel",
        begun: "Callable[[NotebookNode], None]",
        start_timeout: int = 60,
        **options: Any,  # noqa: ANN401 - nbclient's own
    ) -> None:
        begun(nb_man.nb)
        known = {name: options[name] for name in ("iopub_timeout", "timeout_func") if name in options}
        running = kernel.ready(start_timeout)
        client = PapermillNotebookClient(nb_man, km=running.manager, kernel_name=kernel_name, **known)
        # A client of its own would wait until the kernel has been quiet for a while; nbclient leaves what it was given open.
        client.kc = running.client
        client.execute()


papermill_engines.register(ENGINE, _ReusedKernelEngine)
