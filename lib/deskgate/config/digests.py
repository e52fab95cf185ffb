"""The configuration that a baseline freezes: desk.toml, the bots' own files it names, and the suites."""

import os
from hashlib import sha256
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.patterns import matches

__all__ = ["config_files", "digest_configuration"]


def config_files(desk: Desk) -> dict[str, dict[str, list[str]]]:
    """Return bot -> pattern of its `config` -> the files it matches, relative to the desk; bots without patterns are left out.

    Raises
    ------
    InputError
        A pattern is absolute or malformed, or a folder may not be looked into.
    """
    return {
        name: {
            pattern: [
                Path(os.path.relpath(file, desk.root)).as_posix()
                for file in matches(desk, f"bots.{name}.config", pattern)
                if file.is_file()
            ]
            for pattern in bot.config
        }
        for name, bot in sorted(desk.bots.items())
        if bot.config
    }


def digest_configuration(desk: Desk, suites: Path) -> dict[str, str]:
    """Return file -> sha256 of everything the desk's baseline speaks for.

    The names are relative: to the desk for its own files, `expectations/<name>` for the suites.

    Raises
    ------
    InputError
        A configuration glob is absolute or none, or a file cannot be read.
    """
    named = {name for patterns in config_files(desk).values() for found in patterns.values() for name in found}
    files = {
        desk.file.name: desk.file,
        **{f"expectations/{file.name}": file for file in suites.glob("*.json")},
        **{name: desk.root / name for name in named},
    }
    try:
        return {name: sha256(file.read_bytes()).hexdigest() for name, file in sorted(files.items())}
    except OSError as error:
        raise InputError(
            f"{error.filename}: not readable, {error.strerror}; make it readable or take it out of desk.toml"
        ) from error
