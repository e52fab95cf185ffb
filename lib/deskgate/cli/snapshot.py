"""`deskgate snapshot`: the desk's accounts asked at their venues, read-only, and written as exports."""

import json
import os
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import DeskOption, JsonOption, QuietOption, find_desk, handle_errors, print_note
from deskgate.cli.terminal import print_table
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instants import now, parse_zoned_instant, stamp

if TYPE_CHECKING:
    from deskgate.collector.venue.snapshot import Snapshot
    from deskgate.config.accounts import Account
    from deskgate.config.desk import Desk

__all__ = ["snapshot"]

AccountOption = Annotated[
    list[str] | None, typer.Option("--account", help="An account of desk.toml; may be given again; default: all.")
]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", help="From when to ask, ISO 8601; default: from the end of the last complete window."),
]
NewKeyOption = Annotated[
    bool, typer.Option("--new-key", help="The accounts have new keys: go on in their folders with these.")
]
_HERE = {"127.0.0.1", "localhost", "::1"}


@handle_errors
def snapshot(
    desk: DeskOption = None,
    account: AccountOption = None,
    since: SinceOption = None,
    new_key: NewKeyOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the venues what the desk's accounts hold and did; exit 0 if all of it was had, else 1."""
    from deskgate.collector.venue.client import connect
    from deskgate.collector.venue.credentials import read_credentials
    from deskgate.collector.venue.errors import VenueError
    from deskgate.collector.venue.snapshot import take_snapshot
    from deskgate.collector.venue.venues import venue_api

    where = find_desk(desk)
    begin = parse_zoned_instant(since, "--since") if since else None
    if begin is not None and begin > now():
        raise InputError(
            f"--since {since} is in the future, expected an instant up to {stamp(now())}; give an earlier one"
        )
    asked = []
    # All that a person can mend is found before the first request.
    for each in _accounts(where, account):
        api = venue_api(each.connector, f"accounts.{each.name}.connector")
        credentials = read_credentials(each, api, os.environ)
        asked.append((each, api, connect(each, api, credentials, sleep=time.sleep, base_url=_base_url(each))))
    taken, failed, refused = [], {}, False
    for each, api, venue in asked:
        try:
            taken.append(
                take_snapshot(
                    where,
                    each,
                    api,
                    venue,
                    clock=now,
                    since=begin,
                    accept_key=new_key,
                    progress=(lambda _: None) if quiet else (lambda line: echo(line, err=True)),
                )
            )
        except (InputError, VenueError) as error:
            # The other accounts are asked all the same.
            failed[each.name] = str(error)
            refused |= isinstance(error, InputError)
    if as_json:
        found = [{**asdict(each), "at": stamp(each.at), "complete": each.complete} for each in taken]
        echo(json.dumps({"snapshots": found, "failed": failed}, indent=1))
    else:
        _print(taken, failed, quiet=quiet)
    if refused:
        raise typer.Exit(2)
    raise typer.Exit(0 if not failed and all(each.complete for each in taken) else 1)


def _accounts(desk: "Desk", names: list[str] | None) -> "list[Account]":
    """Return the accounts that are asked.

    Raises
    ------
    InputError
        A name is of no account, or the desk has none.
    """
    if not desk.accounts:
        raise InputError(
            f"{desk.file}: no account there, expected a table such as [accounts.main] with a connector; see docs/snapshot.md"
        )
    for name in names or ():
        if name not in desk.accounts:
            raise InputError(
                f"--account '{name}' is none of desk.toml, expected one of {', '.join(desk.accounts)}"
                f"{did_you_mean(name, desk.accounts)}"
            )
    return [each for name, each in desk.accounts.items() if not names or name in names]


def _base_url(account: "Account") -> str | None:
    """Return the address of a server on this machine that stands in for the venue, from `<env>_URL`; None: the venue itself.

    Raises
    ------
    InputError
        It is of another machine, which would get the key.
    """
    name = f"{account.variables}_URL"
    given = os.environ.get(name, "").rstrip("/")
    if given and urlsplit(given).hostname not in _HERE:
        raise InputError(
            f"{name} is of another machine, expected an address of this one; it is for tests alone, unset it"
        )
    return given or None


def _print(taken: "list[Snapshot]", failed: dict[str, str], *, quiet: bool) -> None:
    rows = [
        [
            each.account,
            asked.export,
            str(asked.new),
            asked.until if asked.since == asked.until else f"{asked.since} to {asked.until}",
            "complete" if asked.complete and not asked.lost else "; ".join(filter(None, (asked.reason, asked.lost))),
        ]
        for each in taken
        for asked in each.asked
    ]
    complete = sum(each.complete for each in taken)
    if quiet:
        echo(f"{complete} of {len(taken) + len(failed)} accounts are complete")
        for account, export, _, _, why in rows:
            if why != "complete":
                echo(f"{account}: {export} is not complete, {why}", err=True)
    elif rows:
        print_table(["account", "export", "new", "window", "complete, or why not"], rows)
    for each in () if quiet else taken:
        for export, why in each.absent.items():
            echo(f"{each.account}: {export} is not asked for: {why}")
        if each.clock_ahead_s is None:
            print_note(f"{each.account}: the venue has no clock that can be asked; times are this machine's")
        if each.remark:
            print_note(f"{each.account}: {each.remark}")
    for name, why in failed.items():
        echo(f"{name}: nothing could be had, {why}", err=True)
