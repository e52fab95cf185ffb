"""`deskgate init`: from a folder of bots to a commented desk.toml."""

from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.options import handle_errors
from deskgate.config.errors import InputError

__all__ = ["init"]


@handle_errors
def init(folder: Annotated[Path, typer.Argument(help="Where the bots' files lie.")]) -> None:
    """Find the bots under a folder and write a commented desk.toml; an existing one is never overwritten."""
    from deskgate.sources.discovery import discover, draft

    if not folder.is_dir():
        raise InputError(f"{folder}: no folder there, expected one that holds Hummingbot's files; name another one")
    target = folder / "desk.toml"
    if target.exists():
        raise InputError(f"{target}: exists already, and init never overwrites; move it away to have a new one")
    found = discover(folder)
    if not found:
        raise InputError(
            f"{folder}: no bot found, expected data/*.sqlite, bots/instances/*, controller logs, events or exports"
        )
    with target.open("x", encoding="utf-8") as file:
        file.write(draft(folder, found))
    typer.echo(f"{target}: {len(found)} bots")
    for bot in found:
        typer.echo(f"  {bot.name}: {bot.mode}, {bot.connector}, {', '.join(bot.pairs)}")
        for gap in bot.missing:
            typer.echo(f"    missing: {gap}")
    typer.echo(f"Read it, correct modes and openings, then: deskgate daily --desk {folder}")
