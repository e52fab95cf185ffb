"""The configuration that a baseline freezes: desk.toml, the bots' own and the compose files it names, and the suites."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from deskgate.config.compose import Startup, resolve
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.paths import ladder_file
from deskgate.config.patterns import matches
from deskgate.config.settings import DOCUMENTS, read_settings

__all__ = ["IMAGES", "SUITE_FILES", "Configuration", "digest_configuration", "find_configuration"]

# Among files, what holds the images that compose files resolve to.
IMAGES = "images"
# What the names of the suites' files begin with.
SUITE_FILES = "expectations/"
# What is kept of a service in a compose file. What else it is passed may be a secret under any name; of its environment only
# what Hummingbot starts (20260922, `bin/hummingbot_quickstart.py`) is known to be none.
_KEPT_OF_SERVICES = re.compile(
    r"services\.[^.]+\.(image|build(\.(context|dockerfile))?|container_name|network_mode|restart|user"
    r"|((volumes|ports|env_file|depends_on|networks)(\[\d+\])?)|environment\.(CONFIG_FILE_NAME|SCRIPT_CONFIG))"
)


@dataclass(frozen=True)
class Configuration:
    """Everything a desk's baseline speaks for, as it was looked up once.

    Parameters
    ----------
    config
        Bot -> pattern of its `config` -> the files it matches, relative to the desk; bots without patterns are left out.
    started
        What the compose files of desk.toml start; a pattern that matches no file is a problem.
    files
        Name -> file. Names are relative: to the desk for its own files, `expectations/<name>` for the suites.
    """

    config: dict[str, dict[str, list[str]]]
    started: Startup
    files: dict[str, Path]

    def digests(self) -> dict[str, str]:
        """Return name -> sha256 of each file, by name.

        Raises
        ------
        InputError
            A file cannot be read.
        """
        try:
            return {name: sha256(file.read_bytes()).hexdigest() for name, file in sorted(self.files.items())}
        except OSError as error:
            raise InputError(
                f"{error.filename}: not readable, {error.strerror}; make it readable or take it out of desk.toml"
            ) from error

    @cached_property
    def _read(self) -> dict[str, dict[str, str]]:
        return read_settings(self.files)

    def settings(self) -> dict[str, dict[str, str]]:
        """Return file -> key -> value, without secrets; under `IMAGES` service -> image as compose files resolve."""
        images = {name: image or "none" for name, image in self.started.images.items()}
        found = dict(self._read)
        for name, keys in self._read.items():
            if self.files[name] in self.started.files:
                found[name] = {key: value for key, value in keys.items() if _KEPT_OF_SERVICES.fullmatch(key)}
        return found | ({IMAGES: images} if images else {})

    def own_settings(self) -> dict[str, dict[str, str]]:
        """Return the settings of all but the suites and what lies beside them."""
        return {name: keys for name, keys in self.settings().items() if not name.startswith(SUITE_FILES)}

    def unfrozen(self) -> dict[str, list[str]]:
        """Return bot -> what a file of its `config` starts and no pattern of it names, one sentence each.

        A script of Hummingbot (20260922, `StrategyV2ConfigBase`) lists its controllers by name under `controllers_config`;
        what a file that is not readable lists is not known.
        """
        left = {
            bot: self._unfrozen({name for found in of.values() for name in found}) for bot, of in self.config.items()
        }
        return {bot: lacking for bot, lacking in left.items() if lacking}

    def _unfrozen(self, names: set[str]) -> list[str]:
        settings = {name: self._read[name] for name in names if name in self._read}
        started = {
            value for keys in settings.values() for key, value in keys.items() if key.startswith("controllers_config[")
        }
        torn = {name for name in names - settings.keys() if self.files[name].suffix in DOCUMENTS}
        return [
            *(
                f"{each} is started by a script and named by no pattern"
                for each in sorted(started - {Path(name).name for name in names})
            ),
            *(f"{each} is not readable, so that what it starts is not known" for each in sorted(torn)),
        ]


def find_configuration(desk: Desk, suites: Path) -> Configuration:
    """Return what the desk's baseline speaks for.

    Raises
    ------
    InputError
        A pattern of desk.toml is absolute or malformed, or a folder may not be looked into.
    """
    config = {
        name: {
            pattern: [_relative(desk, file) for file in _matched(desk, f"bots.{name}.config", pattern)]
            for pattern in bot.config
        }
        for name, bot in sorted(desk.bots.items())
        if bot.config
    }
    started = _start_up(desk)
    named = {name for patterns in config.values() for found in patterns.values() for name in found}
    files = {
        desk.file.name: desk.file,
        **{f"{SUITE_FILES}{file.name}": file for file in (ladder_file(suites), *suites.glob("*.json"))},
        **{name: desk.root / name for name in named},
        **{_relative(desk, file): file for file in started.files},
    }
    return Configuration(config, started, files)


def digest_configuration(desk: Desk, suites: Path) -> dict[str, str]:
    """Return name -> sha256 of everything the desk's baseline speaks for, by name.

    Raises
    ------
    InputError
        A pattern of desk.toml is absolute or malformed, or a file cannot be read.
    """
    return find_configuration(desk, suites).digests()


def _start_up(desk: Desk) -> Startup:
    found = {pattern: _matched(desk, "deployment.compose", pattern) for pattern in desk.deployment.compose}
    started = resolve([file for files in found.values() for file in files])
    started.problems += [
        f"deployment.compose '{pattern}' matches no file" for pattern, files in found.items() if not files
    ]
    return started


def _matched(desk: Desk, key: str, pattern: str) -> list[Path]:
    return [file for file in matches(desk, key, pattern) if file.is_file()]


def _relative(desk: Desk, file: Path) -> str:
    return Path(os.path.relpath(file, desk.root)).as_posix()
