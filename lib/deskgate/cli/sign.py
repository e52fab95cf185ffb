"""`deskgate sign`: an owner signs the decision of a day."""

from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DateOption,
    DeskOption,
    OutOption,
    SuitesOption,
    find_desk,
    handle_errors,
)
from deskgate.config.instants import now

__all__ = ["sign"]


@handle_errors
def sign(
    role: Annotated[str, typer.Option("--role", help="Whose sign-off it is: strategy, risk or ops.")],
    by: ByOption,
    date: DateOption = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
) -> None:
    """Sign a day's decision with the desk's key; the record is in the audit trail, the sign-off on the day's page."""
    from deskgate.config.instants import resolve_instant
    from deskgate.run.sign import sign as run
    from deskgate.run.status import desk_status

    where, clock = find_desk(desk), now()
    day, _ = resolve_instant(date, None, clock)
    found = run(where, out, day, role=role, by=by, at=clock)
    listed = ", ".join(f"{each.role} ({each.by})" for each in found.sign_offs)
    left = f"; it awaits {', '.join(found.awaits)}" if found.awaits else ""
    echo(f"{where.name} {day}: {found.word}, signed by {listed}{left}")
    if found.word == "GO":
        for why in desk_status(where, out, clock, suites=suites).lapsed:
            echo(f"- it does not hold: {why}")
