"""The commands of the event store: ingest, and `store` with account, anchor, compact and rebuild."""

import json
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DeskOption,
    JsonOption,
    OutOption,
    QuietOption,
    WhyOption,
    find_desk,
    find_desk_with_files,
    handle_errors,
)
from deskgate.cli.progress import detail_of, progress_records
from deskgate.cli.terminal import print_account, print_table
from deskgate.config.errors import InputError
from deskgate.config.instants import now, parse_as_of
from deskgate.config.plural import count_of

if TYPE_CHECKING:
    from deskgate.config.desk import Desk
    from deskgate.store.tables import Store

__all__ = ["ingest", "store"]

store = typer.Typer(no_args_is_help=True, help="The event store: its account, its clock, its upkeep.")


@handle_errors
def ingest(
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep running: take in streams and growing files until stopped.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Give the account and write nothing.")] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take what is new of the desk's files into its event store, with an account of every record."""
    from deskgate.store.ingest import Account, Ingestor
    from deskgate.store.lost_files import lost_files

    if follow and dry_run:
        raise InputError(
            "--follow with --dry-run was given, expected one of them; a stream cannot be read without taking"
        )
    where = find_desk_with_files(desk, quiet=quiet)
    if follow:
        from deskgate.collector import follow as run

        account: Account = run(where, _store(where, out), now=now, say=lambda text: echo(text, err=True))
    else:
        with progress_records(detail_of(quiet=quiet, verbose=False, as_json=as_json)) as progress:
            place = _store(where, out, make=not dry_run)
            ingestor = Ingestor(place, where, now)
            account = (ingestor.preview if dry_run else ingestor.ingest_files)(progress=progress)
        if not dry_run:
            place.compact()
    lost = [] if follow or dry_run else lost_files(where, place, account, newest_days())
    if as_json:
        echo(json.dumps({**account.as_json(), "lost": list(map(asdict, lost))}, indent=1))
    else:
        print_account(account, dry_run=dry_run, quiet=quiet)
        for each in lost:
            echo(str(each))
    if dry_run:
        _refuse_unmatched(where)


def _refuse_unmatched(desk: "Desk") -> None:
    """Refuse a desk with a pattern that matches nothing: a dry run is made to find it. Exports that are still to come are none.

    Raises
    ------
    InputError
        It has such a pattern; which ones was said before.
    """
    from deskgate.sources.unmatched import unmatched

    wrong = [each for each in unmatched(desk) if not each.awaits_snapshot]
    if wrong:
        raise InputError(f"{desk.file}: {len(wrong)} of its patterns match nothing, the first: {wrong[0].sentence}")


def newest_days() -> set[date]:
    """Return today and the day before, which is being judged or was just now."""
    return {now().date(), now().date() - timedelta(days=1)}


@store.command("account")
@handle_errors
def store_account(desk: DeskOption = None, out: OutOption = REPORTS, as_json: JsonOption = False) -> None:
    """Show what became of every record that was ever read, by source, day and type."""
    from deskgate.checks.accounting import by_day_and_type, kinds_of
    from deskgate.checks.copies import conflicting_copies
    from deskgate.sources.listing import source_files
    from deskgate.store.copies import COPIED

    where = find_desk(desk)
    place = _store(where, out, make=False)
    frames = place.read(place.pin(), now(), ("ledger", *COPIED))
    rows = by_day_and_type(frames["ledger"])
    if as_json:
        echo(rows.write_json())
        return
    print_table(rows.columns, [["" if cell is None else str(cell) for cell in row] for row in rows.iter_rows()])
    notes: dict[str, str] = {}
    read = set(rows["path"])
    source_files(where, notes=notes, stays_closed=lambda source: source.path in read, kinds=kinds_of(frames["ledger"]))
    for path, why in sorted(notes.items()):
        echo(f"{path}: passed over, {why}")
    for table, bot, ts, paths in conflicting_copies(frames).iter_rows():
        echo(f"{bot}: two copies of one record of {table} of {ts:%Y-%m-%d %H:%M:%S} UTC differ, in {paths}")


@store.command("anchor")
@handle_errors
def store_anchor(
    by: ByOption,
    why: WhyOption,
    desk: DeskOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="From when coverage counts anew, ISO 8601; default: now.")
    ] = None,
    out: OutOption = REPORTS,
) -> None:
    """Restart the clock of the 24 h proof, with who, when and why; the report keeps showing it."""
    from deskgate.audit.trail import Trail
    from deskgate.run.freeze import anchor

    where, clock = find_desk(desk), now()
    at = parse_as_of(as_of, clock)
    trail = Trail.open(where, out)
    anchor(_store(where, out), trail, by=by, why=why, effective_at=at, recorded_at=clock)
    echo(f"{where.name}: coverage counts anew from {at:%Y-%m-%d %H:%M:%S} UTC, says {by.strip()}: {why.strip()}")


@store.command("compact")
@handle_errors
def store_compact(desk: DeskOption = None, out: OutOption = REPORTS) -> None:
    """Merge the store's small files; no row and no past answer changes."""
    where = find_desk(desk)
    merged = _store(where, out, make=False).compact(files_max=1)
    echo(", ".join(f"{name}: {count_of(gone, 'file')} fewer" for name, gone in merged.items()) or "nothing to merge")


@store.command("rebuild")
@handle_errors
def store_rebuild(
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Replace the store though rows of it are in no source any more.")
    ] = False,
) -> None:
    """Make the store anew from its sources, compare it row by row with the old one, and set the old one aside."""
    from deskgate.store.desk_store import store_location
    from deskgate.store.rebuild import rebuild

    where = find_desk(desk)
    done = rebuild(where, store_location(where, out), accept_loss=accept_loss, now=now)
    rows = [
        [name, f"{table.same:,}", f"{table.gone:,}", f"{table.new:,}", ", ".join(table.gone_from)]
        for name, table in done.tables.items()
    ]
    print_table(["table", "same", "only in the old", "only in the new", "the old ones came from"], rows)
    if done.aside is None:
        echo(
            f"{done.gone:,} rows of the store are in no source any more, so it stays as it is; put the sources back, or"
            " give --accept-loss"
        )
        raise typer.Exit(1)
    echo(f"The store is new; the old one is {done.aside}")


def _store(desk: "Desk", out: Path, *, make: bool = True) -> "Store":
    from deskgate.store.desk_store import open_store, open_to_read
    from deskgate.store.sums import refuse_damaged

    found = open_store(desk, out) if make else open_to_read(desk, out)
    refuse_damaged(found.location)
    return found
