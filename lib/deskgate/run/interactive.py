"""Interactive copies of a published day's notebook pages, made on request and linked from the pages that they are copies of."""

from pathlib import Path

from deskgate.assessment.evidence import open_verified
from deskgate.audit.decision_file import DECISION
from deskgate.config.errors import InputError
from deskgate.reports.pages.banner import read_decision
from deskgate.reports.pages.interactive import write_copy
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.opening import read_opening
from deskgate.reports.pages.summaries import witnessed
from deskgate.run.begun import show_days
from deskgate.run.day_folder import locked

__all__ = ["write_interactive"]


def write_interactive(folder: Path, out: Path) -> list[Path]:
    """Write a copy beside each notebook's page of a published day, link them, and return the files.

    Raises
    ------
    InputError
        The day was changed since its run or has no notebooks, or a run holds `out`.
    """
    if folder.resolve().parent != out.resolve():
        raise InputError(f"{folder}: not a day of {out}, expected a folder in it; name its --out")
    with locked(out):
        open_verified(folder)
        decision = read_decision(folder / DECISION)
        notebooks = [file for file in sorted(folder.glob("*.ipynb")) if file.with_suffix(".html").is_file()]
        if not notebooks:
            raise InputError(f"{folder}: no notebook has a page there, expected those of a run; run the day again")
        view = read_opening(folder, decision, out)
        stems = [file.stem for file in notebooks]
        later = Later.read(out, witnessed(out))
        made = [write_copy(file, decision, view, stems, later) for file in notebooks]
        show_days(out)
    return made
