"""Fills of three legs, and the breaks that they give."""

from decimal import Decimal
from typing import Any

from deskgate.reconciliation.fills.check import check
from desks import case, fill, sources

ALL = ("local", "events", "exchange")


def found(rows: list[dict[str, Any]], *legs: str) -> list[tuple[str, str]]:
    """Return (kind, leg) of every break that these fills give."""
    breaks = check(case(fills=rows, sources=sources(*(legs or ALL)))).breaks
    return sorted(breaks.select("kind", "leg").iter_rows())


def venue(*numbers: int) -> list[dict[str, Any]]:
    return [fill(leg, f"t{n}", price=Decimal(100 + n)) for leg in ("events", "exchange") for n in numbers]
