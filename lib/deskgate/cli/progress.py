"""What a person sees while a command works: its steps, what waits, and how long each took; always on stderr.

On a terminal the steps are lines that change. Elsewhere (cron, CI, a pipe) each is a line of plain text once it has ended.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["Detail", "ShowStep", "detail_of", "progress_records", "progress_steps"]

# Called with a step's name, its state, and the seconds it took where it has ended.
ShowStep = Callable[[str, str, float | None], None]
MARKS = {"waiting": "·", "running": "…", "done": "✓", "failed": "✗"}


class Detail(IntEnum):
    """How much a command says of what it does."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


def detail_of(*, quiet: bool, verbose: bool, as_json: bool = False) -> Detail:
    """Return how much is said: output for machines is quiet unless `--verbose` is given with it."""
    if verbose:
        return Detail.VERBOSE
    return Detail.QUIET if quiet or as_json else Detail.NORMAL


@contextmanager
def progress_steps(detail: Detail, stages: tuple[str, ...]) -> Iterator[ShowStep]:
    """Show the steps of a run: nothing when quiet; off a terminal its `stages` and what failed, when verbose all steps."""
    if detail is Detail.QUIET:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _live() as show:
            yield show
    else:
        yield lambda step, state, seconds: _print_line(step, state, seconds, stages, detail)


def _print_line(step: str, state: str, seconds: float | None, stages: tuple[str, ...], detail: Detail) -> None:
    every = detail is Detail.VERBOSE
    if state == "running" and every:
        typer.echo(f"{step}: begins", err=True)
    elif seconds is not None and (every or step in stages or state == "failed"):
        typer.echo(f"{step}: {state} in {seconds:.1f} s", err=True)


@contextmanager
def _live() -> Iterator[ShowStep]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def show(step: str, state: str, _: float | None) -> None:
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=1, start=False)
        if state == "running":
            bar.start_task(tasks[step])
        bar.update(tasks[step], description=f"{MARKS[state]} {step}", completed=int(state in {"done", "failed"}))

    with bar:
        yield show


@contextmanager
def progress_records(detail: Detail) -> Iterator[Callable[[str, int], None]]:
    """Show how many records were read, of which source, and how fast; nothing when quiet or off a terminal."""
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.completed:,.0f} records, {task.completed / max(task.elapsed or 0, 0.1):,.0f}/s")

    bar = Progress(
        SpinnerColumn(),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        disable=detail is Detail.QUIET or not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)

        def on_records(path: str, records: int) -> None:
            bar.update(task, description=path, advance=records)

        yield on_records
