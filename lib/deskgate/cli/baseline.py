"""The commands of baselines: `baseline freeze` records the configuration, `baseline show` compares it with today's."""

from typing import Annotated

import typer

from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DeskOption,
    OutOption,
    SuitesOption,
    WhyOption,
    find_desk,
    handle_errors,
)
from deskgate.config.errors import InputError
from deskgate.config.instants import now, parse_as_of

__all__ = ["baseline"]

baseline = typer.Typer(no_args_is_help=True, help="Freeze the configuration that the evidence speaks for.")


@baseline.command("freeze")
@handle_errors
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
    from deskgate.run.freeze import freeze, frozen

    where, clock = find_desk(desk), now()
    at = parse_as_of(as_of, clock)
    made = freeze(where, out, by=by, why=why, effective_at=at, recorded_at=clock, suites=suites)
    current = made or frozen(where, out, at)
    if current is None:
        raise InputError(f"{out}: no baseline could be read back; look at the store there")
    word = "frozen" if made else "nothing changed since it was frozen"
    typer.echo(
        f"{where.name}: {word} by {current.by} as of {current.effective_at:%Y-%m-%d %H:%M} UTC ({current.why}), {len(current.digests)} files"
    )


@baseline.command("show")
@handle_errors
def baseline_show(desk: DeskOption = None, out: OutOption = REPORTS, suites: SuitesOption = None) -> None:
    """Say which baseline is in force and what differs from it now."""
    from deskgate.checks.baseline import drift
    from deskgate.config.digests import digest_configuration
    from deskgate.config.paths import suites_folder
    from deskgate.run.freeze import frozen

    where = find_desk(desk)
    current = frozen(where, out, now())
    if current is None:
        typer.echo(f"{where.name}: no baseline is frozen; `deskgate baseline freeze --by NAME --why TEXT`")
        raise typer.Exit(1)
    typer.echo(f"{where.name}: frozen by {current.by} as of {current.effective_at:%Y-%m-%d %H:%M} UTC: {current.why}")
    moved = drift(current.digests, digest_configuration(where, suites_folder(where, suites))).files
    typer.echo(
        "\n".join(f"  {line}" for line in moved) if moved else f"  all {len(current.digests)} files are as frozen"
    )
    raise typer.Exit(1 if moved else 0)
