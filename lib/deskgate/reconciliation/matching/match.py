"""The fills of three legs as one row per fill: the ground that reconciliation, parity and risk stand on.

Fills are matched by the venue's trade id. Rows without one get theirs from `trade_ids`, several fills of one id are
numbered by `occurrences`. Extra rows of one leg about the same fill are set aside as duplicates. Nothing is dropped: every
input row is in `fills` or in `duplicates`, once.
"""

from dataclasses import dataclass

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.legs import attribute_accounts
from deskgate.case.markets import live_fills
from deskgate.reconciliation.matching.occurrences import ID, KEY, ambiguous_ids, number_occurrences
from deskgate.reconciliation.matching.trade_ids import assign_ids, strip_suffixes
from deskgate.schema import LEGS

__all__ = [
    "MATCHED",
    "Matched",
    "every_matched_fill",
    "fills_of_evidence",
    "match_fills",
    "matched_fills",
    "unfinished_fills",
]

VALUES = [
    "row_id",
    "order_id",
    "exchange_order_id",
    "ts",
    "side",
    "price",
    "quantity",
    "fee_amount",
    "fee_token",
    "fee_quote",
    "liquidity",
    "position",
]


# The columns of matched fills.
MATCHED = (*KEY, *(f"{name}_{leg}" for leg in LEGS for name in VALUES), *(f"in_{leg}" for leg in LEGS))


@dataclass(frozen=True)
class Matched:
    """The outcome of matching.

    `fills` has one row per fill: bot, pair, trade_id, occurrence (the number of the fill among those of one id, from 0),
    then every value once per leg (`price_local`, ...), null where that leg lacks the fill, and `in_local`, `in_events`,
    `in_exchange`. `duplicates` has the extra rows as they were read, with the trade id and occurrence of the fill they
    repeat and their own spelling in `own_trade_id`.
    """

    fills: pl.DataFrame
    duplicates: pl.DataFrame


@per_case
def matched_fills(case: Case) -> Matched:
    """Return the fills of all legs of a case, matched; a leg that is no evidence is left out.

    They are the fills of all days; see `unfinished_fills` and `every_matched_fill` for what costs less.
    """
    if case.fill_history is None:
        return unfinished_fills(case)
    return Matched(every_matched_fill(case).sort(KEY).collect(), unfinished_fills(case).duplicates)


def every_matched_fill(case: Case) -> pl.LazyFrame:
    """Return the fills of `matched_fills` as a query, in no particular order; only what it needs is read of finished ones."""
    unfinished = unfinished_fills(case).fills
    if case.fill_history is None:
        return unfinished.lazy()
    return pl.concat([case.fill_history.finished.select(unfinished.columns), unfinished.lazy()])


@per_case
def unfinished_fills(case: Case) -> Matched:
    """Return `matched_fills` without the finished ones of `Case.fill_history`, of which all legs say the same."""
    history = case.fill_history
    return match_fills(fills_of_evidence(case), history.pairs if history else None)


@per_case
def fills_of_evidence(case: Case) -> pl.DataFrame:
    """Return the rows of unfinished fills: of judged markets and bots, each of one bot, in legs that are evidence."""
    fills = attribute_accounts(live_fills(case), case.lazy("orders"), [bot.name for bot in case.desk.judged])
    evidence = pl.DataFrame(
        [(bot, leg) for bot, legs in case.legs.items() for leg in legs],
        schema={"bot": pl.String, "leg": pl.String},
        orient="row",
    )
    return fills.join(evidence, on=["bot", "leg"], how="semi")


def match_fills(fills: pl.DataFrame, known: pl.DataFrame | None = None) -> Matched:
    """Match the fills of the three legs.

    Parameters
    ----------
    fills
        `Fills`: one row per fill and leg, any order.
    known
        Markets (bot, pair) whose legs are known to write trade ids alike.

    Returns
    -------
    Matched
        One row per fill, sorted by bot, pair and trade id, and the duplicates.
    """
    rows = strip_suffixes(assign_ids(fills.with_columns(own_trade_id=pl.col("trade_id")), known))
    # Most ids occur once a leg and on one day; only the others have to be numbered and ranked.
    several = ambiguous_ids(rows)
    ranked = _rank(number_occurrences(rows.join(several, on=ID, how="semi")))
    plain = rows.join(several, on=ID, how="anti") if several.height else rows
    kept = pl.concat(
        [
            plain.with_columns(occurrence=pl.lit(0, pl.Int64)),
            ranked.filter(pl.col("place") == 1).select(*plain.columns, "occurrence"),
        ]
    )
    legs = [
        kept.filter(pl.col("leg") == leg)
        .select(KEY + VALUES)
        .rename({name: f"{name}_{leg}" for name in VALUES})
        .with_columns(pl.lit(value=True).alias(f"in_{leg}"))
        for leg in LEGS
    ]
    wide = legs[0]
    for leg in legs[1:]:
        wide = wide.join(leg, on=KEY, how="full", coalesce=True)
    return Matched(
        fills=wide.with_columns(pl.col(f"in_{leg}").fill_null(value=False) for leg in LEGS).sort(KEY),
        duplicates=ranked.filter(pl.col("place") > 1).drop("place").sort("ts", "row_id"),
    )


def _rank(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the rows of one leg about one fill in `place`, 1 for the original: the one that fits the other legs best.

    An order id that another leg confirms counts most, then the unaltered spelling of the trade id (an assigned one is
    altered), then being first.
    """
    scored = rows.with_columns(
        confirmed=(pl.col("order_id").is_not_null() & _elsewhere("order_id"))
        | (pl.col("exchange_order_id").is_not_null() & _elsewhere("exchange_order_id")),
        altered=(pl.col("own_trade_id") != pl.col("trade_id")).fill_null(value=True),
    )
    return (
        scored.sort("leg", *KEY, ~pl.col("confirmed"), "altered", "ts", "row_id")
        .with_columns(place=pl.int_range(1, pl.len() + 1).over("leg", *KEY))
        .drop("confirmed", "altered")
    )


def _elsewhere(column: str) -> pl.Expr:
    """Return whether another leg of the same fill has the same value in `column`."""
    return pl.col("leg").n_unique().over([*KEY, column]) > 1
