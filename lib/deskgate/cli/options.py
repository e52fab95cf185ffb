"""What every command shares: its options, finding the desk, and errors as one sentence with an exit code."""

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from deskgate.cli.echo import echo
from deskgate.cli.run_log import RunLog
from deskgate.config.errors import DeskgateError, InputError, RunError
from deskgate.config.instants import parse_day

if TYPE_CHECKING:
    from deskgate.audit.trail import Trail
    from deskgate.config.desk import Desk
    from deskgate.store.tables import Store

__all__ = [
    "REPORTS",
    "TOLD",
    "AsOfOption",
    "ByOption",
    "DateOption",
    "DeskOption",
    "EngineOption",
    "JsonOption",
    "MarkdownOption",
    "MetricsOption",
    "OutOption",
    "PdfOption",
    "ProvisionalOption",
    "QuietOption",
    "SchedulerOption",
    "SinceOption",
    "SuitesOption",
    "VerboseOption",
    "WhyOption",
    "WorkersOption",
    "authoriser",
    "find_day",
    "find_desk",
    "handle_errors",
    "interrupted_as",
    "open_records",
    "parse_span",
    "print_note",
    "refuse_missing",
    "refuse_together",
]

R = TypeVar("R")

DeskOption = Annotated[
    Path | None,
    typer.Option(
        "--desk", help="A desk's folder or its desk.toml; default: config/desk.toml here, else the nearest one upwards."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Where reports and the store are written.")]
SuitesOption = Annotated[
    Path | None,
    typer.Option("--suites", help="The folder of the suites; default: [desk] suites in desk.toml, else expectations/."),
]
DateOption = Annotated[str | None, typer.Option("--date", help="The UTC day, YYYY-MM-DD; default: yesterday.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="The instant to speak for, ISO 8601; default: the day's end.")
]
ProvisionalOption = Annotated[
    bool, typer.Option("--provisional/--strict", help="A look in between: the same gates, but never a GO.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print only the outcome in a line, and errors: for cron.")]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", help="Say each step as it begins and ends, with its time, and what was read.")
]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")]
PdfOption = Annotated[
    bool, typer.Option("--pdf", help="Print the day's pages into <out>/pdf/<day> with this machine's Chromium.")
]
MetricsOption = Annotated[
    Path | None,
    typer.Option(
        "--metrics-file",
        help="The file of metrics for Prometheus; default: [monitoring] textfile of desk.toml, else OUT/metrics/deskgate.prom.",
    ),
]
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Where the work is done: local (processes) or dask; default: this process, or local with --workers.",
    ),
]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="How many processes; 1: this process alone.")]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        help="The address of a Dask scheduler that runs, for --engine dask; default: one is started here.",
    ),
]
ByOption = Annotated[str, typer.Option("--by", help="Who does it.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, for whoever reads it later.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--as-of", help="From when it counts, ISO 8601; default: now. A day that is over sees no later one."),
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")]
REPORTS = Path("reports")
# What is said where Ctrl-C came while commands were sent.
TOLD = "interrupted; bots may have been told, expected a receipt of each: run `deskgate act` to see what is open"


def handle_errors(command: Callable[..., R]) -> Callable[..., R]:
    """Return the command with a run log, a `--debug` option, and its errors as one sentence with an exit code."""

    @wraps(command)
    def run(*args: Any, debug: bool = False, **options: Any) -> R:  # noqa: ANN401 - a command's own
        with RunLog(options.get("out"), command.__name__) as log:
            try:
                return command(*args, **options)
            except DeskgateError as error:
                log.failed(error)
                _say(str(error), error if debug else None)
                raise typer.Exit(error.exit_code) from error
            except KeyboardInterrupt as error:
                log.failed(error)
                _say("interrupted; nothing of this day has been written", None)
                raise typer.Exit(3) from error
            except typer.Exit:
                raise
            except Exception as error:
                # Exit code 1 says HOLD or STOP; an internal error is neither.
                place = log.failed(error, internal=True)
                where = f"traceback in {place}" if place else "run it with --debug for the traceback"
                _say(f"internal error, {type(error).__name__}: {error} ({where})", error if debug else None)
                raise typer.Exit(3) from error

    signature = inspect.signature(command)
    option = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=DebugOption)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "debug": DebugOption}
    return run


