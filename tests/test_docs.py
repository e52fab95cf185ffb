"""The pages of docs/ can all be reached, and no link between them is dead; `make docs-site` checks headings too."""

import re
from pathlib import Path

import pytest

from deskgate.config.paths import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LISTED = re.compile(r"```\{toctree\}\n(?:^:.*\n)*\n?((?:^[^`\n].*\n)+)```", re.MULTILINE)


def _listed(page: Path) -> set[Path]:
    """Return the pages that the tables of contents of a page name."""
    entries = [
        line.strip() for block in LISTED.findall(page.read_text(encoding="utf-8")) for line in block.splitlines()
    ]
    return {found for entry in entries for found in page.parent.glob(f"{entry}.md")}


def test_every_page_is_in_a_table_of_contents() -> None:
    reached = {DOCS / "index.md"} | _listed(DOCS / "index.md") | _listed(DOCS / "decisions" / "index.md")
    missing = [page.relative_to(DOCS).as_posix() for page in PAGES if page not in reached]
    assert missing == [], "name them in docs/index.md"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    dead = [each for each in targets if "://" not in each and not (page.parent / each).exists()]
    assert dead == []
