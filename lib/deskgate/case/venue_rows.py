"""What a venue's exports say of an account, without the files that are no evidence."""

import polars as pl

from deskgate.case.case import Case
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
    no_evidence = case.sources.filter((pl.col("leg") == "exchange") & (pl.col("derived") | (pl.col("quarantined") > 0)))
    of_venue = rows.filter(pl.col("leg") == "exchange")
    return of_venue.join(no_evidence.select("bot", "path").unique(), on=["bot", "path"], how="anti")


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
