"""What of the configuration in installations is one bot's: the files for its baseline, and what they trade.

A bot's database has the name of the file that the bot was started with. An installation that has one bot's databases alone is that
bot's whole, and hummingbot-api copies the files of a deployment into its instance.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path

from deskgate.sources.discovery.facts import Facts
from deskgate.sources.discovery.installations import Home, Installation
from deskgate.sources.discovery.strategy_files import StrategyFile

__all__ = ["BotConfiguration", "bot_configuration", "home_of", "written"]

NO_FILE = (
    "no configuration file of its strategy was found: the baseline cannot show what changed in it; write"
    ' config = ["conf/scripts/NAME.yml", "conf/controllers/NAME.yml"]'
)


@dataclass
class BotConfiguration:
    """What the files trade, the patterns of `config`, what a person should know and what is missing."""

    facts: list[Facts] = field(default_factory=list)
    config: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def home_of(file: Path, found: Iterable[Installation]) -> Installation | None:
    """Return the innermost installation that a file lies in."""
    around = [each for each in found if file.is_relative_to(each.folder)]
    return max(around, key=lambda each: len(each.folder.parts), default=None)


def bot_configuration(root: Path, homes: Sequence[Home], *, name: str) -> BotConfiguration:
    """Return the configuration of one bot.

    Parameters
    ----------
    root
        The desk's folder, to which patterns are relative.
    homes
        The installations that it has files in.
    name
        The bot's name, which in an installation without a database is that of its file.
    """
    now = [home for home in homes if not home.installation.archived] or list(homes)
    found = BotConfiguration()
    for home in now:
        files = _own(home.installation, home.databases or {name}, found, is_alone=home.is_alone)
        found.facts += [file.facts for file in files]
        patterns = {_pattern(root, home.installation, file.file) for file in files}
        found.config += sorted(patterns - set(found.config))
    if not found.config:
        found.missing.append(NO_FILE)
    return found


def written(root: Path, place: Path) -> str:
    """Return a place as a pattern relative to the desk."""
    return escape(place.relative_to(root).as_posix())


def _own(
    home: Installation, databases: Collection[str], found: BotConfiguration, *, is_alone: bool
) -> list[StrategyFile]:
    """Return the strategies, scripts and controllers of a bot in one installation."""
    if home.is_instance:
        return [*home.strategies, *home.controllers]
    own = [each for each in home.strategies if each.database in databases]
    if not own and is_alone and len(home.strategies) == 1:
        own = list(home.strategies)
    if not own and is_alone and not home.strategies:
        return list(home.controllers)
    if not own and is_alone:
        names = ", ".join(each.file.name for each in home.strategies)
        found.notes.append(f"its database has the name of none of {names}: which one it runs is not known")
    controllers = {each.file.name: each for each in home.controllers}
    for each in own:
        for name in each.controllers:
            if name in controllers:
                own = [*own, controllers[name]] if controllers[name] not in own else own
            else:
                found.notes.append(f"{each.file.name} names the controller {name}, which is not in conf/controllers")
    return own


def _pattern(root: Path, home: Installation, file: Path) -> str:
    """Return the pattern of a file; of an instance's copies that of their folder, for the next deployment names them anew."""
    return f"{written(root, file.parent)}/*{file.suffix}" if home.is_instance else written(root, file)
