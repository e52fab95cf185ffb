"""The method of accounting: which part of a position a fill closes, and so what it realised."""

from enum import StrEnum

__all__ = ["Accounting"]


class Accounting(StrEnum):
    """Average cost, or first in, first out (FIFO); what is realised and unrealised together is the same by either."""

    AVERAGE = "average"
    FIFO = "fifo"

    @property
    def words(self) -> str:
        """The method as pages write it."""
        return {"average": "average cost", "fifo": "FIFO"}[self.value]
