"""Text for a terminal, a mail or a table: what bots, venues and people wrote, without what moves a cursor or turns the direction."""

import re

__all__ = ["one_line", "plain_text"]

# Control characters but the tab and the line's end, and the marks that turn the direction of text or show as nothing.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
# It begins where white space begins, so that a long run of it without an end of line is read once.
_BREAKS = re.compile(r"(?<!\s)\s*[\t\r\n\x0b\x0c\x85\u2028\u2029]\s*")


def plain_text(text: str) -> str:
    r"""Return the text with each control character and direction mark as its escape, `\u001b`; tabs and ends of lines stay.

    The escape is that of JSON: a JSON document stays the same document.
    """
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """Return the text as `plain_text` does, on one line and without tabs: a cell of a table, an item of a list."""
    return plain_text(_BREAKS.sub(" ", text))