def authoriser(by: str, *, arm: bool) -> str:
    """Return who authorises an armed run; empty where none is armed.

    Raises
    ------
    InputError
        It is armed, and nobody is named.
    """
    if arm and not by.strip():
        raise InputError("--arm without --by, expected who authorises it; give --by NAME")
    return by.strip() if arm else ""


@contextmanager
def interrupted_as(sentence: str) -> Iterator[None]:
    """Say what Ctrl-C leaves behind, where that is more than nothing.

    Raises
    ------
    RunError
        It was interrupted.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise RunError(sentence) from error


def print_note(sentence: str) -> None:
    """Print on stderr what a reader has to know beside how the command ended."""
    echo(f"note: {sentence}", err=True)


def _say(sentence: str, traced: Exception | None) -> None:
    echo(f"deskgate: {sentence}", err=True)
    if traced is not None:
        echo("".join(traceback.format_exception(traced)).rstrip(), err=True)


def refuse_together(**given: bool) -> None:
    """Refuse options of which only one can be obeyed; `given` has whether each was, by name.

    Raises
    ------
    InputError
        Several were given.
    """
    if len(names := [f"--{name}" for name, is_given in given.items() if is_given]) > 1:
        raise InputError(f"{' and '.join(names)} were given, expected one of them; leave out the others")


def refuse_missing(out: Path) -> None:
    """Refuse an --out that no run has written to: a mistyped one would look like a desk that has never been run.

    Raises
    ------
    InputError
        There is no such folder.
    """
    if not out.is_dir():
        raise InputError(
            f"{out}: no folder there, expected the one that `deskgate daily` writes to; give that run's --out"
        )


def parse_span(first: str | None, last: str | None, example: date) -> tuple[date | None, date | None]:
    """Return the days of --from and --to; None for one that is not given. `example` is one that could have been meant.

    Raises
    ------
    InputError
        One of them is no date.
    """
    begin, end = (
        None if text is None else parse_day(text, option, example)
        for text, option in ((first, "--from"), (last, "--to"))
    )
    return begin, end


def find_day(out: Path, given: Path | None) -> Path:
    """Return the folder of a published day: one that is given by its folder or its date, else the last one in `out`.

    Raises
    ------
    InputError
        There is no such day, or none at all.
    """
    days = sorted(out.glob("????-??-??"))
    if given is None and not days:
        raise InputError(f"{out}: no day there, expected one that `deskgate daily` made; give that run's --out")
    folder = days[-1] if given is None else given if given.is_dir() else out / given
    if not folder.is_dir():
        raise InputError(f"{folder}: no such day, expected one that `deskgate daily` made; run it, or give its --out")
    return folder


def find_desk(given: Path | None) -> "Desk":
    """Return the desk at `given`, else config/desk.toml of the current directory, else the nearest desk.toml upwards."""
    from deskgate.config import desk_file

    return desk_file.find_desk(given)


def find_desk_with_files(given: Path | None, *, with_config: bool = False, quiet: bool = False) -> "Desk":
    """Return the desk as `find_desk`, after `require_files`."""
    desk = find_desk(given)
    require_files(desk, with_config=with_config, quiet=quiet)
    return desk


def require_files(desk: "Desk", *, with_config: bool = False, quiet: bool = False) -> None:
    """Say which of a desk's patterns match nothing, unless quiet, and refuse a desk of which none does.

    Parameters
    ----------
    with_config
        Whether the files of the bots' `config` are enough.

    Raises
    ------
    InputError
        None of its patterns matches anything, and it has no stream.
    """
    from deskgate.schema import LEGS
    from deskgate.sources.unmatched import EVERY_KEY, refuse_without_files, unmatched

    for each in () if quiet else unmatched(desk):
        print_note(each.sentence)
    refuse_without_files(desk, EVERY_KEY if with_config else LEGS)


def open_records(given: Path | None, out: Path) -> "tuple[Desk, Store, Trail]":
    """Return the desk at `given` with the store and the audit trail that an operator's record is written into.

    Raises
    ------
    InputError
        There is no desk, or it has no store in `out`: in one that is made for the record nobody would see it.
    """
    from deskgate.audit.trail import Trail
    from deskgate.store.desk_store import open_existing

    desk = find_desk(given)
    return desk, open_existing(desk, out), Trail.open(desk, out)
