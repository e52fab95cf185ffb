"""What every table of desk.toml is: an unknown key is refused, and nothing is changed once it is read."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Strict"]


class Strict(BaseModel):
    """A table of desk.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
