"""Which commits count: those in the ledger. Kept as the last one and the gaps before it, for there are few gaps."""

from dataclasses import dataclass

import polars as pl

__all__ = ["COMMIT_ID", "Commits"]

COMMIT_ID = "commit_id"


@dataclass(frozen=True)
class Commits:
    """The commit ids of the ledger: 1 to `last` without `gaps`, ascending (killed commits, and those of other tables)."""

    last: int
    gaps: pl.Series

    @classmethod
    def of(cls, ids: pl.Series, before: "Commits | None" = None) -> "Commits":
        """Return the commits `before` (None: none) and those of `ids`, which are all later."""
        start = before.last if before else 0
        last = int(ids.max() or start)  # type: ignore[arg-type]  # a maximum of integers
        between = pl.int_range(start + 1, last + 1, eager=True)
        gaps = between.filter(~between.is_in(ids.unique().implode()))
        return cls(last, pl.concat([before.gaps, gaps]) if before else gaps)

    def upto(self, commit_id: int) -> "Commits":
        """Return those of them up to `commit_id`."""
        return Commits(min(self.last, commit_id), self.gaps.filter(self.gaps <= commit_id))

    def holds(self) -> pl.Expr:
        """Return whether a row's commit is one of them."""
        known = pl.col(COMMIT_ID) <= self.last
        return known & ~pl.col(COMMIT_ID).is_in(self.gaps.implode()) if len(self.gaps) else known
