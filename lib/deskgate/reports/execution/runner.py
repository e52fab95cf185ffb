"""Run notebooks with parameters, a few at a time, and keep whatever they got to.

A notebook that fails, hangs or loses its kernel must neither stop the others nor vanish: what it showed up to there
is evidence too. So every notebook ends in a file and an `Executed`; only a wrong parameter stops a run, before
anything has started. Nothing is rendered here, and the clock is read for durations alone.

Threads, not processes: the work is done in the kernels, which are processes already. A thread only passes messages. Each
has one kernel, in which it runs one notebook after the other.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from textwrap import shorten
from time import monotonic
from typing import TYPE_CHECKING

from deskgate.config.errors import InputError
from deskgate.reports.execution import workers as threads
from deskgate.reports.execution.parameters import check_parameters
from deskgate.reports.execution.workers import Workers

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from deskgate.reports.execution.kernels import ReusedKernel

__all__ = ["Executed", "execute"]

# After a cell's reply its last outputs may lag while two kernels share the machine; nbclient's 4 s is too tight.
OUTPUTS_S = 30
# Of the first line of a cell that failed.
LINE_SHOWN = 100


@dataclass(frozen=True)
class Executed:
    """One notebook's run: what was read, what was written, how long it took, and why it stopped if it did."""

    notebook: Path
    output: Path
    seconds: float
    error: str | None = None


def execute(
    notebooks: Sequence[Path],
    target: Path,
    parameters: Mapping[str, object],
    *,
    workers: Workers,
    timeout_s: int,
    progress: Callable[[str, str], None],
) -> list[Executed]:
    """Run each notebook with `parameters` and write `<target>/<notebook>.ipynb`, whole or not at all.

    Parameters
    ----------
    parameters
        Name -> literal. Every notebook declares every name in its cell tagged `parameters`.
    workers
        What runs them.
    timeout_s
        Seconds one notebook may take; the start of its kernel too, where that is not there yet.
    progress
        Called on this thread with a notebook's stem and `running`, `done` or `failed`.

    Returns
    -------
    list of Executed
        One per notebook, in the order given. `error` is a sentence where the notebook did not run through.

    Raises
    ------
    InputError
        A parameter that a notebook does not take, a notebook that cannot be read, or two of one name.
    """
    _refuse_same_names(notebooks)
    check_parameters(notebooks, parameters)
    target.mkdir(parents=True, exist_ok=True)
    messages: SimpleQueue[tuple[str, str] | None] = SimpleQueue()

    def job(notebook: Path, kernel: "ReusedKernel") -> Executed:
        messages.put((notebook.stem, "running"))
        run = _run(notebook, target / notebook.name, parameters, workers, kernel, timeout_s)
        messages.put((notebook.stem, "failed" if run.error else "done"))
        return run

    runs = [workers.submit(partial(job, notebook)) for notebook in notebooks]
    try:
        for each in runs:
            each.add_done_callback(lambda _: messages.put(None))
        _report(messages, len(runs), progress)
    except BaseException:
        # Ctrl-C too: no notebook is begun any more, and those that run end without their kernels.
        for each in runs:
            each.cancel()
        workers.stop()
        wait(runs)
        raise
    return [each.result() for each in runs]


def _refuse_same_names(notebooks: Sequence[Path]) -> None:
    names = [notebook.name for notebook in notebooks]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"{', '.join(twice)}: named more than once, expected names that differ because each writes a file of its "
            "name; rename or leave out one of them"
        )


def _report(messages: SimpleQueue[tuple[str, str] | None], runs: int, progress: Callable[[str, str], None]) -> None:
    """Pass on what the threads report until all runs have ended, which each reports as None."""
    while runs:
        match messages.get():
            case (name, state):
                progress(name, state)
            case _:
                runs -= 1


def _run(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, object],
    workers: Workers,
    kernel: "ReusedKernel",
    timeout_s: int,
) -> Executed:
    """Run one notebook; its partial file has a hidden name until it is whole."""
    import papermill

    from deskgate.reports.execution.engine import ENGINE

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    partial = output.with_name(f".{output.stem}.running.ipynb")
    start = monotonic()
    raised: Exception | None = None
    running: list[NotebookNode] = []

    def begun(node: "NotebookNode") -> None:
        # No paths of this machine in what is handed on.
        node.metadata.papermill.update(input_path=notebook.name, output_path=notebook.name)
        running.append(node)

    try:
        papermill.execute_notebook(
            _braced(notebook),
            _braced(partial),
            dict(parameters),
            engine_name=ENGINE,
            request_save_on_cell_execute=False,
            # The kernel is ours whatever it is called; the name only spares papermill the search for one.
            kernel_name="python3",
            language="python",
            kernel=kernel,
            begun=begun,
            progress_bar=False,
            start_timeout=min(threads.START_S, timeout_s),
            iopub_timeout=OUTPUTS_S,
            timeout_func=lambda _: max(start + timeout_s - monotonic(), 0.1),
        )
    except (papermill.PapermillExecutionError, TimeoutError, RuntimeError) as error:
        raised = error
        kernel.discard()
    if workers.stopped:
        partial.unlink(missing_ok=True)
        return Executed(notebook, output, monotonic() - start, "stopped with the run")
    sentence = _fail(running[0], partial, raised, timeout_s) if raised else None
    partial.replace(output)
    return Executed(notebook, output, monotonic() - start, sentence)


def _braced(path: Path) -> str:
    """Return the path for papermill, which would fill in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _fail(node: "NotebookNode", partial: Path, raised: Exception, timeout_s: int) -> str:
    """Say in the file and in a sentence why the notebook stopped."""
    import nbformat

    begun = [cell for cell in node.cells if cell.metadata.get("papermill", {}).get("start_time")]
    cells = [cell for cell in begun if cell.cell_type == "code"]
    sentence = _sentence(raised, len(cells), cells[-1].source if cells else "", timeout_s)
    if cells and not any(output.output_type == "error" for output in cells[-1].outputs):
        kind = type(raised).__name__
        cells[-1].outputs.append(nbformat.v4.new_output("error", ename=kind, evalue=sentence, traceback=[]))
    nbformat.write(node, partial)
    return sentence


def _sentence(raised: Exception, cell: int, source: str, timeout_s: int) -> str:
    line = next(filter(None, map(str.strip, source.splitlines())), "")
    where = f"code cell {cell}, `{shorten(line, LINE_SHOWN, placeholder=' ...')}`" if cell else "its start"
    if isinstance(raised, TimeoutError):
        return f"stopped in {where}: it took longer than the {timeout_s} s it has"
    if isinstance(raised, RuntimeError):
        return f"stopped in {where}: {' '.join(str(raised).split()) or 'the kernel died'}"
    ename, evalue = getattr(raised, "ename", type(raised).__name__), str(getattr(raised, "evalue", raised))
    return f"stopped in {where}: {ename}: {' '.join(evalue.split())}".removesuffix(": ")
