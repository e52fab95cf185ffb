"""A count and the word behind it: of one its singular."""

from decimal import Decimal

__all__ = ["count_of", "plural"]


def plural(number: float | Decimal, one: str, many: str = "") -> str:
    """Return a unit, or words with their verb, as they stand behind a number: `day`, `days`, `entry blocks`, `entries block`.

    Parameters
    ----------
    one
        The words behind 1.
    many
        Those behind any other number; left out: `one` with an s.
    """
    return one if number == 1 else many or f"{one}s"


def count_of(number: float | Decimal, one: str, many: str = "", spec: str = "") -> str:
    """Return a number with the words behind it, see `plural`: `1 day`, `2 entries block`.

    Parameters
    ----------
    spec
        How the number is written, as in a format string; `,`: with a comma for thousands.
    """
    return f"{number:{spec}} {plural(number, one, many)}"
