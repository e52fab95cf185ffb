"""Proposed suites as files: what would change in them, to be reviewed, and a new folder that holds them."""

import json
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deskgate.config.errors import InputError
from deskgate.gates.calibration.values import Key

__all__ = ["suites_diff", "write_suites"]

Changes = Mapping[Key, Mapping[str, float]]


def suites_diff(folder: Path, changes: Changes) -> str:
    """Return the unified diff of the suites of a folder, as JSON in the form of those that Deskgate ships; empty where nothing changes."""
    lines: list[str] = []
    for gate in dict.fromkeys(gate for gate, _ in changes):
        before, after = (_text(folder / f"{gate}.json", each) for each in ({}, changes))
        name = f"expectations/{gate}.json"
        lines += unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name)
    return "".join(lines)


def write_suites(folder: Path, changes: Changes, target: Path) -> None:
    """Write all suites of a folder with the changed bounds, and what else lies beside them, into a new folder.

    Raises
    ------
    InputError
        The target is there already, or cannot be made.
    """
    place = target.resolve()
    if place.exists() or target.is_symlink():
        raise InputError(f"{target}: is there already, expected a new folder for the proposed suites; name another one")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as scratch:
            draft = Path(scratch) / "suites"
            draft.mkdir()
            for file in sorted(folder.glob("*.json")):
                # What does not change stays as it was written.
                changed = any(gate == file.stem for gate, _ in changes)
                content = _text(file, changes).encode() if changed else file.read_bytes()
                (draft / file.name).write_bytes(content)
            draft.rename(place)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be written ({error.strerror}), expected a place for a new folder; name another one"
        ) from error


def _text(file: Path, changes: Changes) -> str:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    for entry in content["expectations"]:
        for side, value in changes.get((file.stem, entry["meta"]["entry"]), {}).items():
            entry["kwargs"][side] = int(value) if value.is_integer() else value
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
