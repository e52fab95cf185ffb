"""`deskgate verify`: was anything of the record changed? Of one day and what it rests on, of the audit trail, or of the store."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import REPORTS, DeskOption, JsonOption, OutOption, find_desk, handle_errors, refuse_missing
from deskgate.config.errors import InputError
from deskgate.config.plural import count_of

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
    store: Annotated[
        bool, typer.Option("--store", help="The files of the store, against the digests they were written with.")
    ] = False,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_json: JsonOption = False,
) -> None:
    """Say whether a day's evidence, a record of the desk or its store was changed, removed, reordered, inserted or cut off; exit 1 where one was."""
    _refuse_options(decision, audit=audit, store=store, replay=replay, checkpoint=checkpoint)
    if decision is not None:
        _verify_day(decision if decision.exists() else out / decision, desk, replay=replay, as_json=as_json)
    refuse_missing(out)
    if store:
        _verify_store(desk, out, as_json=as_json)
    _verify_audit(desk, out, checkpoint or [], as_json=as_json)


def _refuse_options(
    decision: Path | None, *, audit: bool, store: bool, replay: bool, checkpoint: list[Path] | None
) -> None:
    """Refuse what says nothing of what is verified: an option that is passed over would look like one that was heeded."""
    named = [name for name, given in (("a day", decision), ("--audit", audit), ("--store", store)) if given]
    if not named:
        raise InputError(
            "nothing to verify was named, expected a day's decision.json, --audit or --store; give one of them"
        )
    if len(named) > 1:
        raise InputError(f"{' and '.join(named)} were given, expected one of them; each says nothing of the others")
    if replay and decision is None:
        raise InputError(f"--replay and {named[0]} were given, expected a day with --replay; nothing else is replayed")
    if checkpoint and not audit:
        raise InputError(
            f"--checkpoint and {named[0]} were given, expected --audit with it; a checkpoint is of the whole trail"
        )


def _verify_audit(desk: Path | None, out: Path, checkpoint: list[Path], *, as_json: bool) -> NoReturn:
    """Say what of the audit trail was changed; exit 1 where something was."""
    from deskgate.audit.verify import verify_trail
    from deskgate.audit.witnesses import given_witnesses
    from deskgate.store.desk_store import open_to_read

    where = find_desk(desk)
    given = [each for file in checkpoint for each in given_witnesses(file, where.name)]
    found = verify_trail(where, out, open_to_read(where, out), given)
    if as_json:
        echo(json.dumps({"intact": found.intact, **asdict(found)}, indent=1))
        raise typer.Exit(0 if found.intact else 1)
    _print([f"{finding.how}: {finding.says}" for finding in found.findings])
    for note in found.notes:
        echo(f"not shown: {note}")
    word = "intact" if found.intact else "tampered with"
    echo(f"{where.name}: the audit trail is {word}; {count_of(found.size, 'record')}, the last one {found.head}")
    raise typer.Exit(0 if found.intact else 1)


def _verify_store(desk: Path | None, out: Path, *, as_json: bool) -> NoReturn:
    """Say which files of the store are not as they were written; exit 1 where one is not."""
    from deskgate.store.desk_store import store_location
    from deskgate.store.sums import damaged_files, unlisted_files
    from deskgate.store.tables import is_local

    location = store_location(find_desk(desk), out)
    if not is_local(location):
        raise InputError(f"{location}: an object store, expected a folder; ask the store itself for its digests")
    if not Path(location).is_dir():
        raise InputError(f"{location}: no store there, expected one that `deskgate daily` made; give that run's --out")
    found, unlisted = damaged_files(location), unlisted_files(location)
    if as_json:
        content = {"intact": not found, "damaged": [asdict(each) for each in found], "unlisted": unlisted}
        echo(json.dumps(content, indent=1))
        raise typer.Exit(1 if found else 0)
    _print([f"changed: {each}" for each in found])
    _print([f"not shown: {name} has no digest yet, the next run takes it" for name in unlisted])
    echo(
        f"{location}: damaged; put it back from a copy, or make it anew with `deskgate store rebuild`"
        if found
        else f"{location}: each file is as it was written"
    )
    raise typer.Exit(1 if found else 0)


def _print(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        echo(line)
    if len(lines) > _SHOWN:
        echo(f"and {len(lines) - _SHOWN} more; all of them with --json")


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
        echo(json.dumps(content, indent=1))
        raise typer.Exit(0 if held else 1)
    differs = [f"differs: {name} is not what the same inputs give now" for name in differing or []]
    _print([f"changed: {finding}" for finding in findings] + differs)
    replayed = ", and the same inputs give the same bytes" if differing == [] else ""
    echo(f"{folder.name}: " + (f"all evidence is as its run left it{replayed}" if held else "not to be relied on"))
    raise typer.Exit(0 if held else 1)
