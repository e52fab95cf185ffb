"""`deskgate doctor`: what is connected, what is stale, and what a GO still lacks."""

import json
from dataclasses import asdict

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    JsonOption,
    OutOption,
    SuitesOption,
    find_desk,
    handle_errors,
)
from deskgate.cli.terminal import print_causes, print_table
from deskgate.config.instants import now
from deskgate.config.plural import count_of

__all__ = ["doctor"]


@handle_errors
def doctor(
    desk: DeskOption = None, out: OutOption = REPORTS, suites: SuitesOption = None, as_json: JsonOption = False
) -> None:
    """Show in one screen what of a desk is connected, what is stale, and what a GO still lacks; exit 0 where nothing is."""
    from deskgate.run.doctor import State, examine

    where = find_desk(desk)
    found = examine(where, out, now, suites=suites)
    if as_json:
        shown = {
            "desk": where.name,
            "day": found.day.isoformat(),
            "well": found.is_well,
            "looks": [asdict(look) for look in found.looks],
            "unjudged": found.unjudged,
            "causes": [asdict(cause) for cause in found.causes],
        }
        echo(json.dumps(shown, indent=1, ensure_ascii=False))
        raise typer.Exit(0 if found.is_well else 1)
    order = {state: place for place, state in enumerate((State.FAILED, State.MISSING, State.STALE, State.OK))}
    looks = sorted(found.looks, key=lambda look: order[look.state])
    print_table(
        ["what", "is", "because", "what to do"], [[look.what, look.state, look.says, look.todo] for look in looks]
    )
    if found.unjudged:
        echo(f"{found.day} could not be judged: {found.unjudged}")
    print_causes(found.causes)
    echo(
        f"{where.name}: everything is connected, and nothing kept {found.day} from a GO"
        if found.is_well
        else f"{where.name}: {sum(look.state is not State.OK for look in looks)} of {len(looks)} are not well;"
        f" {count_of(len(found.causes), 'cause')} kept {found.day} from a GO"
    )
    raise typer.Exit(0 if found.is_well else 1)
