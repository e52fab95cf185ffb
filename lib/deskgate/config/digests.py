"""The configuration that a baseline freezes: desk.toml, the bots' own and the compose files it names, and the suites."""

import os
from hashlib import sha256
from pathlib import Path

from deskgate.config.compose import Startup, resolve
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.patterns import matches
from deskgate.config.settings import read_settings

__all__ = ["IMAGES", "config_files", "configured", "digest_configuration", "start_up", "unfrozen_controllers"]

# Among files, what holds the images that compose files resolve to.
IMAGES = "images"


def config_files(desk: Desk) -> dict[str, dict[str, list[str]]]:
    """Return bot -> pattern of its `config` -> the files it matches, relative to the desk; bots without patterns are left out.

    Raises
    ------
    InputError
        A pattern is absolute or malformed, or a folder may not be looked into.
    """
    return {
        name: {
            pattern: [_relative(desk, file) for file in matches(desk, f"bots.{name}.config", pattern) if file.is_file()]
            for pattern in bot.config
        }
        for name, bot in sorted(desk.bots.items())
        if bot.config
    }


def unfrozen_controllers(desk: Desk) -> dict[str, list[str]]:
    """Return bot -> the controller files that a script of its `config` starts and no pattern of it names.

    A script of Hummingbot (20260922, `StrategyV2ConfigBase`) lists them by name under `controllers_config`.

    Raises
    ------
    InputError
        A pattern of desk.toml is absolute or malformed, or a folder may not be looked into.
    """
    left: dict[str, list[str]] = {}
    for bot, patterns in config_files(desk).items():
        names = {name for found in patterns.values() for name in found}
        settings = read_settings({name: desk.root / name for name in names})
        started = {
            value for keys in settings.values() for key, value in keys.items() if key.startswith("controllers_config[")
        }
        if lacking := sorted(started - {Path(name).name for name in names}):
            left[bot] = lacking
    return left


def _configuration_files(desk: Desk, suites: Path) -> dict[str, Path]:
    """Return name -> file of everything the desk's baseline speaks for.

    The names are relative: to the desk for its own files, `expectations/<name>` for the suites.

    Raises
    ------
    InputError
        A pattern of desk.toml is absolute or malformed, or a folder may not be looked into.
    """
    named = {name for patterns in config_files(desk).values() for found in patterns.values() for name in found}
    return {
        desk.file.name: desk.file,
        **{f"expectations/{file.name}": file for file in suites.glob("*.json")},
        **{name: desk.root / name for name in named},
        **{_relative(desk, file): file for file in start_up(desk).files},
    }


def digest_configuration(desk: Desk, suites: Path) -> dict[str, str]:
    """Return name -> sha256 of everything the desk's baseline speaks for, by name.

    Raises
    ------
    InputError
        A pattern of desk.toml is absolute or malformed, or a file cannot be read.
    """
    try:
        return {
            name: sha256(file.read_bytes()).hexdigest()
            for name, file in sorted(_configuration_files(desk, suites).items())
        }
    except OSError as error:
        raise InputError(
            f"{error.filename}: not readable, {error.strerror}; make it readable or take it out of desk.toml"
        ) from error


def configured(desk: Desk, suites: Path) -> dict[str, dict[str, str]]:
    """Return file -> key -> value of the configuration, without secrets; under `IMAGES` service -> image as compose files resolve.

    Of compose files nothing else is kept: what they pass to a service may be a secret under any name.

    Raises
    ------
    InputError
        A pattern of desk.toml is absolute or malformed, or a folder may not be looked into.
    """
    images = start_up(desk).images
    shown = {IMAGES: {name: image or "none" for name, image in images.items()}} if images else {}
    return read_settings(_configuration_files(desk, suites)) | shown


def start_up(desk: Desk) -> Startup:
    """Return what the compose files of desk.toml start; a pattern that matches no file is a problem.

    Raises
    ------
    InputError
        A pattern is absolute or malformed, or a folder may not be looked into.
    """
    found = {
        pattern: [file for file in matches(desk, "deployment.compose", pattern) if file.is_file()]
        for pattern in desk.deployment.compose
    }
    started = resolve([file for files in found.values() for file in files])
    started.problems += [
        f"deployment.compose '{pattern}' matches no file" for pattern, files in found.items() if not files
    ]
    return started


def _relative(desk: Desk, file: Path) -> str:
    return Path(os.path.relpath(file, desk.root)).as_posix()
