"""`deskgate act`: what the breaches of the last run, or of now, call for; sent only where somebody arms it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    TOLD,
    DeskOption,
    JsonOption,
    OutOption,
    SuitesOption,
    authoriser,
    find_desk,
    handle_errors,
    interrupted_as,
)
from deskgate.cli.terminal import print_table
from deskgate.config.instants import now as clock

if TYPE_CHECKING:
    from deskgate.config.desk import Desk
    from deskgate.run.act import Outcome

__all__ = ["act", "print_acted"]

ArmOption = Annotated[
    bool, typer.Option("--arm/--dry-run", help="Send to the sinks of desk.toml; default: say what would be sent.")
]
AuthoriserOption = Annotated[str, typer.Option("--by", help="Who authorises it; needed to arm.")]


@handle_errors
def act(
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    arm: ArmOption = False,
    by: AuthoriserOption = "",
    at_once: Annotated[
        bool, typer.Option("--now", help="Ingest and judge the caps now, instead of taking the last run's verdicts.")
    ] = False,
    overridden: Annotated[
        str, typer.Option("--override", help="Close an action by your word instead of a receipt; needs --by and --why.")
    ] = "",
    why: Annotated[str, typer.Option("--why", help="Why it is closed without a receipt.")] = "",
    json_: JsonOption = False,
) -> None:
    """Act on breaches of caps; exit 0 where none calls for anything and every action has its receipt, else 1."""
    from time import sleep

    from deskgate.run.act import act_on, as_json, preview
    from deskgate.run.breach_source import breaches_now, breaches_of_last_day
    from deskgate.store.desk_store import ingest_desk, open_store

    where = find_desk(desk)
    armed_by = authoriser(by, arm=arm)
    if overridden:
        _override(where, out, overridden, by, why)
        return
    if at_once:
        store, _ = ingest_desk(where, out, clock)
        found = breaches_now(where, store, clock(), suites=suites)
    else:
        found = breaches_of_last_day(where, out, clock(), suites=suites)
    if armed_by:
        store = open_store(where, out)
        with interrupted_as(TOLD):
            outcome = act_on(where, out, store, found, by=armed_by, now=clock, sleep=sleep)
    else:
        outcome = preview(where, out, found, clock())
    if json_:
        echo(json.dumps(as_json(outcome), indent=1))
    else:
        print_acted(where.name, outcome)
    raise typer.Exit(3 if outcome.problems else 0 if outcome.is_quiet else 1)


def _override(desk: "Desk", out: Path, event_id: str, by: str, why: str) -> None:
    from deskgate.run.open_actions import override
    from deskgate.store.desk_store import open_store

    whole = override(desk, out, open_store(desk, out), event_id, by=by, why=why, now=clock())
    echo(f"{whole}: closed by the word of {by.strip()}, without a receipt")


def print_acted(name: str, outcome: "Outcome") -> None:
    """Print what is called for, what was sent, and what was seen of it: short tables, and which kind of run it was."""
    from deskgate.controls.sinks.sink import TAKEN

    if outcome.planned:
        rows = [
            [intent.action, ", ".join(intent.bots), intent.entry, intent.subject, intent.reason]
            for intent in outcome.planned
        ]
        print_table(["action", "bots", "cap", "subject", "because"], rows)
    for breach in outcome.breaches:
        if not breach.bots:
            echo(f"{breach.title} of {breach.subject} calls for {breach.action}, and no live bot is meant")
    if outcome.sent:
        print_table(
            ["bot", "sink", "outcome", ""],
            [[each.bot, each.sink, str(each.outcome), each.detail] for each in outcome.sent],
        )
    if outcome.receipts:
        print_table(
            ["bot", "action", "receipt", "left"],
            [
                [each.bot, each.action, each.why or "complete", ", ".join(each.residuals) or "nothing"]
                for each in outcome.receipts
            ],
        )
    if outcome.left_open and not outcome.receipts:
        echo(f"Without a receipt: {'; '.join(outcome.left_open)}")
    if outcome.alert is not None:
        echo(outcome.alert.sentence)
    for problem in outcome.problems:
        echo(f"After the sending, {problem}")
    if outcome.is_quiet:
        echo(f"{name}: no cap calls for an action, and none is without a receipt")
    took = sum(each.outcome in TAKEN for each in outcome.sent)
    echo(
        f"ARMED: {took} of {len(outcome.sent)} commands were taken"
        if outcome.is_armed
        else "DRY RUN: nothing was sent; arm it with --arm --by NAME"
    )
