"""The word behind a count: of one its singular."""

from decimal import Decimal

__all__ = ["plural"]


def plural(number: float | Decimal, one: str, many: str = "") -> str:
    """Return a unit, or words with their verb, as they stand behind a number: `1 day`, `2 days`, `1 entry blocks`, `2 entries block`.

    Parameters
    ----------
    one
        The words behind 1.
    many
        Those behind any other number; left out: `one` with an s.
    """
    return one if number == 1 else many or f"{one}s"
