"""People as they sign, approve and answer: two spellings of one name are one person."""

from unicodedata import normalize

__all__ = ["folded"]


def folded(name: str) -> str:
    """Return a name as it is compared: in whatever case and width it was typed, and with whatever spaces."""
    return normalize("NFKC", " ".join(name.split())).casefold()
