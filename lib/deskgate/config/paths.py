"""Where suites, notebooks and the demo desk lie, and a digest of the code that ran.

In a checkout they lie at its top; an installed wheel carries suites and notebooks as resources of the package, and
keeps its demo under the current directory.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

__all__ = ["DEMO_DESK", "DEMO_OUT", "NOTEBOOKS", "SUITES", "code_digest"]

PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = PACKAGE.parents[1]
_IS_CHECKOUT = (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "notebooks").is_dir()
_RESOURCES = _CHECKOUT if _IS_CHECKOUT else PACKAGE / "resources"
SUITES = _RESOURCES / "expectations"
NOTEBOOKS = _RESOURCES / "notebooks"
DEMO_OUT = (_CHECKOUT if _IS_CHECKOUT else Path.cwd()) / "reports" / "demo"
DEMO_DESK = DEMO_OUT / "desk"


@cache
def code_digest() -> str:
    """Return one sha256 over the library's and the notebooks' sources, so that a decision names the code it came from."""
    files = sorted(PACKAGE.rglob("*.py")) + sorted(NOTEBOOKS.glob("*.ipynb"))
    digest = sha256()
    for file in files:
        digest.update(f"{file.parent.name}/{file.name}".encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
