"""Where the parts of this checkout lie: suites, notebooks, the demo desk, and a digest of the code that ran."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError

__all__ = ["DEMO_DESK", "DEMO_OUT", "NOTEBOOKS", "ROOT", "SUITES", "code_digest", "suites_folder"]

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
SUITES = ROOT / "expectations"
NOTEBOOKS = ROOT / "notebooks"
DEMO_OUT = ROOT / "reports" / "demo"
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


@cache
def code_digest() -> str:
    """Return one sha256 over the library's and the notebooks' sources, so that a decision names the code it came from."""
    files = sorted(PACKAGE.rglob("*.py")) + sorted(NOTEBOOKS.glob("*.ipynb"))
    digest = sha256()
    for file in files:
        digest.update(f"{file.parent.name}/{file.name}".encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
