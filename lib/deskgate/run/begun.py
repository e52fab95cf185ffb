"""A day's run from its beginning to its publication: what is shown of the days meanwhile, and after a run that did not get there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path

from deskgate.audit.open_runs import begin_run, end_run, note_failure, open_runs
from deskgate.config.errors import InputError
from deskgate.reports.pages.index_page import write_index
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.summaries import summarise, witnessed
from deskgate.run.day_folder import DayFolder, locked

__all__ = ["begun", "publish", "show_again", "show_days"]


@contextmanager
def begun(out: Path, day: date, now: Callable[[], datetime]) -> Iterator[None]:
    """Show on the index and on the day's earlier pages that a run has begun, until it is published; `out` is held.

    What a run says that fails before is shown too. One that is killed leaves what it began with.
    """
    begin_run(out, day, now())
    show_days(out)
    try:
        yield
    except Exception as error:
        if day.isoformat() in open_runs(out):
            note_failure(out, day, str(error))
        show_days(out)
        raise


def publish(folder: DayFolder) -> None:
    """Put the prepared day in its place: its run has ended."""
    folder.publish()
    end_run(folder.out, folder.day)
    show_days(folder.out)


def show_days(out: Path) -> None:
    """Show on the index and on the pages of all days what is known of them by now; `out` is held.

    Only the days of which something else is known than their pages say are written. A page that cannot be written is left as it
    is: the index, which comes first, says it all the same.
    """
    later = Later.read(out, witnessed(out))
    days = summarise(out, later)
    write_index(out, later, days)
    for day in days:
        if day.marked is not None and not later.says_already(day.marked, day.name, day.decision):
            with suppress(OSError):
                later.mark(out / day.name)


def show_again(out: Path) -> None:
    """Do as `show_days`, unless a run holds `out`: it does so itself when it ends."""
    with suppress(InputError), locked(out):
        show_days(out)
