"""The commands of breaks: `breaks` lists them, `breaks note|own|accept|resolve ID` says what is done about one."""

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
    SinceOption,
    WhyOption,
    find_desk,
    handle_errors,
    open_records,
)
from deskgate.cli.terminal import print_table
from deskgate.config.errors import InputError
from deskgate.config.instants import now, parse_as_of
from deskgate.config.plural import count_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["breaks"]

SHOWN = 40
_OF_A_DAY = (
    *("break_id", "severity", "status", "kind", "bot", "leg", "ts", "trade_id", "order_id", "observed", "expected"),
    "first_seen",
)
_OF_THE_LEDGER = (
    *("break_id", "status", "severity", "kind", "bot", "leg", "value_quote", "first_seen", "last_seen", "age_h"),
    *("owner", "note"),
)

breaks = typer.Typer(invoke_without_command=True, help="List breaks; say what is done about one.")

IdArgument = Annotated[str, typer.Argument(help="The break's id, or a prefix that no other break has.")]


@breaks.callback()
@handle_errors
def list_breaks(
    context: typer.Context,
    desk: DeskOption = None,
    date: DateOption = None,
    out: OutOption = REPORTS,
    limit: Annotated[int, typer.Option(min=1, help="Rows to print.")] = SHOWN,
    as_json: JsonOption = False,
) -> None:
    """List the desk's break ledger: what is open, since when, whose it is; with --date the breaks of a day that has run."""
    if context.invoked_subcommand is not None:
        return
    if date is None:
        from deskgate.run.break_records import read_ledger
        from deskgate.store.desk_store import open_existing

        rows = read_ledger(open_existing(find_desk(desk), out), now())
        _print(rows, _OF_THE_LEDGER, limit, "no run has found a break", "deskgate breaks --json", as_json=as_json)
        return
    day, file, rows = _of_day(desk, date, out)
    _print(rows, _OF_A_DAY, limit, f"{day}: no breaks", str(file), as_json=as_json)


@breaks.command()
@handle_errors
def note(
    break_id: IdArgument,
    why: WhyOption,
    by: ByOption,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Write down the cause of a break; it stays open and counts as before."""
    _act(desk, out, break_id, "note", why, by, as_of)


@breaks.command()
@handle_errors
def own(
    break_id: IdArgument,
    by: ByOption,
    to: Annotated[str | None, typer.Option("--to", help="The owner; default: the one named with --by.")] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Assign an owner to a break."""
    _act(desk, out, break_id, "own", to or by, by, as_of)


@breaks.command()
@handle_errors
def accept(
    break_id: IdArgument,
    why: WhyOption,
    by: ByOption,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Accept a break: it is excluded until its amounts change."""
    _act(desk, out, break_id, "accept", why, by, as_of)


@breaks.command()
@handle_errors
def resolve(
    break_id: IdArgument,
    why: WhyOption,
    by: ByOption,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
) -> None:
    """Mark a break resolved; the next run that still finds it opens it again."""
    _act(desk, out, break_id, "resolve", why, by, as_of)


def _act(desk: Path | None, out: Path, break_id: str, action: str, text: str, by: str, as_of: str | None) -> None:
    from deskgate.run.begun import show_again
    from deskgate.run.break_effects import effect_of
    from deskgate.run.break_records import act, read_records

    clock = now()
    at, (_, store, trail) = parse_as_of(as_of, clock), open_records(desk, out)
    whole = act(store, trail, break_id, action, text, by=by, effective_at=at, recorded_at=clock)
    if action in ("accept", "resolve"):
        show_again(out)
    known = (read_records(store, clock, name) for name in ("break_sightings", "break_actions"))
    done = {"note": "noted", "own": f"assigned to {text.strip()}", "accept": "accepted", "resolve": "marked resolved"}
    echo(f"{whole}: {done[action]}, from {at:%Y-%m-%d %H:%M:%S} UTC on; {effect_of(action, whole, at, *known)}")


def _of_day(desk: Path | None, date: str, out: Path) -> "tuple[str, Path, pl.DataFrame]":
    from deskgate.assessment.evidence import open_verified
    from deskgate.config.instants import resolve_instant

    day, _ = resolve_instant(date, None, now())
    artifacts = open_verified(out / day.isoformat())
    if desk is not None and artifacts.inputs.desk != find_desk(desk).name:
        raise InputError(
            f"{artifacts.folder}: is of the desk '{artifacts.inputs.desk}', expected '{find_desk(desk).name}'; give that"
            " desk's --out"
        )
    return day.isoformat(), artifacts.folder / artifacts.breaks_file, artifacts.breaks()


def _print(
    rows: "pl.DataFrame", columns: tuple[str, ...], limit: int, nothing: str, whole: str, *, as_json: bool
) -> None:
    if as_json:
        echo(rows.write_json())
    elif rows.is_empty():
        echo(nothing)
    else:
        print_table(
            list(columns), [[_cell(cell) for cell in row] for row in rows.select(columns).head(limit).iter_rows()]
        )
        echo(f"{min(limit, rows.height)} of {count_of(rows.height, 'break')}; all of them: {whole}")


def _cell(value: object) -> str:
    from datetime import datetime
    from decimal import Decimal

    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case Decimal():
            return f"{value.normalize():f}"
        case float():
            return f"{value:.1f}"
        case _:
            return str(value)
