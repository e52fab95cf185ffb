"""`deskgate ladder`: each bot's rung, whether it may move on, and what is missing."""

import json
from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    JsonOption,
    MarkdownOption,
    OutOption,
    SuitesOption,
    find_desk,
    handle_errors,
    refuse_together,
)
from deskgate.cli.terminal import print_table
from deskgate.config.instants import now

__all__ = ["ladder"]


@handle_errors
def ladder(
    day: Annotated[str | None, typer.Argument(help="A day in --out, YYYY-MM-DD; without it the last one.")] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Show each bot's rung and whether it may move on, by the published days and desk.toml as it is now; it decides nothing."""
    from deskgate.reports.ladder_table import NO_RUNG, ladder_frame, ladder_markdown
    from deskgate.run.ladder import ladder_after

    refuse_together(json=as_json, markdown=markdown)
    where = find_desk(desk)
    on, found = ladder_after(where, out, day, now=now(), suites=suites)
    if as_json:
        echo(json.dumps({"desk": where.name, "date": on.isoformat(), "ladder": found}, indent=1))
    elif markdown:
        echo(ladder_markdown(f"Ladder of {where.name} after {on}", found))
    elif not found:
        echo(NO_RUNG)
    else:
        frame = ladder_frame(found)
        print_table(frame.columns, [list(row) for row in frame.iter_rows()])
        echo(f"{where.name}, after {on}; the day's decision is another matter: `deskgate status`")
