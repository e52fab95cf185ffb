"""The one way to print a line: nothing that was read from a desk moves the cursor or changes the terminal."""

import typer

from deskgate.config.plain_text import plain_text

__all__ = ["echo"]


def echo(
    text: object = "", *, err: bool = False, nl: bool = True, fg: str | None = None, bold: bool | None = None
) -> None:
    """Print text on stdout, on stderr with `err`; control characters as their escapes.

    Parameters
    ----------
    nl
        Whether the line ends.
    fg, bold
        The colour and weight on a screen.
    """
    typer.secho(plain_text(str(text)), err=err, nl=nl, fg=fg, bold=bold)  # noqa: TID251 - the one place
