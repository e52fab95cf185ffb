"""Names that a person types: an unknown one is refused with those there are, and the nearest of them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from deskgate.config.errors import InputError, did_you_mean

__all__ = ["Suggests", "known_name", "public_names"]

_SHOWN = 12


class Suggests:
    """A class whose unknown attributes say which known one was meant."""

    # A type checker must go on finding unknown attributes itself.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Raise AttributeError with the nearest known name."""
            kind = type(self).__name__
            known = [] if name.startswith("_") else public_names(type(self))
            near = did_you_mean(name, known)
            listed = f"; it has {', '.join(known)}" if known and not near else ""
            raise AttributeError(f"a {kind} has no '{name}'{near}{listed}", name=name)


def public_names(of: type) -> list[str]:
    """Return the public attributes of a class, its fields included."""
    fields = getattr(of, "__dataclass_fields__", {})
    return sorted({name for name in (*dir(of), *fields) if not name.startswith("_")})


def known_name(wanted: object, known: Iterable[str], what: str) -> str:
    """Return `wanted` where it is a known one.

    Parameters
    ----------
    what
        What it is a name of, such as `bot`.

    Raises
    ------
    InputError
        It is none of the known ones; the message lists them, with the nearest.
    """
    names = list(known)
    if isinstance(wanted, str) and wanted in names:
        return wanted
    if not names:
        raise InputError(f"there is no {what} to choose from, got {wanted!r}")
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    near = did_you_mean(str(wanted), names)
    raise InputError(f"no {what} is called {wanted!r}{near}, expected one of {shown}{more}")
