"""The file that holds a day's decision."""

import json
from pathlib import Path
from typing import Any

from deskgate.config.errors import InputError

__all__ = ["DECISION", "load_decision"]

DECISION = "decision.json"


def load_decision(file: Path) -> dict[str, Any]:
    """Return what a decision.json holds.

    Raises
    ------
    InputError
        The file is missing, or is no JSON object.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{file.name}: missing, expected the day's decision; run the day again") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file.name}: not readable ({error}), expected JSON; run the day again") from error
    if not isinstance(content, dict):
        raise InputError(f"{file.name}: got {type(content).__name__}, expected an object; run the day again")
    return content
