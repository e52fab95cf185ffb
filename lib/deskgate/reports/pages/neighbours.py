"""The links from a day's pages to the day before and the day after it, which are written into them when those are published.

A page has a place for them where its template has `NEIGHBOURS`. One that an earlier version made has none, and stays as it is.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from markupsafe import Markup

from deskgate.reports.pages.day_names import is_day_name
from deskgate.reports.pages.environment import macro_text
from deskgate.reports.pages.link import INDEX
from deskgate.reports.pages.places import Place

__all__ = ["NEIGHBOURS", "PLACE", "is_neighbours_line", "neighbours_line"]

PLACE = Place("neighbours")
NEIGHBOURS = PLACE.anchor
# What the line may consist of, whichever version of Deskgate wrote it.
_NAV = re.compile(r'<nav class="neighbours" aria-label="[A-Za-z ]+">(.*)</nav>')
_LINK = re.compile(rf'<a rel="(prev|next)" href="\.\./([0-9-]{{10}})/{re.escape(INDEX)}">(.*?)</a>')
_ORNAMENT = re.compile(r'<span (?:aria-hidden="true"|class="year")>|</span>|[←→ ]')


def neighbours_line(day: str, days: Sequence[str]) -> Markup:
    """Return the links of a day, in one line; empty where there is neither a day before nor one after it.

    Parameters
    ----------
    days
        The days that have a page, oldest first.
    """
    place = bisect_left(days, day)
    after = place + (day in days[place : place + 1])
    return _line(days[place - 1] if place else None, days[after] if after < len(days) else None)


def is_neighbours_line(line: bytes, day: str) -> bool:
    """Return whether a line holds nothing but links to one day before `day` and one after it."""
    nav = _NAV.fullmatch(line.decode(errors="replace"))
    links = _LINK.findall(nav[1]) if nav else []
    if nav is None or not links or _LINK.sub("", nav[1]).strip():
        return False
    return all(
        is_day_name(name) and _ORNAMENT.sub("", text) == name and (name < day if rel == "prev" else name > day)
        for rel, name, text in links
    )


def _line(before: str | None, after: str | None) -> Markup:
    return macro_text("neighbours", before, after) if before or after else Markup()
