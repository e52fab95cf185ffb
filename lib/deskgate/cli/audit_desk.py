"""`deskgate audit-desk`: which passes of another control plane's gates prove nothing, and why."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import JsonOption, MarkdownOption, handle_errors, refuse_missing, refuse_together
from deskgate.cli.terminal import print_report

__all__ = ["audit_desk"]


@handle_errors
def audit_desk(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The desk's folder, with the control plane's reports.")],
    own: Annotated[
        Path | None, typer.Option("--out", help="Where `deskgate daily` wrote days of this desk, to be shown beside.")
    ] = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Name each pass of another control plane's gates that rests on nothing; nothing is written."""
    from deskgate.run.audit_desk import audit_desk as audit

    refuse_together(json=as_json, markdown=markdown)
    if own is not None:
        refuse_missing(own)
    report = audit(folder, own)
    if as_json:
        echo(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    elif markdown:
        echo(report.as_markdown())
    else:
        print_report(report.tables(), report.remarks, report.summary)
