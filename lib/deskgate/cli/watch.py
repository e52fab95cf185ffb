"""`deskgate watch`: looks at the caps at an interval between daily runs, and acts as `deskgate act` does."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.act import ArmOption, AuthoriserOption, print_acted
from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    JsonOption,
    OutOption,
    SuitesOption,
    authoriser,
    find_desk,
    handle_errors,
)
from deskgate.config.instants import now as clock
from deskgate.config.instants import stamp

if TYPE_CHECKING:
    from deskgate.run.act import Outcome

__all__ = ["watch"]


@handle_errors
def watch(
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    arm: ArmOption = False,
    by: AuthoriserOption = "",
    every_s: Annotated[
        float | None, typer.Option("--every-s", min=1, help="Seconds between two looks; default: as desk.toml says.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Judge the caps again and again over what the store holds, until Ctrl-C; `deskgate ingest --follow` fills it."""
    from datetime import timedelta

    from deskgate.assessment.assessment import case_now
    from deskgate.config.bot import Mode
    from deskgate.controls.alerts import open_channels
    from deskgate.controls.desk_looks import DeskLooks
    from deskgate.controls.sinks import open_sinks
    from deskgate.run.act import as_json
    from deskgate.run.watch import Watch
    from deskgate.run.watch import watch as run
    from deskgate.store.desk_store import open_store

    where = find_desk(desk)
    armed_by = authoriser(by, arm=arm)
    # What is wrong with a channel, a sink, a key or a secret is found now, not when a cap breaks.
    open_channels(where)
    with open_sinks(where, out):
        pass
    store = open_store(where, out)
    live = [bot.name for bot in where.judged if bot.mode is Mode.LIVE]
    DeskLooks(where, lambda: case_now(where, store, clock()), clock).open_keys(live)
    made = Watch(where, out, store, armed_by, clock, suites)

    def say(outcome: "Outcome | str") -> None:
        if json_:
            content = {"failed": outcome} if isinstance(outcome, str) else as_json(outcome)
            echo(json.dumps({"at": stamp(clock()), **content}))
        elif isinstance(outcome, str):
            echo(f"{stamp(clock())} the caps could not be judged: {outcome}")
        elif not outcome.is_quiet:
            echo(stamp(clock()))
            print_acted(where.name, outcome)

    every = timedelta(seconds=every_s or where.actions.watch_every_s)
    echo(f"watching the caps of {where.name}; stop with Ctrl-C", err=True)
    run(made, every=every, say=say)
