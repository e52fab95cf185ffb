"""The one way to print a line: nothing that was read from a desk moves the cursor or changes the terminal."""

import typer

from deskgate.config.plain_text import plain_text

__all__ = ["echo"]


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print text on stdout, on stderr with `err`; control characters as their escapes."""
    typer.echo(plain_text(text), err=err, nl=nl)
