"""A measure: a ratio of two sums over rows of one kind, such as cost over notional or failed orders over all orders.

As a measure is additive rows, its value is the same rule over any part of them: a bot, a pair, a side, a minute, a block
of minutes, a soak.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.config.accounting import Accounting
from deskgate.measures.one_quote import several_quotes

__all__ = ["RATIO_OF_AMOUNTS", "ROWS", "Measure", "sums", "value"]

# What the rows of a measure hold, sorted by (bot, ts, id).
ROWS = {
    "bot": pl.String(),
    "pair": pl.String(),
    "ts": pl.Datetime("us", "UTC"),
    "side": pl.String(),
    "liquidity": pl.String(),
    "id": pl.String(),
    "num": pl.Float64(),
    "den": pl.Float64(),
}
# Of a measure whose `num` and `den` are both amounts in quote.
RATIO_OF_AMOUNTS = ("num", "den")


@dataclass(frozen=True)
class Measure:
    """One measure of how a bot trades.

    Parameters
    ----------
    name
        As metrics, suites and charts call it.
    unit
        Of its value.
    scale
        What the ratio is multiplied by to be in `unit`: 10,000 for bps.
    doc
        Formula and source, in one or two sentences.
    rows
        Returns the rows (`ROWS`) of every judged bot over the soak, [measured_since, end) of a case, computed once for it. A
        row that cannot be measured has a null `num` and its `den`: it counts against the coverage.
    title
        As a reader calls it.
    is_share
        Whether `num` is a part of `den` row by row: a share of yes and no, whose variance is not 0 where none was seen.
    missing
        Returns why a bot has no row that could be measured, where the records say it; else None.
    amounts
        Which of `num` and `den` are amounts in the quote of their pair. Where a bot's are of several quotes, none of its rows is
        known: what is summed is of one quote.
    leg
        The leg of a bot without which no row of it is known; empty: it needs none in particular.
    is_realized
        Whether its value is of realised PnL, so that it depends on the desk's method of accounting.
    """

    name: str
    unit: str
    scale: float
    doc: str
    rows: Callable[[Case], pl.DataFrame]
    is_share: bool = False
    title: str = ""
    missing: Callable[[Case, str], str | None] = lambda _case, _bot: None
    amounts: tuple[str, ...] = ()
    leg: str = ""
    is_realized: bool = False

    def __post_init__(self) -> None:
        known, missing = per_case(self.rows), self.missing
        rows = known
        if self.amounts:
            mixed = per_case(lambda case: several_quotes(case, known(case), self.amounts))
            object.__setattr__(self, "missing", lambda case, bot: mixed(case).get(bot) or missing(case, bot))
            rows = per_case(lambda case: _unknown_of(known(case), mixed(case)))
        object.__setattr__(self, "rows", rows)

    def __reduce__(self) -> tuple[Callable[[str], "Measure"], tuple[str]]:
        """Go to another process by name: what computes it is there too."""
        return _named, (self.name,)

    def title_by(self, accounting: Accounting) -> str:
        """Return the title, with the method of accounting where the value depends on it."""
        return f"{self.title} ({accounting.words})" if self.is_realized else self.title

    def of_sums(self, num: float | None, den: float | None) -> float | None:
        """Return the value of two sums; None where there is nothing to divide by."""
        return num / den * self.scale if num is not None and den else None


def _unknown_of(rows: pl.DataFrame, bots: Iterable[str]) -> pl.DataFrame:
    """Return the rows of a measure, those of some bots as unknown: without a `num`."""
    without = list(bots)
    return rows.with_columns(num=pl.when(~pl.col("bot").is_in(without)).then("num")) if without else rows


def _named(name: str) -> Measure:
    from deskgate.measures.registry import MEASURES

    return next(each for each in MEASURES if each.name == name)


def value(measure: Measure, rows: pl.DataFrame) -> float | None:
    """Return the measure over some of its rows; None where there is nothing to divide by."""
    return measure.of_sums(*sums(rows))


def sums(rows: pl.DataFrame) -> tuple[float, float] | tuple[None, None]:
    """Return the sums of `num` and `den` over the rows that are known, in their order; None without any."""
    known = rows.filter(pl.col("num").is_not_null())
    if known.is_empty():
        return None, None
    num, den = (float(known[name].to_numpy().cumsum()[-1]) for name in ("num", "den"))
    return num, den
