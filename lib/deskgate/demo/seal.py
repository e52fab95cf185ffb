"""demo.json: what says that a folder holds a demo, which one, and that nobody has changed it since.

Files that a user or a run adds to the folder do not matter; the demo's own files do.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deskgate.config.errors import InputError

__all__ = ["FILE_NAME", "holds_demo", "seal"]

FILE_NAME = "demo.json"

_GENERATOR = 1  # raised whenever the same arguments give other bytes


def seal(folder: Path, arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the content of demo.json for the files in a folder: arguments, each file's digest, the digest of all."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return _sealed(arguments, {name: _digest(folder / name) for name in names})


def holds_demo(folder: Path, arguments: Mapping[str, object]) -> bool:
    """Return whether a folder holds the very demo of these arguments; False where there is nothing yet.

    Raises
    ------
    InputError
        Something else is there: a file, foreign files, another demo, or this one with changed files.
    """
    if not folder.exists() and not folder.is_symlink():
        return False
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder, expected a new one for the demo desk; choose another name")
    if not any(folder.iterdir()):
        return False
    known = _read(folder)
    if known["arguments"] != arguments or known["generator"] != _GENERATOR:
        raise InputError(
            f"{folder}: holds another demo, of {known['arguments']}, expected {dict(arguments)}; choose another name"
        )
    changed = sorted(name for name, digest in known["files"].items() if _digest(folder / name) != digest)
    if changed:
        raise InputError(
            f"{folder}: {len(changed)} file(s) of its demo were changed or removed, first {changed[0]}, expected them "
            "as written; choose another name or delete the folder"
        )
    return True


def _read(folder: Path) -> dict[str, Any]:
    """Return a folder's demo.json, which has to be consistent in itself."""
    try:
        known = json.loads((folder / FILE_NAME).read_bytes())
        if known == _sealed(known["arguments"], known["files"], known["generator"]):
            return dict(known)
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise InputError(f"{folder}: holds files but no demo, expected a new folder for the demo desk; choose another name")


def _sealed(
    arguments: Mapping[str, object], files: Mapping[str, str | None], generator: int = _GENERATOR
) -> dict[str, object]:
    body = {"generator": generator, "arguments": dict(arguments), "files": dict(files)}
    return {**body, "digest": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
