"""The file that holds a day's decision."""

import json
from pathlib import Path
from typing import Any

from deskgate.config.errors import InputError

__all__ = ["DECISION", "load_decision", "parse_decision"]

DECISION = "decision.json"


def load_decision(file: Path) -> dict[str, Any]:
    """Return what a decision.json holds.

    Raises
    ------
    InputError
        The file is missing, or is no JSON object.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{file.name}: missing, expected the day's decision; run the day again") from error
    except OSError as error:
        raise InputError(f"{file.name}: not readable ({error}), expected JSON; run the day again") from error
    return parse_decision(content, file.name)


def parse_decision(content: bytes, name: str) -> dict[str, Any]:
    """Return the decision that is the content of a file of that name.

    Raises
    ------
    InputError
        It is no JSON object.
    """
    try:
        parsed = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not readable ({error}), expected JSON; run the day again") from error
    if not isinstance(parsed, dict):
        raise InputError(f"{name}: got {type(parsed).__name__}, expected an object; run the day again")
    return parsed
