"""What every table of desk.toml is: an unknown key is refused, and nothing is changed once it is read."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Strict"]


class Strict(BaseModel):
    """A table of desk.toml."""

    # What pydantic prints of an error stands in tracebacks; a value may be a secret.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True)
