"""A folder -> the installations of Hummingbot in it: `conf/` beside `data/` or `logs/`, of a plain one or of an instance.

Of credentials only the names of their files are looked at: they are encrypted, and no business of a desk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from os.path import exists, isdir
from pathlib import Path

from deskgate.sources.discovery.client_file import Client, read_client
from deskgate.sources.discovery.strategy_files import StrategyFile, read_strategy_file

__all__ = ["Home", "Installation", "installations", "profiles"]

_YAML = (".yml", ".yaml")
# hummingbot-api keeps what may be deployed beside these; what has been deployed has a copy of it.
_OF_THE_API = {"instances", "credentials", "archived"}


@dataclass(frozen=True)
class Installation:
    """One installation: its strategies and scripts, its controllers, the connectors it has credentials of, and its client.

    `is_instance` where hummingbot-api deployed it: its configuration is a copy of one bot's alone.
    """

    folder: Path
    strategies: tuple[StrategyFile, ...] = ()
    controllers: tuple[StrategyFile, ...] = ()
    connectors: tuple[str, ...] = ()
    client: Client | None = None
    archived: bool = False
    is_instance: bool = False

    @property
    def problems(self) -> list[tuple[Path, str]]:
        """The files of its configuration that cannot be read, each with why."""
        client = self.client.problem if self.client else None
        found = [(each.file, each.problem) for each in (*self.strategies, *self.controllers) if each.problem]
        return found + ([(self.folder / "conf/conf_client.yml", client)] if client else [])


@dataclass(frozen=True)
class Home:
    """An installation in which a bot has files, or would have them.

    `databases` are the names of its databases there, up to their first dot; `is_alone` where no other bot has one there.
    """

    installation: Installation
    databases: frozenset[str]
    is_alone: bool


def installations(folders: Iterable[Path], root: Path) -> list[Installation]:
    """Return the installations among folders."""
    return [_read(folder, root) for folder in folders if _is_one(folder)]


def profiles(folders: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """Return by name the connectors of each profile of hummingbot-api: `credentials/<profile>/connectors/<connector>.yml`."""
    return {
        folder.name: found
        for folder in folders
        if folder.parent.name == "credentials" and (found := _names(folder / "connectors"))
    }


def _is_one(folder: Path) -> bool:
    # Unlike pathlib's, these are False where a folder may not be entered.
    if not isdir(folder / "conf") or any(isdir(folder / name) for name in _OF_THE_API):  # noqa: PTH112
        return False
    inside = [folder / name for name in ("data", "logs", "conf/conf_client.yml", "conf/connectors")]
    return any(exists(place) for place in inside)  # noqa: PTH110


def _read(folder: Path, root: Path) -> Installation:
    conf = folder / "conf"
    inside = folder.relative_to(root).parts
    return Installation(
        folder,
        tuple(read_strategy_file(file) for kind in ("scripts", "strategies") for file in _files(conf / kind)),
        tuple(read_strategy_file(file) for file in _files(conf / "controllers")),
        _names(conf / "connectors"),
        read_client(conf / "conf_client.yml"),
        archived="archived" in inside[:-1],
        is_instance=inside[-2:-1] in {("instances",), ("archived",)},
    )


def _files(folder: Path) -> list[Path]:
    try:
        return [file for file in sorted(folder.iterdir()) if file.suffix in _YAML and file.is_file()]
    except OSError:
        return []


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(file.stem for file in _files(folder))
