"""What is written into a page after it was published stands between two comments; a decision has the digest of the page without it.

A run that has begun, an incident, sign-offs: all are later than the page. What may stand there is judged by whoever writes it.
"""

import re
from pathlib import Path

__all__ = ["MARK", "MARK_END", "as_published", "marked_lines", "without_marks"]

MARK, MARK_END = "<!--later-->", "<!--/later-->"
_MARKED = re.compile(re.escape(MARK.encode()) + rb"(.*?)" + re.escape(MARK_END.encode()), re.DOTALL)


def as_published(file: Path) -> bytes:
    """Return a file as it was published: a page without what was written into it later, any other one as it is."""
    content = file.read_bytes()
    return without_marks(content) if file.suffix == ".html" else content


def without_marks(page: bytes) -> bytes:
    """Return a page as it was published."""
    return _MARKED.sub(b"", page)


def marked_lines(page: bytes) -> set[bytes]:
    """Return the lines that were written into a page later."""
    return {line for part in _MARKED.findall(page) for line in part.splitlines() if line}
