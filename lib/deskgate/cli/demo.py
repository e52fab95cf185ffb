"""`deskgate demo`: a deterministic demo desk."""

from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import handle_errors
from deskgate.config.errors import InputError
from deskgate.config.plural import count_of

__all__ = ["demo"]


@handle_errors
def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder for the desk.")],
    seed: Annotated[int, typer.Option(help="Another seed, another market.")] = 7,
    days: Annotated[int, typer.Option(min=1, help="UTC days; the story takes four.")] = 4,
    faults: Annotated[
        str, typer.Option(help="none: a clean desk; few: the story; all: one fault of each kind on day 2.")
    ] = "few",
) -> None:
    """Write a deterministic demo desk of four bots in authentic formats."""
    from deskgate.demo import write_demo

    if faults not in ("none", "few", "all"):
        raise InputError(f"--faults '{faults}' is unknown, expected none, few or all")
    made = write_demo(folder, seed=seed, days=days, faults=faults)  # type: ignore[arg-type]  # checked above
    echo(f"{made.folder}: {count_of(len(made.bots), 'bot')}, {made.first_day} to {made.last_day}")
