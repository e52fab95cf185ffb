"""The configuration that a baseline freezes: desk.toml, the bots' own files it names, and the suites."""

from hashlib import sha256
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.patterns import matches

__all__ = ["digest_configuration"]


def digest_configuration(desk: Desk, suites: Path) -> dict[str, str]:
    """Return file -> sha256 of everything the desk's baseline speaks for.

    The names are relative: to the desk for its own files, `expectations/<name>` for the suites.

    Raises
    ------
    InputError
        A configuration glob is absolute or none, or a file cannot be read.
    """
    globs = {pattern for bot in desk.bots.values() for pattern in bot.config}
    files = {desk.file.name: desk.file, **{f"expectations/{file.name}": file for file in suites.glob("*.json")}}
    for pattern in sorted(globs):
        found = [file for file in matches(desk, "a bot's config", pattern) if file.is_file()]
        files |= {file.relative_to(desk.root).as_posix(): file for file in found}
    try:
        return {name: sha256(file.read_bytes()).hexdigest() for name, file in sorted(files.items())}
    except OSError as error:
        raise InputError(
            f"{error.filename}: not readable, {error.strerror}; make it readable or take it out of desk.toml"
        ) from error
