"""Where the parts of this checkout lie: suites, notebooks, the demo desk, and a digest of the code that ran."""

from functools import cache
from hashlib import sha256
from pathlib import Path

__all__ = ["DEMO_DESK", "DEMO_OUT", "NOTEBOOKS", "ROOT", "SUITES", "code_digest"]

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
SUITES = ROOT / "expectations"
NOTEBOOKS = ROOT / "notebooks"
DEMO_OUT = ROOT / "reports" / "demo"
DEMO_DESK = DEMO_OUT / "desk"


@cache
def code_digest() -> str:
    """Return one sha256 over the library's and the notebooks' sources, so that a decision names the code it came from."""
    files = sorted(PACKAGE.rglob("*.py")) + sorted(NOTEBOOKS.glob("*.ipynb"))
    digest = sha256()
    for file in files:
        digest.update(f"{file.parent.name}/{file.name}".encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
