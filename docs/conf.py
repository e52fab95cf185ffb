"""How the pages of docs/ are built; `make docs-site` does it, decision 0016 says why with these."""

import posixpath
import re
from pathlib import Path
from typing import Any

project = "Deskgate"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["verify.py"]
# A link to a heading of another page is checked too.
myst_heading_anchors = 4
# Examples here are of formats that are read by people; not all are whole.
highlight_language = "text"
suppress_warnings = ["misc.highlighting_failure"]

# Two hyphens are an option of a command, not a dash.
smartquotes = False

html_theme = "furo"
html_title = "Deskgate"
html_copy_source = False
html_show_sphinx = False
# No font, script or picture comes from elsewhere: furo has its own, and names the fonts of the reader's machine.
html_theme_options = {"top_of_page_buttons": []}

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]+)\)")


def _of_repository(_app: object, name: str, source: list[str]) -> None:
    """Show a link to a file of the repository outside docs/ as its path; one that leads nowhere is an error."""
    folder = posixpath.dirname(f"docs/{name}")

    def shown(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        if target.startswith("docs/"):
            return found[0]
        if not (ROOT / target).exists():
            raise ValueError(f"docs/{name}.md links {target}, which is not there; correct the link")
        return f"{found[1]} (`{target}`)"

    source[0] = _LINK.sub(shown, source[0])


def setup(app: Any) -> None:  # noqa: ANN401 - Sphinx is no package of `make setup`
    """Register what is done to each page before it is read."""
    app.connect("source-read", _of_repository)
