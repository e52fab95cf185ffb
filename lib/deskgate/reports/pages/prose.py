"""A notebook's markdown as HTML, and the headings found on the way.

Raw HTML in markdown is shown as text: what a notebook writes may hold a venue's or an operator's words.
"""

import re
from dataclasses import dataclass
from html import unescape

__all__ = ["Heading", "Prose"]


@dataclass(frozen=True)
class Heading:
    """One entry of a page's table of contents."""

    anchor: str
    text: str


class Prose:
    """Turn markdown into HTML, cell by cell. The first title is taken out, for the page's head; `contents` are the sections."""

    def __init__(self) -> None:
        self.title = ""
        self.contents: list[Heading] = []
        self._anchors: set[str] = set()

    def __call__(self, source: str) -> str:
        """Return the HTML of one cell's markdown."""
        from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

        renderer = IPythonRenderer(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
        html: str = MarkdownWithMath(renderer=renderer).render(source)
        return re.sub(r"<h([1-6])>(.*?)</h\1>", self._heading, html, flags=re.DOTALL)

    def _heading(self, found: re.Match[str]) -> str:
        level, inner = int(found[1]), found[2]
        text = unescape(re.sub(r"<[^>]*>", "", inner)).strip()
        anchor = self._anchor(text)
        if level == 1 and not self.title:
            self.title = text
            return ""
        if level <= 2:  # noqa: PLR2004 - a contents list of two levels is longer than what it leads to
            self.contents.append(Heading(anchor, text))
        # A second title would tell a screen reader that another document begins.
        level = max(level, 2)
        return f'<h{level} id="{anchor}">{inner}</h{level}>'

    def _anchor(self, text: str) -> str:
        name = "s-" + (re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section")
        number = 1
        while (anchor := name if number == 1 else f"{name}-{number}") in self._anchors:
            number += 1
        self._anchors.add(anchor)
        return anchor
