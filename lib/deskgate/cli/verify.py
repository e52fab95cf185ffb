"""`deskgate verify`: was anything of the record changed? Of the audit trail, or of one day and what it rests on."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from deskgate.cli.options import REPORTS, DeskOption, JsonOption, OutOption, find_desk, handle_errors
from deskgate.config.errors import InputError

__all__ = ["verify"]

_SHOWN = 20


@handle_errors
def verify(
    decision: Annotated[
        Path | None,
        typer.Argument(help="A day in --out, its folder or its decision.json: all of its evidence is digested again."),
    ] = None,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay", help="Compute the day again from the store's commits and the suites of its run, and compare."
        ),
    ] = False,
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
    """Say whether a day's evidence, or a record of the desk, was changed, removed, reordered, inserted or cut off; exit 1 where one was."""
    from deskgate.audit.verify import verify_trail
    from deskgate.audit.witnesses import given_witnesses
    from deskgate.store.desk_store import open_to_read

    _refuse_options(decision, audit=audit, replay=replay, checkpoint=checkpoint)
    if decision is not None:
        _verify_day(decision if decision.exists() else out / decision, desk, replay=replay, as_json=as_json)
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


def _refuse_options(decision: Path | None, *, audit: bool, replay: bool, checkpoint: list[Path] | None) -> None:
    """Refuse what says nothing of what is verified: an option that is passed over would look like one that was heeded."""
    if decision is None and not audit:
        raise InputError("nothing to verify was named, expected --audit or a day's decision.json; give one")
    if decision is None and replay:
        raise InputError("--replay and --audit were given, expected a day with --replay; a trail cannot be replayed")
    if decision is not None and audit:
        raise InputError("--audit and a day were given, expected one of them; the one says nothing of the other")
    if decision is not None and checkpoint:
        raise InputError(
            "--checkpoint and a day were given, expected --audit with it; a checkpoint is of the whole trail"
        )


def _verify_day(given: Path, desk: Path | None, *, replay: bool, as_json: bool) -> NoReturn:
    """Say what of a day is not as its run left it, and what another run of its inputs gives otherwise; exit 1 for either."""
    from deskgate.audit.decision_file import DECISION
    from deskgate.reports.pages.later import Later
    from deskgate.run.verify import replay_published

    folder = (given if given.is_dir() else given.parent).resolve()
    if not (folder / DECISION).is_file():
        raise InputError(f"{given}: no {DECISION} there, expected a day that `deskgate daily` wrote; give its folder")
    findings = [finding.says for finding in Later.read(folder.parent).verify(folder)]
    # What is not as it was is no ground for a comparison.
    differing = replay_published(find_desk(desk), folder) if replay and not findings else None
    held = not findings and not differing
    if as_json:
        content = {"held": held, "findings": findings, "replayed": differing is not None, "differing": differing or []}
        typer.echo(json.dumps(content, indent=1))
        raise typer.Exit(0 if held else 1)
    for finding in findings[:_SHOWN]:
        typer.echo(f"changed: {finding}")
    for name in (differing or [])[:_SHOWN]:
        typer.echo(f"differs: {name} is not what the same inputs give now")
    more = len(findings) + len(differing or []) - _SHOWN
    if more > 0:
        typer.echo(f"and {more} more; all of them with --json")
    replayed = ", and the same inputs give the same bytes" if differing == [] else ""
    typer.echo(
        f"{folder.name}: " + (f"all evidence is as its run left it{replayed}" if held else "not to be relied on")
    )
    raise typer.Exit(0 if held else 1)
