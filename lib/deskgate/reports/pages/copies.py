"""Links to the interactive copies of a day's pages, written into them once there are copies."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from deskgate.reports.pages.environment import macro_text
from deskgate.reports.pages.link import INDEX, INTERACTIVE, notebook_link
from deskgate.reports.pages.places import Place

__all__ = ["COPIES", "copies_in", "copy_links", "known_copies"]

COPIES = Place("copies")
_LIST = ('<ul class="copies">', "</ul>")


def copies_in(out: Path) -> Mapping[str, Sequence[str]]:
    """Return the names of the notebooks that have a copy, by day."""
    found: dict[str, list[str]] = {}
    for file in sorted(out.glob(f"????-??-??/*{INTERACTIVE}")):
        found.setdefault(file.parent.name, []).append(file.name.removesuffix(INTERACTIVE))
    return found


def copy_links(page: str, stems: Iterable[str]) -> Markup:
    """Return what a page of a day links: the day's own page all copies, a notebook's page its own one; empty where there is none."""
    shown = [stem for stem in stems if page in (INDEX, notebook_link(stem).href)]
    return Markup("\n").join([Markup(_LIST[0]), *map(_link, shown), Markup(_LIST[1])]) if shown else Markup()  # noqa: S704 - our own text


def known_copies(folder: Path) -> Iterator[str]:
    """Return each line that may stand there, by now or at any time before."""
    yield from _LIST
    yield from (_link(file.stem) for file in folder.glob("*.ipynb"))


def _link(stem: str) -> Markup:
    return macro_text("copy", notebook_link(stem).title, f"{stem}{INTERACTIVE}")
