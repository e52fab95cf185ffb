"""The commands of waivers: `waive` lists them, `waive GATE` grants one, `waive revoke ID` ends one."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DeskOption,
    JsonOption,
    OutOption,
    SinceOption,
    SuitesOption,
    WhyOption,
    find_desk,
    handle_errors,
    open_records,
)
from deskgate.cli.terminal import print_table
from deskgate.config.instants import now, parse_as_of, parse_zoned_instant, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from deskgate.gates.waiver_records import KnownWaiver

__all__ = ["waive"]


class _GrantsByDefault(TyperGroup):
    """`waive GATE ...` is `waive grant GATE ...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - Typer's own copy of click names its type
        """Name the command where a gate stands in its place."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["grant", *args]
        return super().parse_args(ctx, args)


waive = typer.Typer(
    cls=_GrantsByDefault,
    invoke_without_command=True,
    help="List waivers; `waive GATE` grants one, approved by a second person; `waive revoke ID` ends one.",
)


@waive.callback()
@handle_errors
def list_waivers(
    context: typer.Context,
    listed: Annotated[bool, typer.Option("--list", help="List the waivers on record, as without a command.")] = False,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_json: JsonOption = False,
) -> None:
    """List the desk's waivers: those in force first, then those that ended or were revoked."""
    if context.invoked_subcommand is not None:
        return
    from deskgate.run.waive import read_waivers
    from deskgate.store.desk_store import open_to_read

    clock = now()
    known = sorted(read_waivers(open_to_read(find_desk(desk), out)), key=lambda each: each.ends_at <= clock)
    if as_json:
        echo(json.dumps([_as_json(each, clock) for each in known], indent=1))
        return
    columns = ["id", "gate", "subject", "status", "since", "until", "author", "approver", "reason"]
    rows = [[str(_as_json(each, clock)[name]) for name in columns] for each in known]
    if rows:
        print_table(columns, rows)
    else:
        echo("no waiver is on record")


@waive.command()
@handle_errors
def grant(
    gate: Annotated[
        str, typer.Argument(help="A promotion gate, or one entry of a suite as suite#entry; see `deskgate gates`.")
    ],
    subject: Annotated[str, typer.Option("--subject", help="A bot of desk.toml, or portfolio.")],
    until: Annotated[str, typer.Option("--until", help="When it ends, ISO 8601 with a zone; at most 14 days on.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the day may go on without it.")],
    author: Annotated[str, typer.Option("--author", help="Who asks for it.")],
    approver: Annotated[str, typer.Option("--approver", help="Who approves it; somebody else.")],
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    as_of: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Waive a gate, or one entry, of one subject until an instant."""
    from deskgate.config.paths import suites_folder
    from deskgate.gates.suites import load_suites
    from deskgate.run.begun import show_again
    from deskgate.run.waive import grant_waiver

    clock = now()
    at, end = parse_as_of(as_of, clock), parse_zoned_instant(until, "--until")
    where, store, trail = open_records(desk, out)
    made = grant_waiver(
        store,
        trail,
        where,
        load_suites(suites_folder(where, suites)),
        gate=gate,
        subject=subject,
        until=end,
        reason=reason,
        author=author,
        approver=approver,
        effective_at=at,
        recorded_at=clock,
    )
    show_again(out)
    if as_json:
        echo(
            json.dumps(
                made.waiver.model_dump(mode="json") | {"covers": made.covers, "leaves_out": made.leaves_out}, indent=1
            )
        )
        return
    echo(
        f"{made.waiver.id}: {made.waiver.gate} of {made.waiver.subject} is waived from {stamp(at)} until {stamp(end)}; it covers"
        f" {', '.join(made.covers)}"
    )
    for name, why in made.leaves_out.items():
        echo(f"It does not cover {name}: {why}")
    echo(
        f"A day that was judged for an instant before {stamp(at)} does not see it: run it again with --as-of {stamp(at)} or later"
    )


@waive.command()
@handle_errors
def revoke(
    waiver_id: Annotated[str, typer.Argument(metavar="ID", help="The waiver's id, or a prefix that no other one has.")],
    by: ByOption,
    why: WhyOption,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    as_of: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a waiver before its time; a GO that rests on it lapses."""
    from deskgate.run.begun import show_again
    from deskgate.run.waive import revoke_waiver

    clock = now()
    at, (_, store, trail) = parse_as_of(as_of, clock), open_records(desk, out)
    ended = revoke_waiver(store, trail, waiver_id, by=by, why=why, effective_at=at, recorded_at=clock)
    show_again(out)
    if as_json:
        echo(json.dumps(ended.model_dump(mode="json") | {"revoked_at": stamp(at)}, indent=1))
    else:
        echo(f"{ended.id}: revoked, from {stamp(at)} on; a GO that rests on it lapses")


def _as_json(known: "KnownWaiver", clock: "datetime") -> dict[str, Any]:
    """Return a waiver with its status: in force, ended or revoked."""
    revoked = {"revoked_at": stamp(known.revoked_at)} if known.revoked_at else {}
    status = "revoked" if revoked else "in force" if clock < known.ends_at else "ended"
    who = {"revoked_by": known.revoked_by, "revoked_why": known.revoked_why} if revoked else {}
    content: dict[str, Any] = known.waiver.model_dump(mode="json")
    return content | {"status": status} | revoked | who
