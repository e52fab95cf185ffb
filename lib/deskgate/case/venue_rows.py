"""What a venue's exports say of an account, without the files that are no evidence."""

import polars as pl

from deskgate.case.case import Case

__all__ = ["venue_rows"]


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
