"""What desk.toml names and what is there, as data: a run looks once, its checks judge what it found."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Policy"]


class Policy(BaseModel):
    """How desk.toml, the suites and the desk's folder stand to one another when a run looked.

    `config` is bot -> pattern of its `config` -> the files it matches, relative to the desk; a bot without patterns is not in it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    config: dict[str, dict[str, list[str]]] = {}
