"""`deskgate report`: the daily report of a published day, as its run wrote it."""

from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    JsonOption,
    MarkdownOption,
    OutOption,
    find_day,
    find_desk,
    handle_errors,
    print_note,
    refuse_two_formats,
)
from deskgate.config.instants import now

__all__ = ["report"]


@handle_errors
def report(
    day: Annotated[
        Path | None, typer.Argument(help="A day in --out, or its folder; without it the last day there.")
    ] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Print the daily report: what changed, what was touched and validated, numbers, risks, the way back, what to do next."""
    from deskgate.run.published_report import published_report

    refuse_two_formats(as_json=as_json, markdown=markdown)
    found = published_report(find_desk(desk), find_day(out, day), now(), as_json=as_json)
    for sentence in found.since:
        print_note(sentence)
    echo(found.text, nl=False)
