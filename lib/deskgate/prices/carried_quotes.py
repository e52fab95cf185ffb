"""Whether the mids from before a cut are still what they were when something was measured by them."""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import Case, per_case

__all__ = ["AFTER_CUT", "are_settled", "files_of_quotes", "quotes_hold"]

# Whether a quote was one of a feed that hangs is known an hour later, and a fill is marked up to 5 minutes after it.
AFTER_CUT = timedelta(hours=2)


def are_settled(cut: datetime, as_of: datetime) -> bool:
    """Return whether all that can change a mid of before a cut had time to come by an instant."""
    return as_of >= cut + AFTER_CUT


def files_of_quotes(case: Case) -> pl.DataFrame:
    """Return the bots' own files, whose kind says how far their quotes are trusted: bot, path, kind; each once, sorted."""
    return case.sources.filter(pl.col("leg") == "local").select("bot", "path", "kind").unique().sort(pl.all())


@per_case
def quotes_hold(case: Case) -> bool:
    """Return whether the mids up to the cut of a case's history are those that it was made by."""
    history = case.fill_history
    if history is None or history.quotes is None:
        return False
    known, now = history.quotes.select("path").unique(), files_of_quotes(case)
    if not now.join(known, on="path", how="semi", maintain_order="left").equals(history.quotes):
        return False
    new = now.join(known, on="path", how="anti")["path"].unique()
    older = pl.col("path").is_in(new.implode()) & (pl.col("ts") < history.cut + AFTER_CUT)
    return new.is_empty() or case.lazy("mids").filter(older).limit(1).collect().is_empty()
