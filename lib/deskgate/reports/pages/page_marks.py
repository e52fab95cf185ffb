"""What is written into the pages of a day after its run, and where: on its top and in places of its banner and its title.

What it says is `later`'s business. The decision has the digest of a page without it, see `audit.marks`.
"""

import re
from pathlib import Path
from typing import NamedTuple

from deskgate.audit.marks import MARK, MARK_END
from deskgate.reports.pages.copies import COPIES
from deskgate.reports.pages.neighbours import PLACE as NEIGHBOURS
from deskgate.reports.pages.signatures import PLACE as SIGNATURES

__all__ = ["Marks", "marks_on", "replace_page", "with_marks"]

# Where every page's content begins, in base.html, and what was written there later.
_TOP = b'<main id="content">\n'
_MARKED_TOP = re.compile(
    re.escape(_TOP) + b"(?:" + re.escape(MARK.encode()) + b"(.*?)" + re.escape(MARK_END.encode()) + b")?", re.DOTALL
)
# In the order of `Marks`.
_PLACES = (NEIGHBOURS, SIGNATURES, COPIES)


class Marks(NamedTuple):
    """What is written into a page: why its decision does not hold, its links to other days, who signed, and its links to copies.

    All but the first are None of a page that has no place for them.
    """

    says: str
    links: str | None
    signatures: str | None
    copies: str | None


def marks_on(page: Path) -> Marks | None:
    """Return what `mark` wrote into a page; None of a page that is not there."""
    try:
        content = page.read_bytes()
    except OSError:
        return None
    top = _MARKED_TOP.search(content)
    return Marks(_text(top[1]) if top else "", *(place.on(content) for place in _PLACES))


def with_marks(page: bytes, marks: Marks) -> bytes:
    """Return a page with these marks in the places that it has for them."""
    top = _TOP + (f"{MARK}{marks.says}{MARK_END}".encode() if marks.says else b"")
    made = _MARKED_TOP.sub(lambda _: top, page, count=1)
    for place, text in zip(_PLACES, marks[1:], strict=True):
        made = place.put(made, text or "")
    return made


def replace_page(page: Path, content: bytes) -> None:
    """Write a page that is there already, whole or not at all, byte for byte."""
    partial = page.with_name(f".{page.name}.partial")
    partial.write_bytes(content)
    partial.replace(page)


def _text(found: bytes | None) -> str:
    return (found or b"").decode(errors="replace")
