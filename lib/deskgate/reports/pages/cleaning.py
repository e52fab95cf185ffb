"""The HTML of an output, cleaned for a page: text and tables stay, scripts, styles and foreign ids go."""

import re

from deskgate.reports.anchors import ANCHOR

__all__ = ["Cleaner"]

# What an output's HTML may be made of. Everything else is dropped, styles and scripts with their content.
TAGS = {
    "a",
    "b",
    "br",
    "caption",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "ul",
}
ATTRIBUTES = {
    "*": {"class", "id", "title", "role", "aria-label", "aria-hidden", "tabindex"},
    "a": {"href"},
    "td": {"colspan", "rowspan", "data-label"},
    "time": {"datetime"},
    "th": {"colspan", "rowspan", "scope"},
}
# What these hold is no text for a reader.
_GONE = {"style", "script"}


class Cleaner:
    """Cleans the outputs of one page; an id that leads to a row stands there once, where it comes first."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def clean(self, html: str) -> str:
        """Return what of the HTML a page may hold; empty where no text is left."""
        import nh3

        kept = nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            clean_content_tags=_GONE,
            link_rel=None,
            attribute_filter=self._attribute,
        )
        return kept if re.sub(r"<[^>]*>|\s", "", kept) else ""

    def _attribute(self, _tag: str, name: str, value: str) -> str | None:
        if name != "id":
            return value
        if not ANCHOR.fullmatch(value) or value in self._ids:
            return None
        self._ids.add(value)
        return value
