"""The commands of drills: `drill drift` shows that a break of each kind is found, and that somebody hears of it."""

import json
from dataclasses import asdict

import typer

from deskgate.cli.options import (
    REPORTS,
    DateOption,
    DeskOption,
    JsonOption,
    OutOption,
    SuitesOption,
    find_desk,
    handle_errors,
)
from deskgate.cli.terminal import print_table
from deskgate.config.instants import now

__all__ = ["drill"]

drill = typer.Typer(no_args_is_help=True, help="Show that what has to work in an emergency works.")


@drill.callback()
def _drills() -> None:
    """Show that what has to work in an emergency works."""


@drill.command()
@handle_errors
def drift(
    desk: DeskOption = None,
    date: DateOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Plant one break of each kind in a copy of a day, find them all, and send the alert; exit 1 where that fails."""
    from deskgate.assessment.assessment import assess
    from deskgate.audit.trail import Trail
    from deskgate.config.instants import resolve_instant
    from deskgate.config.paths import suites_folder
    from deskgate.run.day_folder import locked
    from deskgate.run.drill import drill_drift, record_drill
    from deskgate.store.desk_store import ingest_desk

    where, clock = find_desk(desk), now()
    chosen = suites_folder(where, suites)
    day, as_of = resolve_instant(date, None, clock)
    trail = Trail.open(where, out)
    with locked(out):
        store, _ = ingest_desk(where, out, now)
        trail.settle(store, clock)
        assessment = assess(where, store, day=day, as_of=as_of, suites=chosen)
        made = drill_drift(assessment, trail.checkpoint_if_readable())
        record_drill(store, trail, made, assessment.case, effective_at=clock, recorded_at=clock)
    if as_json:
        typer.echo(json.dumps({"passed": made.passed, **asdict(made)}, indent=1))
    else:
        marks = {True: "found", False: "MISSED", None: "not judged"}
        print_table(["kind", "", "what happened"], [[kind.kind, marks[kind.ok], kind.says] for kind in made.kinds])
        reached = ", ".join(made.alert.reached) or "nobody"
        failed = f"; it did not reach {', '.join(made.alert.failed)}" if made.alert.failed else ""
        typer.echo(f"The alert reached {reached}{failed}")
        if not made.alert.reached and not made.alert.failed:
            typer.echo("No channel is named, so nobody would hear of a break: name one in desk.toml, [alerts] urls")
        typer.echo(f"{where.name} {day}: the drift drill {'passed' if made.passed else 'failed'}")
    raise typer.Exit(0 if made.passed else 1)
