"""`deskgate daily`: one day ingested, checked, judged and reported."""

import json
from typing import TYPE_CHECKING, Annotated

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
    print_note,
    require_files,
)
from deskgate.cli.run_log import logged_steps
from deskgate.cli.terminal import print_gates, print_outcome, print_rests_on, progress_steps
from deskgate.config.instants import now

if TYPE_CHECKING:
    from deskgate.run.gates import Gated

__all__ = ["AsOfOption", "ProvisionalOption", "daily"]

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="The instant to speak for, ISO 8601; default: the day's end.")
]
ProvisionalOption = Annotated[
    bool, typer.Option("--provisional/--strict", help="A look in between: the same gates, but never a GO.")
]


@handle_errors
def daily(
    desk: DeskOption = None,
    date: DateOption = None,
    as_of: AsOfOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    provisional: ProvisionalOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ingest, check, judge and report one day; exit 0 on GO, 1 on HOLD or STOP."""
    from deskgate.config.instants import resolve_instant
    from deskgate.run.daily import run_daily
    from deskgate.run.failed_runs import alert_ended, alerting_failure

    where = find_desk(desk)
    day, instant = resolve_instant(date, as_of, now())

    def show(gated: "Gated") -> None:
        if not as_json:
            # What is printed on stdout is the decision, once it is made.
            print_gates(gated.gates, err=True)
            print_rests_on(gated.rests_on, err=True)
            typer.echo(f"{gated.result} by the gates; the pages follow, and one that fails makes a GO a HOLD", err=True)

    guard = alerting_failure(where, out, day, now, print_note)
    with guard:
        # A volume that is not mounted stops an unattended run: that is alerted.
        require_files(where)
        with progress_steps(quiet=as_json) as progress:
            outcome = run_daily(
                where,
                day=day,
                as_of=instant,
                out=out,
                suites=suites,
                provisional=provisional,
                now=now,
                progress=logged_steps(progress),
                on_gates=show,
            )
    alert_ended(where, out, day, outcome.failures, now, print_note)
    if as_json:
        typer.echo(json.dumps(outcome.decision, indent=1))
    else:
        print_outcome(outcome)
    if outcome.failures:
        raise typer.Exit(3)
    raise typer.Exit(0 if outcome.decision["decision"] == "GO" else 1)
