"""What a chart draws of a desk with more bots than a reader looks through: what weighs most, and a line about the rest."""

from collections.abc import Sequence

import polars as pl

from deskgate.config.plural import plural

__all__ = ["MOST_LINES", "MOST_PANELS", "MOST_ROWS", "most_telling"]

# More panels one below the other are a page that nobody scrolls through, more rows a list, and more lines on one panel a tangle.
MOST_PANELS, MOST_ROWS, MOST_LINES = 8, 20, 6


def most_telling(
    frame: pl.DataFrame,
    series: str | Sequence[str],
    weight: pl.Expr,
    by: str,
    *,
    most: int = MOST_PANELS,
    where: str = "the tables",
) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows of the series that weigh most, in their order, and a line that says how many are not drawn.

    Parameters
    ----------
    series
        The columns that name a series: a panel, a row or a line.
    weight
        Of all rows of a series; null weighs least, and of equal ones the first of the frame are drawn.
    by
        What they weigh by, in words: `with most turnover`.
    most
        How many are drawn.
    where
        Where a reader finds the others.
    """
    keys = [series] if isinstance(series, str) else [*series]
    found = frame.group_by(keys, maintain_order=True).agg(_weight=weight.cast(pl.Float64).fill_nan(None))
    if found.height <= most:
        return frame, []
    kept = found.sort("_weight", descending=True, nulls_last=True, maintain_order=True).head(most)
    drawn = frame.join(kept.select(keys), on=keys, how="semi", nulls_equal=True, maintain_order="left")
    return drawn, [f"the {most} {by}; {found.height - most} more {plural(found.height - most, 'is', 'are')} in {where}"]
