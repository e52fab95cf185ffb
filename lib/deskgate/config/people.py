"""People as they sign, approve and answer: each is named and gives a reason; two spellings of one name are one person."""

from unicodedata import normalize

from deskgate.config.errors import InputError

__all__ = ["folded", "require_reason"]


def folded(name: str) -> str:
    """Return a name as it is compared: in whatever case and width it was typed, and with whatever spaces."""
    return normalize("NFKC", " ".join(name.split())).casefold()


def require_reason(by: str, why: str, option: str = "--why") -> None:
    """Refuse what nobody is named for, or no reason is given for; `option` is the one that gives the reason.

    Raises
    ------
    InputError
        `by` or `why` is empty.
    """
    for name, text in (("--by", by), (option, why)):
        if not text.strip():
            raise InputError(f"{name} is empty, expected who does this and why; give both")
