"""A papermill engine that runs a notebook in a kernel that is already there, and leaves the kernel running."""

from typing import TYPE_CHECKING, Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

if TYPE_CHECKING:
    from deskgate.reports.execution.kernels import ReusedKernel

__all__ = ["ENGINE"]

ENGINE = "deskgate"


class _ReusedKernelEngine(NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """Papermill's own engine, but for the kernel: it is given, and outlives the notebook."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        kernel: "ReusedKernel",
        start_timeout: int = 60,
        **options: Any,  # noqa: ANN401 - nbclient's own
    ) -> None:
        known = {name: options[name] for name in ("iopub_timeout", "timeout_func") if name in options}
        client = PapermillNotebookClient(
            nb_man, km=kernel.ready(start_timeout), startup_timeout=start_timeout, kernel_name=kernel_name, **known
        )
        try:
            client.execute()
        finally:
            # nbclient leaves a kernel it does not own alone, and its channels to it too.
            if client.kc is not None:
                client.kc.stop_channels()


papermill_engines.register(ENGINE, _ReusedKernelEngine)
