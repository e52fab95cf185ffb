"""The commands of baselines: `freeze` records the configuration, `show` and `verify` compare it with today's, `anchor` restarts the clocks."""

from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DeskOption,
    OutOption,
    SuitesOption,
    WhyOption,
    find_desk,
    find_desk_with_files,
    handle_errors,
)
from deskgate.config.errors import InputError
from deskgate.config.instants import now, parse_as_of
from deskgate.config.plural import count_of

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

    where, clock = find_desk_with_files(desk, with_config=True), now()
    at = parse_as_of(as_of, clock)
    made = freeze(where, out, by=by, why=why, effective_at=at, recorded_at=clock, suites=suites)
    current = made or frozen(where, out, at)
    if current is None:
        raise InputError(f"{out}: no baseline could be read back; look at the store there")
    word = "frozen" if made else "nothing changed since it was frozen"
    echo(
        f"{where.name}: {word} by {current.by} as of {current.effective_at:%Y-%m-%d %H:%M} UTC ({current.why}),"
        f" {count_of(len(current.digests), 'file')} with {sum(map(len, current.settings.values()))} values"
    )


@baseline.command("show")
@handle_errors
def baseline_show(desk: DeskOption = None, out: OutOption = REPORTS, suites: SuitesOption = None) -> None:
    """Say which baseline is in force and which files differ from it now; as `verify`, without the keys."""
    _compare(desk, out, suites, keys=False)


@baseline.command("verify")
@handle_errors
def baseline_verify(desk: DeskOption = None, out: OutOption = REPORTS, suites: SuitesOption = None) -> None:
    """Compare the configuration with the baseline in force, key by key; exit code 1 where it differs."""
    _compare(desk, out, suites, keys=True)


@baseline.command("anchor")
@handle_errors
def baseline_anchor(
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", "--why", help="Why the clocks start anew.")],
    desk: DeskOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="From when coverage counts anew, ISO 8601; default: now.")
    ] = None,
    out: OutOption = REPORTS,
) -> None:
    """Restart the clock of the 24 h proof under the baseline in force; the same as `deskgate store anchor`."""
    from deskgate.cli.store import store_anchor

    store_anchor(by, reason, desk, as_of, out)


def _compare(desk: DeskOption, out: Path, suites: SuitesOption, *, keys: bool) -> None:
    from deskgate.checks.baseline import drift
    from deskgate.config.digests import find_configuration
    from deskgate.config.paths import suites_folder
    from deskgate.config.settings import settings_changes
    from deskgate.run.freeze import frozen

    where = find_desk(desk)
    current = frozen(where, out, now())
    if current is None:
        echo(f"{where.name}: no baseline is frozen; `deskgate baseline freeze --by NAME --why TEXT`")
        raise typer.Exit(1)
    echo(f"{where.name}: frozen by {current.by} as of {current.effective_at:%Y-%m-%d %H:%M} UTC: {current.why}")
    configuration = find_configuration(where, suites_folder(where, suites))
    moved = drift(current.digests, configuration.digests()).files
    changes = settings_changes(current.settings, configuration.settings()) if keys else []
    lines = [*moved, *map(str, changes)]
    echo(
        "\n".join(f"  {line}" for line in lines)
        if lines
        else f"  all {count_of(len(current.digests), 'file')} are as frozen"
    )
    raise typer.Exit(1 if lines else 0)
