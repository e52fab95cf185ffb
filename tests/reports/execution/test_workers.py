import os
from pathlib import Path
from typing import Any

import pytest

from deskgate.reports.execution.kernels import ReusedKernel
from deskgate.reports.execution.runner import execute
from deskgate.reports.execution.workers import start_workers
from report_inputs import write_notebook

pytestmark = pytest.mark.usefixtures("patient_kernels")


def _ignore(_notebook: str, _state: str) -> None:
    """Take no note of the progress."""


@pytest.mark.slow
def test_kernel_starts_before_the_first_notebook_and_has_what_is_preloaded(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "a.ipynb", "import sys\nassert 'colorsys' in sys.modules")
    with start_workers(1, "import colorsys") as workers:
        # Jobs are done in order: this one when the kernel is there.
        pid = workers.submit(_pid).result()
        runs = execute([notebook], tmp_path / "out", {}, workers=workers, timeout_s=3600, progress=_ignore)
        assert workers.submit(_pid).result() == pid
    assert [run.error for run in runs] == [None]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_kernel_that_could_not_start_early_is_started_for_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_kernel: ReusedKernel, _timeout_s: float) -> None:
        raise RuntimeError("no kernel answered in time")

    monkeypatch.setattr(ReusedKernel, "warm", slow)
    notebook = write_notebook(tmp_path / "a.ipynb", "1")
    with start_workers(1) as workers:
        (run,) = execute([notebook], tmp_path / "out", {}, workers=workers, timeout_s=3600, progress=_ignore)
    assert run.error is None


@pytest.mark.slow
def test_kernel_that_ends_in_its_preload_is_noticed_without_waiting_for_the_time_out(tmp_path: Path) -> None:
    # Kernels have an hour here: only one that is seen to end lets this test end.
    notebook = write_notebook(tmp_path / "a.ipynb", "1")
    with start_workers(1, "import os\nos._exit(7)") as workers:
        (run,) = execute([notebook], tmp_path / "out", {}, workers=workers, timeout_s=3600, progress=_ignore)
    assert run.error is not None
    assert "the kernel ended before its code did" in run.error


def test_error_of_a_job_is_its_own_and_the_others_go_on() -> None:
    def bad(_kernel: ReusedKernel) -> None:
        raise OSError("no space left")

    with start_workers(1) as workers:
        failed, done = workers.submit(bad), workers.submit(lambda _: "done")
        assert done.result() == "done"
        with pytest.raises(OSError, match="no space left"):
            failed.result()


def _pid(kernel: ReusedKernel) -> int:
    provisioner: Any = kernel.ready(3600).manager.provisioner
    return int(provisioner.process.pid)
