"""`deskgate lab`: JupyterLab on the right investigation notebook, its parameters filled in."""

import datetime as dt
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import REPORTS, DeskOption, OutOption, find_desk, handle_errors, print_note
from deskgate.config.errors import InputError

if TYPE_CHECKING:
    from deskgate.config.desk import Desk
    from deskgate.reports.day import Day

__all__ = ["lab"]

# The server is reached from this machine alone; who may, its token decides.
_LOOPBACK = "127.0.0.1"


@handle_errors
def lab(
    question: Annotated[
        str | None,
        typer.Argument(
            help="fills, parity, thresholds, pnl or incident; default: what the break or the day asks first."
        ),
    ] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    date: Annotated[
        str | None, typer.Option("--date", help="The UTC day, YYYY-MM-DD; default: the last published one.")
    ] = None,
    break_id: Annotated[
        str | None, typer.Option("--break", help="A break's id, or a prefix that no other break of the day has.")
    ] = None,
    *,
    only_print: Annotated[
        bool, typer.Option("--print", help="Write the notebook and print its path; start nothing.")
    ] = False,
    allow_root: Annotated[
        bool, typer.Option("--allow-root", help="Start JupyterLab as root: each cell may do all that root may.")
    ] = False,
) -> None:
    """Open JupyterLab on an investigation notebook of a day: a copy of your own in OUT/investigate, the parameters filled in."""
    if not only_print and find_spec("jupyterlab") is None:
        raise InputError(
            "JupyterLab is not installed beside Deskgate, expected the module `jupyterlab`; install it with `pip install jupyterlab`,"
            " or give --print and open the notebook elsewhere"
        )
    if not only_print and not allow_root and _is_root():
        raise InputError(
            "you are root, expected another user, for a cell of JupyterLab may do all that its user may; run it as the user who owns the"
            " reports, or give --allow-root, or --print and open the notebook elsewhere"
        )
    file = _write(find_desk(desk), out, question, date, break_id)
    echo(file)
    if not only_print:
        raise typer.Exit(_serve(file, allow_root=allow_root))


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _write(desk: "Desk", out: Path, question: str | None, date: str | None, break_id: str | None) -> Path:
    from deskgate.reports.investigate.copies import QUESTIONS, question_of_break, question_of_day, write_copy
    from deskgate.reports.investigate.names import known_name

    if question is not None:
        known_name(question, QUESTIONS, "investigation notebook")
    date, day = _published(desk, out, date)
    asked = ""
    if break_id is not None:
        if day is None:
            raise InputError(
                f"{out}: --break without a published day, expected one that has it; run `deskgate daily` first, or name the day with --date"
            )
        asked, of_it = question_of_break(day.breaks, break_id)
        if question not in (None, "fills", "incident"):
            raise InputError(f"--break with '{question}', expected fills or incident; leave out one of them")
        question = question or of_it
    if day is None and not date:
        print_note(f"{out} has no published day: the notebook assesses the last one on record when it is run")
    question = question or ("pnl" if day is None else question_of_day(day))
    parameters = {"desk": str(desk.file), "date": date, "out": str(out.resolve()), "what": asked}
    return write_copy(question, out, parameters, "-".join(filter(None, (question, date, asked))))


def _published(desk: "Desk", out: Path, date: str | None) -> "tuple[str, Day | None]":
    """Return the wanted day or the last one, empty where there is none; None beside it where its run left no numbers.

    The notebook then assesses it: an older day is never opened in its place.
    """
    from deskgate.config.instants import parse_day
    from deskgate.reports.investigate.published_desk import PublishedDesk

    found = PublishedDesk(desk, out)
    dates = found.dates
    wanted = parse_day(date, "--date", dt.date(2026, 3, 19)).isoformat() if date is not None else (dates or [""])[-1]
    if wanted and not found.has_numbers(wanted):
        lacks = "its run left no numbers" if wanted in dates else "it was not run"
        print_note(f"{out} has no published day {wanted}, {lacks}: the notebook assesses it when it is run")
    return wanted, found.day(wanted) if wanted and found.has_numbers(wanted) else None


def _serve(file: Path, *, allow_root: bool) -> int:
    """Run JupyterLab until it ends; it asks itself what Ctrl-C means."""
    folder = file.parent.resolve()
    options = [f"--ServerApp.ip={_LOOPBACK}", f"--ServerApp.root_dir={folder}"]
    options += ["--ServerApp.allow_root=True"] if allow_root else []
    command = [sys.executable, "-m", "jupyterlab", *options, str(folder / file.name)]
    with subprocess.Popen(command) as server:  # noqa: S603 - our own interpreter and file
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                continue
