"""Where a secret that is known is written out: as it is, percent-encoded, or as JSON and HTML write it, in whole or in part.

Content is read in pieces of bounded size, however long it or a line of it is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import IO

from deskgate.config.secret_scan import is_allowed

__all__ = ["KnownSecrets", "Searched"]

_CHUNK = 1 << 20
# What RFC 3986 calls unreserved: nobody encodes it.
_PLAIN = frozenset(ascii_letters + digits + "-._~")
# What JSON may write after a backslash, and HTML by name.
_ESCAPED = frozenset('"\\/')
_ENTITIES = {"&": b"&amp;", "<": b"&lt;", ">": b"&gt;", '"': b"&quot;", "'": b"&apos;"}


@dataclass(frozen=True)
class Searched:
    """What was seen of some content: `lines` with a secret (from 1 on; of each secret the first), its `end`, and the lines before that."""

    lines: frozenset[int]
    end: bytes
    lines_before_end: int


class KnownSecrets:
    """Secrets to search content for; a line that a person has allowed holds none."""

    def __init__(self, secrets: Iterable[str]) -> None:
        texts = sorted({text for text in secrets if text})
        self._patterns = [re.compile(b"".join(map(_spelled, text))) for text in texts]
        self._overlap = max((sum(map(_longest, text)) for text in texts), default=1)

    def search(self, stream: IO[bytes], *, end_size: int = 0) -> Searched:
        """Read content up to its end, and return what was seen of it; `end_size` is how many of its last bytes are returned.

        Raises
        ------
        OSError, EOFError, zlib.error, lzma.LZMAError
            It cannot be read, or not be unpacked.
        """
        first, before, left, end, line_ends = dict[int, int](), 0, b"", b"", 0
        while chunk := stream.read(_CHUNK):
            line_ends += chunk.count(b"\n")
            end = (end + chunk)[-end_size:] if end_size else b""
            text = left + chunk
            # Whole lines; of one that is longer than a piece what a secret may go on in is looked at again.
            cut = text.rfind(b"\n") + 1
            left = text[cut:] if cut else text[-self._overlap :]
            text = text[:cut] or text
            first = dict(self._found(text, before)) | first
            before += text.count(b"\n")
        first = dict(self._found(left, before)) | first
        return Searched(frozenset(first.values()), end, line_ends - end.count(b"\n"))

    def _found(self, text: bytes, before: int) -> Iterator[tuple[int, int]]:
        """Yield secret (its number) and line of the first place of each; `before` are the lines before this text."""
        for number, pattern in enumerate(self._patterns):
            for place in pattern.finditer(text):
                begin, stop = text.rfind(b"\n", 0, place.start()) + 1, text.find(b"\n", place.end())
                if not is_allowed(text[begin : stop if stop >= 0 else None].decode(errors="replace")):
                    yield number, before + text.count(b"\n", 0, begin) + 1
                    break


def _spelled(char: str) -> bytes:
    """Return the pattern of one character as it may be written."""
    if char in _PLAIN:
        return re.escape(char.encode())
    in_url = b"".join(b"(?:%s|(?i:%%%02X))" % (re.escape(bytes([byte])), byte) for byte in char.encode())
    others = b"|".join(re.escape(text) for text in _in_text(char))
    return b"%s(?:%s|(?i:%s))" % (rb"\\?" if char in _ESCAPED else b"", in_url, others)


def _in_text(char: str) -> list[bytes]:
    """Return how JSON and HTML may write one character, beside as it is and after a backslash; capitals do not matter."""
    units = char.encode("utf-16-be")  # beyond the first 65536 characters JSON writes two units
    json = b"".join(rb"\u%02x%02x" % (units[at], units[at + 1]) for at in range(0, len(units), 2))
    named = [_ENTITIES[char]] if char in _ENTITIES else []
    return [json, b"&#%d;" % ord(char), b"&#x%x;" % ord(char), *named]


def _longest(char: str) -> int:
    """Return how many bytes one character may be written in."""
    if char in _PLAIN:
        return 1
    return (char in _ESCAPED) + max(3 * len(char.encode()), *map(len, _in_text(char)))
