"""`deskgate report`: the daily report of a published day, as its run wrote it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.options import REPORTS, DeskOption, JsonOption, OutOption, find_day, find_desk, handle_errors
from deskgate.config.errors import InputError

__all__ = ["report"]


@handle_errors
def report(
    day: Annotated[
        Path | None, typer.Argument(help="A day in --out, or its folder; without it the last day there.")
    ] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_json: JsonOption = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, which is also what is printed without it.")
    ] = False,
) -> None:
    """Print the daily report: what changed, what was touched and validated, numbers, risks, the way back, what to do next."""
    from deskgate.reports.daily_report.markdown import as_markdown
    from deskgate.run.daily_report import published_report

    if as_json and markdown:
        raise InputError("--json and --markdown were given, expected one of them; leave out the other")
    found = published_report(find_desk(desk), find_day(out, day))
    typer.echo(json.dumps(found.as_json(), indent=1, ensure_ascii=False) if as_json else as_markdown(found), nl=as_json)
