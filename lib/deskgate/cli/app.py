"""The command line: parse, call, print, exit. Nothing below it asks the clock.

Exit codes: 0 GO or done, 1 HOLD or STOP, 2 wrong usage or configuration, 3 the run itself failed.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.breaks import breaks
from deskgate.cli.drill import drill
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DateOption,
    DeskOption,
    JsonOption,
    OutOption,
    SuitesOption,
    WhyOption,
    find_desk,
    sentences,
)
from deskgate.cli.store import ingest, store
from deskgate.cli.terminal import show, steps
from deskgate.config.errors import InputError
from deskgate.config.instants import now

__all__ = ["app"]

app = typer.Typer(
    name="deskgate",
    help="Daily, evidence-backed GO / HOLD / STOP for desks that let Hummingbot trade.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
baseline = typer.Typer(no_args_is_help=True, help="Freeze the configuration that the evidence speaks for.")
app.add_typer(baseline, name="baseline")
app.add_typer(store, name="store")
app.add_typer(breaks, name="breaks")
app.add_typer(drill, name="drill")
app.command()(ingest)


@app.command()
@sentences
def daily(
    desk: DeskOption = None,
    date: DateOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The instant to speak for, ISO 8601; default: the day's end.")
    ] = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    provisional: Annotated[
        bool, typer.Option("--provisional/--strict", help="A look in between: the same gates, but never a GO.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ingest, check, judge and report one day; exit 0 on GO, 1 on HOLD or STOP."""
    from deskgate.config.instants import resolve_instant
    from deskgate.run.daily import run_daily

    where = find_desk(desk)
    day, instant = resolve_instant(date, as_of, now())
    with steps(quiet=as_json) as progress:
        outcome = run_daily(
            where,
            day=day,
            as_of=instant,
            out=out,
            suites=suites,
            provisional=provisional,
            now=now,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps(outcome.decision, indent=1))
    else:
        show(outcome)
    if outcome.failures:
        raise typer.Exit(3)
    raise typer.Exit(0 if outcome.decision["decision"] == "GO" else 1)


@app.command()
@sentences
def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder for the desk.")],
    seed: Annotated[int, typer.Option(help="Another seed, another market.")] = 7,
    days: Annotated[int, typer.Option(min=1, help="UTC days; the story takes four.")] = 4,
    faults: Annotated[
        str, typer.Option(help="none: a clean desk; few: the story; all: one fault of each kind on day 2.")
    ] = "few",
) -> None:
    """Write a deterministic demo desk of four bots in authentic formats."""
    from deskgate.demo import write_demo

    if faults not in ("none", "few", "all"):
        raise InputError(f"--faults '{faults}' is unknown, expected none, few or all")
    made = write_demo(folder, seed=seed, days=days, faults=faults)  # type: ignore[arg-type]  # checked above
    typer.echo(f"{made.folder}: {len(made.bots)} bots, {made.first_day} to {made.last_day}")


@app.command()
@sentences
def init(folder: Annotated[Path, typer.Argument(help="Where the bots' files lie.")]) -> None:
    """Find the bots under a folder and write a commented desk.toml; an existing one is never overwritten."""
    from deskgate.sources.discovery import discover, draft

    if not folder.is_dir():
        raise InputError(f"{folder}: no folder there, expected one that holds Hummingbot's files; name another one")
    target = folder / "desk.toml"
    if target.exists():
        raise InputError(f"{target}: exists already, and init never overwrites; move it away to have a new one")
    found = discover(folder)
    if not found:
        raise InputError(
            f"{folder}: no bot found, expected data/*.sqlite, bots/instances/*, controller logs, events or exports"
        )
    with target.open("x", encoding="utf-8") as file:
        file.write(draft(folder, found))
    typer.echo(f"{target}: {len(found)} bots")
    for bot in found:
        typer.echo(f"  {bot.name}: {bot.mode}, {bot.connector}, {', '.join(bot.pairs)}")
        for gap in bot.missing:
            typer.echo(f"    missing: {gap}")
    typer.echo(f"Read it, correct modes and openings, then: deskgate daily --desk {folder}")


@baseline.command("freeze")
@sentences
def baseline_freeze(
    by: ByOption,
    why: WhyOption,
    desk: DeskOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The instant it speaks for, ISO 8601; default: now.")
    ] = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
) -> None:
    """Record the configuration as the baseline, with who, when and why."""
    from deskgate.config.instants import moment
    from deskgate.run.freeze import freeze, frozen

    where, clock = find_desk(desk), now()
    at = moment(as_of) if as_of else clock
    if at > clock:
        raise InputError(f"--as-of {as_of} has not come yet, expected an instant up to now; leave it out")
    made = freeze(where, out, by=by, why=why, effective_at=at, recorded_at=clock, suites=suites)
    said = made or frozen(where, out, at)
    if said is None:
        raise InputError(f"{out}: no baseline could be read back; look at the store there")
    word = "frozen" if made else "nothing changed since it was frozen"
    typer.echo(
        f"{where.name}: {word} by {said.by} as of {said.effective_at:%Y-%m-%d %H:%M} UTC ({said.why}), {len(said.digests)} files"
    )


@baseline.command("show")
@sentences
def baseline_show(desk: DeskOption = None, out: OutOption = REPORTS, suites: SuitesOption = None) -> None:
    """Say which baseline is in force and what differs from it now."""
    from deskgate.checks.baseline import drift
    from deskgate.config.digests import digest_configuration
    from deskgate.config.paths import suites_folder
    from deskgate.run.freeze import frozen

    where = find_desk(desk)
    said = frozen(where, out, now())
    if said is None:
        typer.echo(f"{where.name}: no baseline is frozen; `deskgate baseline freeze --by NAME --why TEXT`")
        raise typer.Exit(1)
    typer.echo(f"{where.name}: frozen by {said.by} as of {said.effective_at:%Y-%m-%d %H:%M} UTC: {said.why}")
    moved = drift(said.digests, digest_configuration(where, suites_folder(where, suites))).files
    typer.echo("\n".join(f"  {line}" for line in moved) if moved else f"  all {len(said.digests)} files are as frozen")
    raise typer.Exit(1 if moved else 0)
