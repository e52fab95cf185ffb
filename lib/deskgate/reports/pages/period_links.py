"""The period reports that lie beside the days, as the index links them."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deskgate.reports.pages.day_names import is_day_name
from deskgate.reports.pages.link import INDEX, Link

__all__ = ["PERIODS", "PERIOD_JSON", "period_links"]

# Where they lie in an `--out`, and what each has beside its page.
PERIODS, PERIOD_JSON = "periods", "period.json"
_NAME = re.compile(r"([0-9-]{10})_([0-9-]{10})(?:_([A-Za-z0-9_-]+))?")


@dataclass(frozen=True)
class _Found:
    first: str
    last: str
    bots: str
    name: str


def period_links(out: Path) -> list[Link]:
    """Return a link to each period report in `out`: the latest last day first, then the shortest; links to somewhere else are none."""
    newest = sorted(_found(out / PERIODS), key=lambda each: (each.last, each.first, each.bots), reverse=True)
    return [
        Link(_span(each) + (f": {each.bots}" if each.bots else ""), f"{PERIODS}/{each.name}/{INDEX}") for each in newest
    ]


def _span(found: _Found) -> str:
    return found.first if found.first == found.last else f"{found.first} to {found.last}"


def _found(folder: Path) -> Iterator[_Found]:
    if not folder.is_dir() or folder.is_symlink():
        return
    for each in folder.iterdir():
        named = _NAME.fullmatch(each.name)
        page = each / INDEX
        if named and all(map(is_day_name, named.groups()[:2])) and not each.is_symlink() and page.is_file():
            first, last, tag = named.groups()
            yield _Found(first, last, _bots(each, tag) if tag else "", each.name)


def _bots(folder: Path, tag: str) -> str:
    """Return the names of the bots of a report; where its JSON does not say them, what its folder's name has of them."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        bots = json.loads((folder / PERIOD_JSON).read_bytes())["bots"]
        if isinstance(bots, list) and bots:
            return ", ".join(map(str, bots))
    return tag
