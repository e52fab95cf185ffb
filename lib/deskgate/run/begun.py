"""A day's run from its beginning to its publication: what is shown of the day meanwhile, and after a run that did not get there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from deskgate.audit.open_runs import begin_run, end_run, note_failure, open_runs
from deskgate.reports.pages.day_page import mark_pages, write_index
from deskgate.run.day_folder import DayFolder

__all__ = ["begun", "publish"]


@contextmanager
def begun(out: Path, day: date, now: Callable[[], datetime]) -> Iterator[None]:
    """Show on the index and on the day's earlier pages that a run has begun, until it is published; `out` is held.

    What a run says that fails before is shown too. One that is killed leaves what it began with.
    """
    begin_run(out, day, now())
    _show(out, day)
    try:
        yield
    except Exception as error:
        if day.isoformat() in open_runs(out):
            note_failure(out, day, str(error))
        _show(out, day)
        raise


def publish(folder: DayFolder) -> None:
    """Put the prepared day in its place: its run has ended."""
    folder.publish()
    end_run(folder.out, folder.day)
    write_index(folder.out)


def _show(out: Path, day: date) -> None:
    if run := open_runs(out).get(day.isoformat()):
        mark_pages(out / day.isoformat(), run)
    write_index(out)
