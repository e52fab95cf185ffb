"""A place on a day's pages into which something is written after they were published, between the comments of `audit.marks`.

A template has it as a comment of its own name. A page that an earlier version made may have none, and stays as it is.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from deskgate.audit.marks import MARK, MARK_END

__all__ = ["Place"]


@dataclass(frozen=True)
class Place:
    """The place whose comment is `<!--name-->`."""

    name: str

    @property
    def anchor(self) -> str:
        """The comment that a template has there."""
        return f"<!--{self.name}-->"

    @cached_property
    def _marked(self) -> re.Pattern[bytes]:
        mark, end = (re.escape(each.encode()) for each in (MARK, MARK_END))
        return re.compile(re.escape(self.anchor.encode()) + b"(?:" + mark + b"(.*?)" + end + b")?", re.DOTALL)

    def on(self, page: bytes) -> str | None:
        """Return what was written into a page, empty where nothing was; None where it has no such place."""
        found = self._marked.search(page)
        return (found[1] or b"").decode(errors="replace") if found else None

    def put(self, page: bytes, text: str) -> bytes:
        """Return a page with this text in the place, if it has one."""
        placed = self.anchor.encode() + (f"{MARK}{text}{MARK_END}".encode() if text else b"")
        return self._marked.sub(lambda _: placed, page, count=1)
