"""Numbering several fills of one trade id, and summarising the rows of each."""

import polars as pl

from deskgate.case.tolerances import border
from deskgate.reconciliation.matching.nearest import BY_ORDER, MATCH_KEYS, by_order, nearest, with_match_keys
from deskgate.schema import LEGS

__all__ = ["AUTHORITY", "ID", "KEY", "ambiguous_ids", "number_occurrences", "summarize_fills"]

ID = ["bot", "pair", "trade_id"]
KEY = [*ID, "occurrence"]
# Whose rows say first which fills there are.
AUTHORITY = ("exchange", "events", "local")


def ambiguous_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the ids (bot, pair, trade_id) of which a leg has several rows, or whose rows are of different days."""
    counts = rows.group_by(ID).agg(
        *[(pl.col("leg") == leg).sum().alias(leg) for leg in LEGS], first=pl.col("ts").min(), last=pl.col("ts").max()
    )
    several = pl.any_horizontal([pl.col(leg) > 1 for leg in LEGS])
    apart = (pl.col("last") - pl.col("first") > border()) & (pl.col("last").dt.date() != pl.col("first").dt.date())
    return counts.filter(several | apart).select(ID)


def number_occurrences(rows: pl.DataFrame) -> pl.DataFrame:
    """Number in `occurrence` the fills that have one id.

    Ids repeat where counters start anew, and where both sides of a trade are the same account's. Legs go by authority, the
    highest first. Each row is matched to at most one of the fills found so far: by order, by values within minutes, by
    values at any time (a bot records an outage's fills hours later), and last by time alone. A row without a match
    repeats a fill of its own leg if it has the same values, and else is a new fill. Only the database repeats a fill under
    another order; in any other leg that is another fill.
    """
    fills, done = summarize_fills(with_match_keys(rows.clear()).with_columns(occurrence=pl.lit(None, pl.Int64))), []
    for leg in AUTHORITY:
        mine = _clusters(with_match_keys(rows.filter(pl.col("leg") == leg)), leg)
        for step in (_match_by_order, _match_by_values, _match_by_values_any_time, _match_by_time):
            left = mine.filter(pl.col("occurrence").is_null())
            free = fills.join(mine, on=KEY, how="anti")
            if left.is_empty() or free.is_empty():
                break
            mine = mine.update(step(left, free), on="row_id")
        heads = (
            mine.filter(pl.col("occurrence").max().over(*ID, "cluster").is_null())
            .sort("ts", "row_id")
            .unique([*ID, "cluster"], keep="first", maintain_order=True)
            .join(fills.group_by(ID).len("found"), on=ID, how="left", maintain_order="left")
            .with_columns(opens=pl.int_range(pl.len()).over(ID) + pl.col("found").fill_null(0))
        )
        mine = mine.join(heads.select(*ID, "cluster", "opens"), on=[*ID, "cluster"], how="left").with_columns(
            occurrence=pl.coalesce("occurrence", pl.col("occurrence").min().over(*ID, "cluster"), "opens")
        )
        fills = summarize_fills(pl.concat([fills, mine.sort("ts", "row_id").select(fills.columns)]))
        done.append(mine.select(*rows.columns, "occurrence"))
    numbered = pl.concat(done)
    # Numbers follow time, so that later rows do not change the numbers of earlier fills.
    first = numbered.group_by(KEY).agg(pl.col("ts").min()).sort(*ID, "ts", "occurrence")
    numbers = first.with_columns(number=pl.int_range(pl.len()).over(ID)).drop("ts")
    return numbered.join(numbers, on=KEY).with_columns(occurrence="number").drop("number")


def _clusters(mine: pl.DataFrame, leg: str) -> pl.DataFrame:
    """Number the rows of one leg that may be about one fill, by their values: `cluster`; add an empty `occurrence`.

    Rows of one order may be about one fill for a whole day, others for minutes.
    """
    over = [*ID, *MATCH_KEYS, *([] if leg == "local" else ["_order"])]

    def before(column: str) -> pl.Expr:
        return pl.col(column).shift(1).over(over)

    other_order = pl.col("_order").is_null() | (pl.col("_order") != before("_order")).fill_null(value=True)
    other_day = pl.col("ts").dt.date() != before("ts").dt.date()
    apart = (pl.col("ts") - before("ts") > border()) & (other_order | other_day)
    return (
        mine.with_columns(_order=pl.coalesce("exchange_order_id", "order_id"))
        .sort(*over, "ts", "row_id")
        .with_columns(cluster=apart.fill_null(value=True).cum_sum(), occurrence=pl.lit(None, pl.Int64))
    )


def _match_by_order(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    return by_order(left, free.with_columns(candidate_id=pl.col("occurrence")), ID, BY_ORDER).rename(
        {"candidate_id": "occurrence"}
    )


def _match_by_values(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    return nearest(left, free.with_columns(candidate_id=pl.col("occurrence")), [*ID, *MATCH_KEYS], border()).rename(
        {"candidate_id": "occurrence"}
    )


def _match_by_values_any_time(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    on = [*ID, *MATCH_KEYS]
    number = pl.int_range(pl.len()).over(on)
    return (
        left.sort("ts", "row_id")
        .with_columns(place=number)
        .join(free.sort("ts", "occurrence").with_columns(place=number), on=[*on, "place"], suffix="_free")
        .filter(~_other_order("_free"))
        .select("row_id", occurrence="occurrence_free")
    )


def _match_by_time(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    return (
        nearest(left, free.with_columns(candidate_id=pl.col("occurrence")), ID, border())
        .join(left, on="row_id")
        .join(free, left_on=[*ID, "candidate_id"], right_on=KEY, suffix="_free")
        .filter(~_other_order("_free"))
        .select("row_id", occurrence="candidate_id")
    )


def _other_order(suffix: str) -> pl.Expr:
    """Return whether a row and the fill joined to it name different orders."""
    names = ("order_id", "exchange_order_id")
    return pl.any_horizontal([(pl.col(name) != pl.col(name + suffix)).fill_null(value=False) for name in names])


def summarize_fills(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per fill: the values of its first row, and the first order ids that any row has."""
    return rows.group_by(KEY, maintain_order=True).agg(
        *[pl.col(name).drop_nulls().first() for name in ("order_id", "exchange_order_id")],
        *[pl.col(name).first() for name in (*MATCH_KEYS, "ts")],
    )
