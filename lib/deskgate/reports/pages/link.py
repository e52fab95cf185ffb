"""Links between the pages of a day: the index over all days, the day's own page, what changed, and one page per notebook."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CHANGES", "INDEX", "INTERACTIVE", "Link", "day_links", "notebook_link"]

# The page of a day, in its folder, and the index over all days, beside the folders.
INDEX = "index.html"
CHANGES = "changes.html"
# What the name of a notebook's interactive copy ends with, which is made on request.
INTERACTIVE = ".interactive.html"


@dataclass(frozen=True)
class Link:
    """One entry of a page's navigation.

    Parameters
    ----------
    title
        What a person reads: "03 Reconciliation".
    href
        Where it leads, relative to the page it stands on: "03_reconciliation.html".
    """

    title: str
    href: str


def day_links(stems: Iterable[str]) -> list[Link]:
    """Return the navigation of every page of a day whose notebooks have these stems."""
    own = [Link("This day", INDEX), Link("What changed", CHANGES)]
    return [Link("All days", f"../{INDEX}"), *own, *map(notebook_link, stems)]


def notebook_link(stem: str) -> Link:
    """Return the link to a notebook's page: `03_reconciliation` reads "03 Reconciliation"."""
    words = stem.replace("_", " ").strip()
    return Link(re.sub("[a-z]", lambda first: first[0].upper(), words, count=1), f"{stem}.html")
