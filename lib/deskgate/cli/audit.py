"""The commands of the audit trail's upkeep: `audit key` makes the key that signs, `audit repair` puts the store right."""

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import REPORTS, ByOption, DeskOption, OutOption, WhyOption, find_desk, handle_errors
from deskgate.config.instants import now
from deskgate.config.plural import count_of

__all__ = ["audit"]

audit = typer.Typer(no_args_is_help=True, help="The audit trail: its key, and putting the store right by it.")


@audit.command("key")
@handle_errors
def audit_key(desk: DeskOption = None, out: OutOption = REPORTS) -> None:
    """Make the key that signs checkpoints, unless there is one, and print the line of desk.toml that names its public part."""
    from deskgate.audit.keys import key_file, make_key
    from deskgate.audit.trail import Trail

    where = find_desk(desk)
    key, is_new = make_key(key_file(where.name, where.audit_key_file), (where.root, out))
    if is_new and out.is_dir():
        trail = Trail.open(where.model_copy(update={"audit": where.audit.model_copy(update={"public_key": None})}), out)
        # A trail that is not begun yet is, with this key, by the first that writes into it.
        if trail.chain.size:
            trail.record_key(now())
    echo(f"{key.file}: {'made' if is_new else 'the key that is there'}; it signs from now on, keep a copy of it")
    if where.audit.public_key != key.public_key:
        keys = [where.audit.public_key, *where.audit.former_keys]
        kept = ", ".join(f'"{each}"' for each in keys if each and each != key.public_key)
        former = f"former_keys = [{kept}]" if kept else ""
        echo("\n".join(["Put into desk.toml:", "[audit]", f'public_key = "{key.public_key}"', former]).rstrip())


@audit.command("repair")
@handle_errors
def audit_repair(
    by: ByOption,
    why: WhyOption,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
) -> None:
    """Put rows back into the store that the chain has, and take those into the chain that it lacks, with who and why."""
    from deskgate.audit.repair import repair
    from deskgate.audit.trail import Trail
    from deskgate.config.people import require_reason
    from deskgate.run.day_folder import locked
    from deskgate.store.desk_store import open_store

    require_reason(by, why)
    where = find_desk(desk)
    trail = Trail.open(where, out)
    with locked(out):
        store = open_store(where, out)
        done = repair(trail.chain, store, by=by, why=why, at=now())
    echo(
        f"{where.name}: {count_of(done.put_back, 'row')} put back into the store, {done.adopted} taken into the audit trail"
    )
