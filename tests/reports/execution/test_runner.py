import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager

from deskgate.config.errors import InputError
from deskgate.reports.execution import runner
from deskgate.reports.execution.kernels import Kernels
from deskgate.reports.execution.runner import Executed, execute
from deskgate.reports.execution.workers import start_workers
from report_inputs import write_notebook

pytestmark = pytest.mark.usefixtures("patient_kernels")
# One notebook, run in a process of its own.
ALONE = """
import sys, pathlib
from deskgate.reports.execution.runner import execute
from deskgate.reports.execution.workers import start_workers

notebook, target = map(pathlib.Path, sys.argv[1:])
with start_workers(1) as workers:
    execute([notebook], target, {}, workers=workers, timeout_s=600, progress=lambda *_: None)
"""


def _quiet(_notebook: str, _state: str) -> None:
    """Say nothing."""


def _run(*notebooks: Path, timeout_s: int = 3600, **parameters: object) -> list[Executed]:
    target = notebooks[0].parent / "out"
    return _execute(notebooks, target, parameters, timeout_s=timeout_s, progress=_quiet)


def _execute(notebooks: Sequence[Path], *given: Any, **options: Any) -> list[Executed]:
    with start_workers(min(2, len(notebooks))) as workers:
        return execute(notebooks, *given, workers=workers, **options)


def _last_output(run: Executed) -> nbformat.NotebookNode:
    cells = nbformat.read(run.output, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", [])][-1]


@pytest.mark.slow
def test_notebook_runs_in_this_interpreter_with_its_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoy = tmp_path / "jupyter" / "kernels" / "python3"
    decoy.mkdir(parents=True)
    (decoy / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    notebook = write_notebook(tmp_path / "a{x}.ipynb", "import sys\n(sys.executable, day)", parameters="day: str = ''")
    (run,) = _run(notebook, day="2026-05-04")
    assert run.error is None
    assert _last_output(run).data["text/plain"] == repr((sys.executable, "2026-05-04"))
    assert str(tmp_path) not in run.output.read_text()


@pytest.mark.slow
def test_failing_notebooks_are_kept_and_the_others_go_on(tmp_path: Path) -> None:
    states: list[tuple[str, str]] = []
    notebooks = [
        write_notebook(tmp_path / "1_bad.ipynb", "'before'", "1 / 0", "'after'"),
        write_notebook(tmp_path / "2_dead.ipynb", "import os\nos._exit(1)"),
        write_notebook(tmp_path / "3_good.ipynb", "'done'"),
    ]
    runs = _execute(notebooks, tmp_path / "out", {}, timeout_s=3600, progress=lambda *state: states.append(state))
    assert [run.error for run in runs] == [
        "stopped in code cell 2, `1 / 0`: ZeroDivisionError: division by zero",
        "stopped in code cell 1, `import os`: Kernel died",
        None,
    ]
    assert [_last_output(run).output_type for run in runs] == ["error", "error", "execute_result"]
    assert {(name, state) for name, state in states if state != "running"} == {
        ("1_bad", "failed"),
        ("2_dead", "failed"),
        ("3_good", "done"),
    }
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [notebook.name for notebook in notebooks]


@pytest.mark.slow
def test_hung_notebook_is_stopped_when_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # By this clock the time is over when the first cell begins, however long the kernel took to start.
    clock = iter([0.0])
    monkeypatch.setattr(runner, "monotonic", lambda: next(clock, 3600.0))
    hung = write_notebook(tmp_path / "hung.ipynb", "import threading\nthreading.Event().wait()")
    (run,) = _run(hung)
    assert run.error == "stopped in code cell 1, `import threading`: it took longer than the 3600 s it has"
    assert _last_output(run).output_type == "error"


def test_wrong_parameter_is_refused_before_anything_runs(tmp_path: Path) -> None:
    notebooks = [
        write_notebook(tmp_path / "a.ipynb", "1", parameters="day: str = ''"),
        write_notebook(tmp_path / "b.ipynb", "1", parameters="days: str = ''"),
    ]
    with pytest.raises(InputError, match=r"b\.ipynb: no parameter 'day' \(did you mean 'days'\?\)"):
        _run(*notebooks, day="2026-05-04")
    assert not (tmp_path / "out").exists()


def test_two_notebooks_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match=r"a\.ipynb: named more than once"):
        _run(write_notebook(tmp_path / "a.ipynb"), write_notebook(tmp_path / "other" / "a.ipynb"))


@pytest.mark.slow
def test_notebook_is_written_once_however_many_cells_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    writes = nbformat.writes

    def counted(node: nbformat.NotebookNode, *words: Any, **options: Any) -> str:
        written.append(sum(len(cell.get("outputs", [])) for cell in node.cells))
        return str(writes(node, *words, **options))

    notebook = write_notebook(tmp_path / "a.ipynb", "1", "2", "3")
    monkeypatch.setattr(nbformat, "writes", counted)
    (run,) = _run(notebook)
    assert run.error is None
    assert written == [3]


@pytest.mark.slow
def test_running_twice_replaces_the_notebook(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "a.ipynb", "n", parameters="n: int = 0")
    first, second = _run(notebook, n=1)[0], _run(notebook, n=2)[0]
    assert first.output == second.output
    assert _last_output(second).data["text/plain"] == "2"


@pytest.mark.slow
def test_interrupt_stops_the_kernels_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # The kernel holds the pipe open for as long as it lives: its end is the pipe's.
    source = (
        f"import threading\nheld = open({str(pipe)!r}, 'w')\nheld.write('up')\nheld.flush()\nthreading.Event().wait()"
    )
    notebook = write_notebook(tmp_path / "a.ipynb", source)
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", ALONE, notebook, tmp_path / "out"], stderr=subprocess.PIPE, text=True
    ) as run:
        with pipe.open("rb", buffering=0) as held:
            assert held.read(2) == b"up"
            run.send_signal(signal.SIGINT)
            assert select.select([held], [], [], 300)[0]
            assert held.read() == b""
        _, complaint = run.communicate(timeout=300)
    assert complaint.rstrip().endswith("KeyboardInterrupt")
    assert list((tmp_path / "out").iterdir()) == []


def test_stop_during_a_launch_leaves_no_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = Kernels(tmp_path)
    manager = kernels.manager_class()(kernel_name="python3")
    launch = AsyncKernelManager._async_launch_kernel

    async def interrupted(self: AsyncKernelManager, *words: Any, **options: Any) -> None:
        kernels.stop()
        await launch(self, *words, **options)

    monkeypatch.setattr(AsyncKernelManager, "_async_launch_kernel", interrupted)
    with pytest.raises(RuntimeError, match="the run was stopped"):
        asyncio.run(manager._async_start_kernel())
    provisioner: Any = manager.provisioner
    assert provisioner.process.wait(300) == -signal.SIGKILL
    with pytest.raises(RuntimeError, match="the run was stopped"):
        kernels.manager_class()(kernel_name="python3")


@pytest.mark.slow
def test_run_prints_nothing(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "a.ipynb", "import os\nos.write(2, b'noise')", "1 / 0")
    done = subprocess.run([sys.executable, "-c", ALONE, notebook, tmp_path / "out"], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
