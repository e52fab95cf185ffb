"""What every command shares: its options, finding the desk, and errors as one sentence with an exit code."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar

import typer

from deskgate.config.errors import DeskgateError, InputError

if TYPE_CHECKING:
    from deskgate.config.desk import Desk

__all__ = [
    "REPORTS",
    "ByOption",
    "DateOption",
    "DeskOption",
    "JsonOption",
    "OutOption",
    "SuitesOption",
    "WhyOption",
    "find_desk",
    "sentences",
]

P = ParamSpec("P")
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
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why now.")]
REPORTS = Path("reports")


def sentences(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our own errors into one sentence on stderr and their exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except DeskgateError as error:
            typer.echo(f"deskgate: {error}", err=True)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            typer.echo("deskgate: interrupted; nothing of this day has been written", err=True)
            raise typer.Exit(3) from error
        except typer.Exit:
            raise
        except Exception as error:
            # Exit code 1 says HOLD or STOP; what nobody foresaw is neither.
            typer.echo(
                f"deskgate: an error nobody foresaw, {type(error).__name__}: {error}; please report it", err=True
            )
            raise typer.Exit(3) from error

    return run


def find_desk(given: Path | None) -> "Desk":
    """Return the desk at `given`, else config/desk.toml of the current directory, else the nearest desk.toml upwards."""
    from deskgate.config.desk import load_desk

    if given is not None:
        return load_desk(given)
    here = Path.cwd()
    for place in (here / "config" / "desk.toml", *(folder / "desk.toml" for folder in (here, *here.parents))):
        if place.is_file():
            return load_desk(place)
    raise InputError(
        f"{here}: no desk.toml here or above, expected one; name it with --desk, or make one with `deskgate init DIR`"
    )
