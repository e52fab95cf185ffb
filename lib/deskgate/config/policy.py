"""What desk.toml names and what is there, as data: a run looks once, its checks judge what it found."""

from pydantic import BaseModel, ConfigDict

from deskgate.config.settings import Change

__all__ = ["Policy", "Unnamed", "Widened"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Widened(_Frozen):
    """One bound of a desk's own suites that lets more pass than the one Deskgate ships: `times` as much."""

    entry: str
    times: float
    what: str
    in_quote: bool


class Unnamed(_Frozen):
    """A bot on disk whose files no pattern of desk.toml names.

    `records` are its records from the day's start to the run's instant; None: its files cannot be read.
    """

    files: list[str]
    records: int | None


class Policy(_Frozen):
    """How desk.toml, the suites and the desk's folder stand to one another when a run looked.

    Parameters
    ----------
    config
        Bot -> pattern of its `config` -> the files it matches, relative to the desk; a bot without patterns is not in it.
    unfrozen
        Bot -> what a script of its `config` starts and no pattern of it names, one sentence each.
    below_floor
        What the suites do not ask of what Deskgate's own ask, one sentence each.
    widened
        The bounds of the suites that are wider than Deskgate's own, the widest first.
    actions
        What entries of the suites call for where they are breached.
    unnamed
        The bots on disk that desk.toml does not name.
    images
        Service -> image of the compose files that desk.toml names, as they resolve; None where a service has none.
    start_problems
        What of the compose files does not resolve.
    changes
        The keys that say something else than in the baseline in force.
    """

    config: dict[str, dict[str, list[str]]] = {}
    unfrozen: dict[str, list[str]] = {}
    below_floor: list[str] = []
    widened: list[Widened] = []
    actions: list[str] = []
    unnamed: dict[str, Unnamed] = {}
    images: dict[str, str | None] = {}
    start_problems: list[str] = []
    changes: list[Change] = []
