"""`deskgate ladder`: each bot's rung, whether it may move on, and what is missing."""

import json
from typing import Annotated

import typer

from deskgate.cli.options import REPORTS, DeskOption, JsonOption, OutOption, SuitesOption, find_desk, handle_errors
from deskgate.cli.terminal import print_table
from deskgate.config.errors import InputError

__all__ = ["ladder"]


@handle_errors
def ladder(
    day: Annotated[str | None, typer.Argument(help="A day in --out, YYYY-MM-DD; without it the last one.")] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    as_json: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
) -> None:
    """Show each bot's rung and whether it may move on, by the published days and desk.toml as it is now; it decides nothing."""
    from deskgate.reports.ladder_table import NO_RUNG, ladder_frame, ladder_markdown
    from deskgate.run.ladder import ladder_after

    if as_json and markdown:
        raise InputError("--json and --markdown were given, expected one of them; leave out the other")
    where = find_desk(desk)
    on, found = ladder_after(where, out, day, suites=suites)
    if as_json:
        typer.echo(json.dumps({"desk": where.name, "date": on.isoformat(), "ladder": found}, indent=1))
    elif markdown:
        typer.echo(ladder_markdown(f"Ladder of {where.name} after {on}", found))
    elif not found:
        typer.echo(NO_RUNG)
    else:
        frame = ladder_frame(found)
        print_table(frame.columns, [list(row) for row in frame.iter_rows()])
        typer.echo(f"{where.name}, after {on}; the day's decision is another matter: `deskgate status`")
