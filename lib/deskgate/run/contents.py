"""What the pages of a run's notebooks say, worked out by processes of their own while other notebooks still run.

A chart holds Python's lock as long as it is drawn: in the run's own process, the threads that talk to the kernels would wait for it.
"""

from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from pathlib import Path

from deskgate.engines.local import LocalEngine
from deskgate.reports.pages.notebook_content import Content, read_content

__all__ = ["Contents"]


class Contents:
    """The contents of notebooks that a run has executed; `engine` has the processes that read them."""

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine
        self._begun: dict[Path, Future[Content]] = {}

    def begin(self, notebook: Path) -> None:
        """Let a process read a notebook when those before are taken."""
        try:
            self._begun[notebook] = self._engine.executor().submit(read_content, notebook)
        except self._engine.lost:
            # It was ended from outside: who asks for the content reads the notebook.
            return

    def of(self, notebooks: Iterable[Path]) -> dict[Path, Content]:
        """Return the content of each notebook that left a file; where a process was lost, this one reads it.

        Raises
        ------
        InputError
            A notebook cannot be read.
        """
        return {notebook: self._content(notebook) for notebook in notebooks if notebook.is_file()}

    def _content(self, notebook: Path) -> Content:
        try:
            return self._begun[notebook].result()
        except (KeyError, CancelledError, *self._engine.lost):
            # What waits behind a process that was lost may be cancelled before anybody sees that it was.
            return read_content(notebook)
