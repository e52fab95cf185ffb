"""Where suites, notebooks and the demo desk lie, and a digest of the code that ran.

In a checkout they lie at its top; an installed wheel carries suites and notebooks as resources of the package, and
keeps its demo under the current directory.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError

__all__ = [
    "CHECKLIST",
    "DEMO_DESK",
    "DEMO_OUT",
    "LADDER",
    "NOTEBOOKS",
    "ROOT",
    "SUITES",
    "code_digest",
    "ladder_file",
    "suites_folder",
]

PACKAGE = Path(__file__).resolve().parents[1]
# The checkout, where this is one.
ROOT = PACKAGE.parents[1]
_IS_CHECKOUT = (ROOT / "pyproject.toml").is_file() and (ROOT / "notebooks").is_dir()
_RESOURCES = ROOT if _IS_CHECKOUT else PACKAGE / "resources"
SUITES = _RESOURCES / "expectations"
NOTEBOOKS = _RESOURCES / "notebooks"
# The ladder's bounds, beside the suites.
LADDER = "ladder.json"
CHECKLIST = _RESOURCES / "config" / "checklist.toml"
DEMO_OUT = (ROOT if _IS_CHECKOUT else Path.cwd()) / "reports" / "demo"
DEMO_DESK = DEMO_OUT / "desk"


def suites_folder(desk: Desk, given: Path | None = None) -> Path:
    """Return where a desk's suites lie: as the command line says, else desk.toml (from the desk), else this checkout.

    Raises
    ------
    InputError
        There is no such folder.
    """
    if given is None and desk.suites is None:
        return SUITES
    folder = (given or desk.root / (desk.suites or "")).resolve()
    if not folder.is_dir():
        where = "--suites" if given else f"[desk] suites in {desk.file}"
        raise InputError(f"{folder}: no folder there, expected one with a <gate>.json for each gate; correct {where}")
    return folder


def ladder_file(suites: Path) -> Path:
    """Return where the ladder's bounds lie: in a desk's folder of suites, else in Deskgate's own."""
    own = suites / LADDER
    return own if own.is_file() else SUITES / LADDER


@cache
def code_digest() -> str:
    """Return one sha256 over the library's and the notebooks' sources, so that a decision names the code it came from."""
    files = sorted(PACKAGE.rglob("*.py")) + sorted(NOTEBOOKS.glob("*.ipynb"))
    digest = sha256()
    for file in files:
        digest.update(f"{file.parent.name}/{file.name}".encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
