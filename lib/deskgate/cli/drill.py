"""The commands of drills: what has to work in an emergency is done on purpose, and what came of it is recorded."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DateOption,
    DeskOption,
    JsonOption,
    OutOption,
    SuitesOption,
    find_desk,
    handle_errors,
    interrupted_as,
)
from deskgate.cli.terminal import print_table
from deskgate.config.instants import now

if TYPE_CHECKING:
    from deskgate.assessment.assessment import Assessment
    from deskgate.audit.trail import Trail
    from deskgate.config.desk import Desk
    from deskgate.controls.intents import Intent
    from deskgate.store.tables import Store

__all__ = ["drill"]

drill = typer.Typer(no_args_is_help=True, help="Show that what has to work in an emergency works.")


@drill.callback()
def _drills() -> None:
    """Show that what has to work in an emergency works."""


@contextmanager
def _assessed(
    desk: "Desk", date: str | None, out: Path, suites: Path | None, clock: datetime
) -> "Iterator[tuple[Assessment, Store, Trail]]":
    """Ingest and assess the day that a drill is run on, and hold `out` until its evidence is recorded."""
    from deskgate.assessment.assessment import assess
    from deskgate.audit.trail import Trail
    from deskgate.config.instants import resolve_instant
    from deskgate.config.paths import suites_folder
    from deskgate.run.day_folder import locked
    from deskgate.store.desk_store import ingest_desk

    chosen = suites_folder(desk, suites)
    day, as_of = resolve_instant(date, None, clock)
    trail = Trail.open(desk, out)
    with locked(out):
        store, _ = ingest_desk(desk, out, now)
        trail.settle(store, clock)
        yield assess(desk, store, day=day, as_of=as_of, suites=chosen), store, trail


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
    from deskgate.run.drill import drill_drift, record_drill

    where, clock = find_desk(desk), now()
    with _assessed(where, date, out, suites, clock) as (assessment, store, trail):
        made = drill_drift(assessment, trail.checkpoint_if_readable())
        record_drill(store, trail, made, assessment.case, effective_at=clock, recorded_at=clock)
    day = assessment.case.day
    if as_json:
        echo(json.dumps({"passed": made.passed, **asdict(made)}, indent=1))
    else:
        marks = {True: "found", False: "MISSED", None: "not judged"}
        print_table(["kind", "", "what happened"], [[kind.kind, marks[kind.ok], kind.says] for kind in made.kinds])
        echo(made.alert.sentence)
        if not made.alert.reached and not made.alert.failed:
            echo("No channel is named, so nobody would hear of a break: name one in desk.toml, [alerts] urls")
        echo(f"{where.name} {day}: the drift drill {'passed' if made.passed else 'failed'}")
    raise typer.Exit(0 if made.passed else 1)


@drill.command()
@handle_errors
def alert(desk: DeskOption = None, out: OutOption = REPORTS, as_json: JsonOption = False) -> None:
    """Send a marked test message to every alert channel; exit 1 where one does not take it."""
    from deskgate.run.alert_drill import drill_alert

    where = find_desk(desk)
    sent = drill_alert(where, out, now)
    if as_json:
        echo(json.dumps({"passed": sent.ok, "reached": sent.reached, "failed": sent.failed}, indent=1))
    else:
        echo(sent.sentence)
        echo(f"{where.name}: the alert drill {'passed' if sent.ok else 'failed'}")
    raise typer.Exit(0 if sent.ok else 1)


@drill.command()
@handle_errors
def breach(
    desk: DeskOption = None,
    date: DateOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Breach each cap in a copy of a day, and look at who is told what; exit 1 where one tells the wrong bots, or none."""
    from deskgate.checks.drills import BREACH
    from deskgate.run.breach_drill import drill_breaches
    from deskgate.run.drill import record_evidence

    where, clock = find_desk(desk), now()
    with _assessed(where, date, out, suites, clock) as (assessment, store, trail):
        made, day = drill_breaches(assessment, clock), assessment.case.day
        evidence = {"day": day.isoformat(), **asdict(made)}
        record_evidence(store, trail, BREACH, evidence, passed=made.passed, effective_at=clock, recorded_at=clock)
    if as_json:
        echo(json.dumps({"passed": made.passed, **asdict(made)}, indent=1))
    else:
        marks = {True: "right", False: "WRONG"}
        rows = [[each.entry, each.subject, each.how, each.action, marks[each.ok], each.says] for each in made.outcomes]
        print_table(["cap", "subject", "breached", "action", "", "what happened"], rows)
        if not any(each.bots for each in made.outcomes):
            echo("No cap calls for an action on a live bot of this desk, so nothing was shown")
        echo(f"{where.name} {day}: the breach drill {'passed' if made.passed else 'failed'}")
    raise typer.Exit(0 if made.passed else 1)


@drill.command()
@handle_errors
def kill(
    bot: Annotated[str, typer.Option("--bot", help="The testnet bot to stop.")],
    by: ByOption,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_json: JsonOption = False,
) -> None:
    """Really stop a testnet bot through the sinks of the desk and wait for the effect; exit 1 where it was not seen."""
    from time import sleep

    from deskgate.assessment.assessment import case_now
    from deskgate.audit.trail import Trail
    from deskgate.checks.drills import KILL
    from deskgate.controls.desk_looks import DeskLooks
    from deskgate.gates.evaluation import Status
    from deskgate.run.act import opened
    from deskgate.run.drill import record_evidence
    from deskgate.run.kill_drill import drill_kill, testnet_bot
    from deskgate.store.desk_store import ingest_desk

    where = find_desk(desk)
    testnet_bot(where, bot)
    trail = Trail.open(where, out)
    store, _ = ingest_desk(where, out, now)
    looks = DeskLooks(where, lambda: case_now(where, store, now()), now)
    looks.open_keys([bot])

    def record(evidence: Mapping[str, object], *, passed: bool = False) -> None:
        record_evidence(store, trail, KILL, evidence, passed=passed, effective_at=(at := now()), recorded_at=at)

    def begin(intent: "Intent") -> None:
        begun = {"bot": bot, "status": str(Status.INSUFFICIENT), "says": "it has not ended", "intent": intent.body()}
        record(begun)

    with opened(out), interrupted_as(f"interrupted; {bot} may have been told to stop, and the drill is INSUFFICIENT"):
        made = drill_kill(where, out, bot, looks, by=by, begin=begin, now=now, sleep=sleep)
    evidence = {
        "bot": made.bot,
        "status": str(made.status),
        "says": made.says,
        "sent": [{"sink": sent.sink, "outcome": str(sent.outcome), "detail": sent.detail} for sent in made.sent],
        "receipt": made.receipt.body() if made.receipt else None,
    }
    record(evidence, passed=made.passed)
    if as_json:
        echo(json.dumps({"passed": made.passed, **evidence}, indent=1))
    else:
        print_table(["sink", "outcome", ""], [[sent.sink, str(sent.outcome), sent.detail] for sent in made.sent])
        echo(f"{where.name} {bot}: the kill drill is {made.status}: {made.says}")
    raise typer.Exit(0 if made.passed else 1)
