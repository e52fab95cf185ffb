"""What a venue's exports say of an account, without the files that are no evidence."""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.legs import is_readable_export
from deskgate.sources.registry import account_kinds

__all__ = ["venue_rows", "without_rows"]


def venue_rows(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return those rows of a table that are of the venue's leg and of files that are evidence, in no particular order.

    No evidence is a file that was derived from another leg, and one with a record that could not be read.

    Parameters
    ----------
    rows
        bot, leg, path, and what else the table has.
    """
    of_venue = rows.filter(pl.col("leg") == "exchange")
    return of_venue.join(_no_evidence(case), on=["bot", "path"], how="anti")


@per_case
def _no_evidence(case: Case) -> pl.DataFrame:
    """Return the venue's files that are no evidence: bot, path."""
    return case.sources.filter(pl.col("leg") == "exchange", ~is_readable_export()).select("bot", "path").unique()


def without_rows(case: Case, table: str) -> pl.DataFrame:
    """Return the venue's dated exports that are evidence and list nothing, in no particular order: bot, leg, path, ts, visible_at.

    Parameters
    ----------
    table
        The table that such an export would have rows in: of balances it says that the account holds nothing.
    """
    exports = case.frames["sources"].filter(
        pl.col("kind").is_in(account_kinds(table)), pl.col("rows") == 0, pl.col("exported_at").is_not_null()
    )
    return venue_rows(case, exports).select("bot", "leg", "path", "visible_at", ts="exported_at")
