"""`deskgate verify`: was anything of the record changed?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.options import REPORTS, DeskOption, JsonOption, OutOption, find_desk, handle_errors
from deskgate.config.errors import InputError

__all__ = ["verify"]

_SHOWN = 20


@handle_errors
def verify(
    audit: Annotated[
        bool, typer.Option("--audit", help="The audit trail: chain, checkpoints, decisions, rows.")
    ] = False,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint",
            help="A checkpoint kept elsewhere: a decision.json, a page, an alert's text; may be repeated.",
        ),
    ] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_json: JsonOption = False,
) -> None:
    """Say whether a record of the desk was changed, removed, reordered, inserted or cut off; exit 1 where one was."""
    from deskgate.audit.verify import verify_trail
    from deskgate.audit.witnesses import given_witnesses
    from deskgate.store.desk_store import open_to_read

    if not audit:
        raise InputError("nothing to verify was named, expected --audit; give it")
    where = find_desk(desk)
    given = [each for file in checkpoint or [] for each in given_witnesses(file, where.name)]
    if not out.is_dir():
        raise InputError(
            f"{out}: no folder there, expected the one that `deskgate daily` writes to; give that run's --out"
        )
    found = verify_trail(where, out, open_to_read(where, out), given)
    if as_json:
        typer.echo(json.dumps({"intact": found.intact, **asdict(found)}, indent=1))
        raise typer.Exit(0 if found.intact else 1)
    for finding in found.findings[:_SHOWN]:
        typer.echo(f"{finding.how}: {finding.says}")
    if len(found.findings) > _SHOWN:
        typer.echo(f"and {len(found.findings) - _SHOWN} more; all of them with --json")
    for note in found.notes:
        typer.echo(f"not shown: {note}")
    word = "intact" if found.intact else "tampered with"
    typer.echo(f"{where.name}: the audit trail is {word}; {found.size} records, the last one {found.head}")
    raise typer.Exit(0 if found.intact else 1)
