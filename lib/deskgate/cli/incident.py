"""The commands of incidents: `incident` lists them, `incident open|own|note|close` adds to their record."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DeskOption,
    JsonOption,
    OutOption,
    SinceOption,
    WhyOption,
    find_desk,
    handle_errors,
    open_records,
)
from deskgate.cli.terminal import print_table
from deskgate.config.instants import now, parse_as_of, stamp

if TYPE_CHECKING:
    from deskgate.checks.incidents import Incident

__all__ = ["incident"]

incident = typer.Typer(
    invoke_without_command=True, help="List incidents; open, assign, note or close one. Open ones block."
)

IdArgument = Annotated[str, typer.Argument(help="The incident's id, or a prefix that no other one has.")]


@incident.callback()
@handle_errors
def list_incidents(
    context: typer.Context, desk: DeskOption = None, out: OutOption = REPORTS, as_json: JsonOption = False
) -> None:
    """List the desk's incidents, the open ones first."""
    if context.invoked_subcommand is not None:
        return
    from deskgate.run.incidents import known_incidents
    from deskgate.store.desk_store import open_to_read

    known = sorted(known_incidents(open_to_read(find_desk(desk), out)), key=lambda each: not each.is_open)
    if as_json:
        echo(json.dumps([asdict(each) for each in known], indent=1, default=str))
        return
    rows = [
        [
            each.id,
            f"closed {stamp(each.closed_at)}" if each.closed_at else "open",
            stamp(each.opened_at),
            each.owner,
            each.title,
            each.todo,
            _acknowledged(each),
            "; ".join(each.notes),
        ]
        for each in known
    ]
    if rows:
        print_table(["incident", "status", "since", "owner", "what", "to do", "acknowledged", "notes"], rows)
    else:
        echo("no incident is on record")


@incident.command("open")
@handle_errors
def open_(
    by: ByOption,
    why: Annotated[str, typer.Option("--why", help="What happened.")],
    owner: Annotated[str, typer.Option("--owner", help="Whose it is; default: the one named with --by.")] = "",
    action: Annotated[str, typer.Option("--action", help="What is to be done.")] = "",
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Open an incident: it blocks until it is closed with evidence."""
    from deskgate.run.begun import show_again
    from deskgate.run.incidents import open_incident

    clock = now()
    at, (_, store, trail) = parse_as_of(as_of, clock), open_records(desk, out)
    made = open_incident(store, trail, title=why, by=by, owner=owner, todo=action, effective_at=at, recorded_at=clock)
    show_again(out)
    echo(f"{made}: opened, from {stamp(at)} on; it blocks until it is closed")


@incident.command()
@handle_errors
def own(
    incident_id: IdArgument,
    by: ByOption,
    why: WhyOption,
    owner: Annotated[str, typer.Option("--owner", help="Whose it is from now on.")],
    action: Annotated[str, typer.Option("--action", help="What is to be done; default: what it says now.")] = "",
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Assign an open incident to an owner; it stays open."""
    from deskgate.run.begun import show_again
    from deskgate.run.incidents import own_incident

    clock = now()
    at, (_, store, trail) = parse_as_of(as_of, clock), open_records(desk, out)
    whole = own_incident(
        store, trail, incident_id, owner, by=by, why=why, todo=action, effective_at=at, recorded_at=clock
    )
    show_again(out)
    echo(f"{whole}: assigned to {owner.strip()}, from {stamp(at)} on")


@incident.command()
@handle_errors
def note(
    incident_id: IdArgument,
    by: ByOption,
    why: WhyOption,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Note something about an open incident; it stays open."""
    from deskgate.run.incidents import note_incident

    clock = now()
    at, (_, store, trail) = parse_as_of(as_of, clock), open_records(desk, out)
    whole = note_incident(store, trail, incident_id, by=by, why=why, effective_at=at, recorded_at=clock)
    echo(f"{whole}: noted")


@incident.command()
@handle_errors
def close(
    incident_id: IdArgument,
    by: ByOption,
    why: WhyOption,
    evidence: Annotated[
        list[Path] | None,
        typer.Option(
            "--evidence",
            help="What shows that it is over; of a STOP the decision.json of a later run that passes. May be repeated.",
        ),
    ] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Close an incident with evidence, whose digest is recorded."""
    from deskgate.config.paths import suites_folder
    from deskgate.gates.suites import load_suites
    from deskgate.run.begun import show_again
    from deskgate.run.incidents import close_incident

    clock = now()
    at, (where, store, trail) = parse_as_of(as_of, clock), open_records(desk, out)
    whole = close_incident(
        store,
        trail,
        incident_id,
        suites=load_suites(suites_folder(where, None)),
        by=by,
        why=why,
        evidence=evidence or [],
        effective_at=at,
        recorded_at=clock,
    )
    show_again(out)
    echo(f"{whole}: closed, from {stamp(at)} on")


def _acknowledged(each: "Incident") -> str:
    if not each.conditions:
        return ""  # an operator opened it
    if each.acknowledged_by is None or each.acknowledged_after_s is None:
        return "by nobody"
    hours, minutes = divmod(round(each.acknowledged_after_s / 60), 60)
    return f"by {each.acknowledged_by} after {hours} h {minutes} min"
