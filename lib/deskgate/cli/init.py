"""`deskgate init`: from a folder of bots to a commented desk.toml."""

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import handle_errors
from deskgate.config.errors import InputError
from deskgate.config.plural import count_of

if TYPE_CHECKING:
    from deskgate.sources.discovery import FoundDesk

__all__ = ["init"]

SUITES_FOLDER, NOTEBOOKS_FOLDER = "expectations", "notebooks"


@handle_errors
def init(
    folder: Annotated[Path, typer.Argument(help="Where the bots' files lie.")],
    with_suites: Annotated[
        bool,
        typer.Option("--with-suites", help="Copy suites and notebooks there too: the desk gets bounds of its own."),
    ] = False,
) -> None:
    """Find the bots under a folder and write a commented desk.toml; an existing one is never overwritten."""
    from deskgate.sources.discovery import discover, draft

    if not folder.is_dir():
        raise InputError(f"{folder}: no folder there, expected one that holds Hummingbot's files; name another one")
    target = folder / "desk.toml"
    if target.exists():
        raise InputError(f"{target}: exists already, and init never overwrites; move it away to have a new one")
    found = discover(folder)
    if not found.bots:
        raise InputError(
            f"{folder}: no bot found, expected data/*.sqlite, bots/instances/*, controller logs, events or exports"
        )
    if with_suites:
        _copy_resources(folder)
    public_key, about_key = _key(folder)
    with target.open("x", encoding="utf-8") as file:
        file.write(draft(folder, found, suites=SUITES_FOLDER if with_suites else None, public_key=public_key))
    echo(f"{target}: {count_of(len(found.bots), 'bot')}")
    for bot in found.bots:
        echo(f"  {bot.name}: {bot.mode}, {', '.join(bot.connectors)}, {', '.join(bot.pairs)}")
        for kind, texts in (("note", bot.notes), ("missing", bot.missing)):
            for text in texts:
                echo(f"    {kind}: {text}")
    for note in found.notes:
        echo(f"  note: {note}")
    echo(about_key)
    echo("What to do next:")
    for number, step in enumerate(_steps(folder, found), start=1):
        echo(f"  {number}. {step}")


def _steps(folder: Path, found: "FoundDesk") -> list[str]:
    """Return what leads from the draft to a decision, in order."""
    desk = f"--desk {shlex.quote(str(folder))}"
    names = [account for account in found.accounts if account.is_used]
    return [
        f"read {folder / 'desk.toml'}: correct modes, shadows and openings",
        *[_credentials(each.name, each.connector, each.variables) for each in names],
        *([f"deskgate snapshot {desk}     # now, then each hour: `deskgate schedule`"] if names else []),
        f"deskgate baseline freeze {desk} --by YOU --why TEXT",
        *(
            [f"deskgate ingest --follow {desk}     # the running store, from the bots' MQTT bridge"]
            if found.brokers
            else []
        ),
        f"deskgate daily {desk}",
    ]


def _credentials(name: str, connector: str, prefix: str) -> str:
    """Return what an account needs to be asked."""
    from deskgate.run.variables import key_variables

    variables = key_variables(connector, prefix)
    if variables is None:
        return f"the exports of {connector} by another way, listed under `exchange`: `deskgate snapshot` cannot ask it (docs/venues.md)"
    if not variables:
        return f'address = "0x..." under [accounts.{name}] in desk.toml: {connector} is read by the public address of its wallet'
    return f"{', '.join(variables[:-1])} and {variables[-1]} in the environment, a key of {connector} for reading alone"


def _key(folder: Path) -> tuple[str | None, str]:
    """Make the key that signs the audit trail, and return its public part and what to say; a desk can do without one."""
    from deskgate.audit.keys import key_file, make_key

    try:
        key, is_new = make_key(key_file(folder.resolve().name or "desk"), [folder])
    except InputError as error:
        return None, f"No key signs the audit trail: {error}"
    word = "made" if is_new else "the key that is there"
    return key.public_key, f"{key.file}: {word}, it signs the audit trail; keep a copy of it"


def _copy_resources(folder: Path) -> None:
    """Copy the suites, which desk.toml then names, and the notebooks, to be opened in Jupyter; nothing is overwritten."""
    from deskgate.config.paths import NOTEBOOKS, SUITES

    copies = {folder / SUITES_FOLDER: SUITES, folder / NOTEBOOKS_FOLDER: NOTEBOOKS}
    for target in copies:
        if target.exists():
            raise InputError(
                f"{target}: exists already, and init never overwrites; move it away, or omit --with-suites"
            )
    for target, source in copies.items():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))
