"""Several fills that have one trade id told apart, and what is known of each."""

import polars as pl

from deskgate.case.tolerances import border
from deskgate.reconciliation.matching.nearest import BY_ORDER, SAID, alike, by_order, nearest
from deskgate.schema import LEGS

__all__ = ["AUTHORITY", "ID", "KEY", "in_turns", "known", "unusual"]

ID = ["bot", "pair", "trade_id"]
KEY = [*ID, "turn"]
# Who is asked first what fills there are.
AUTHORITY = ("exchange", "events", "local")


def unusual(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the ids (bot, pair, trade_id) of which a leg has several rows, or whose rows are of different days."""
    told = rows.group_by(ID).agg(
        *[(pl.col("leg") == leg).sum().alias(leg) for leg in LEGS], first=pl.col("ts").min(), last=pl.col("ts").max()
    )
    several = pl.any_horizontal([pl.col(leg) > 1 for leg in LEGS])
    apart = (pl.col("last") - pl.col("first") > border()) & (pl.col("last").dt.date() != pl.col("first").dt.date())
    return told.filter(several | apart).select(ID)


def in_turns(rows: pl.DataFrame) -> pl.DataFrame:
    """Number in `turn` the fills that have one id.

    There are such: counters start anew, ids are given again, and both sides of a trade may be the same account's. Leg by
    leg, those with most authority first, each row is recognised as one of the fills known so far, each fill once:
    by its order, by what it says within minutes, by what it says however late (a bot records an outage's fills hours
    after), and last by its time alone. A row that is left repeats a fill of its own leg if it says the same, and else is
    a fill of its own. Only the database repeats a fill under another order; in any other leg that is another fill.
    """
    fills, done = known(alike(rows.clear()).with_columns(turn=pl.lit(None, pl.Int64))), []
    for leg in AUTHORITY:
        mine = _clusters(alike(rows.filter(pl.col("leg") == leg)), leg)
        for step in (_by_order, _by_words, _by_late_words, _by_time):
            left = mine.filter(pl.col("turn").is_null())
            free = fills.join(mine, on=KEY, how="anti")
            if left.is_empty() or free.is_empty():
                break
            mine = mine.update(step(left, free), on="row_id")
        heads = (
            mine.filter(pl.col("turn").max().over(*ID, "cluster").is_null())
            .sort("ts", "row_id")
            .unique([*ID, "cluster"], keep="first", maintain_order=True)
            .join(fills.group_by(ID).len("known"), on=ID, how="left", maintain_order="left")
            .with_columns(opens=pl.int_range(pl.len()).over(ID) + pl.col("known").fill_null(0))
        )
        mine = mine.join(heads.select(*ID, "cluster", "opens"), on=[*ID, "cluster"], how="left").with_columns(
            turn=pl.coalesce("turn", pl.col("turn").min().over(*ID, "cluster"), "opens")
        )
        fills = known(pl.concat([fills, mine.sort("ts", "row_id").select(fills.columns)]))
        done.append(mine.select(*rows.columns, "turn"))
    turns = pl.concat(done)
    # In the order of time, so that what comes later leaves the numbers of what was before.
    first = turns.group_by(KEY).agg(pl.col("ts").min()).sort(*ID, "ts", "turn")
    numbers = first.with_columns(number=pl.int_range(pl.len()).over(ID)).drop("ts")
    return turns.join(numbers, on=KEY).with_columns(turn="number").drop("number")


def _clusters(mine: pl.DataFrame, leg: str) -> pl.DataFrame:
    """Number the rows of one leg that may be about one fill, by what they say: `cluster`; and give each an empty `turn`.

    Rows of one order may be about one fill all day long, others for minutes.
    """
    over = [*ID, *SAID, *([] if leg == "local" else ["_order"])]

    def before(column: str) -> pl.Expr:
        return pl.col(column).shift(1).over(over)

    other_order = pl.col("_order").is_null() | (pl.col("_order") != before("_order")).fill_null(value=True)
    other_day = pl.col("ts").dt.date() != before("ts").dt.date()
    apart = (pl.col("ts") - before("ts") > border()) & (other_order | other_day)
    return (
        mine.with_columns(_order=pl.coalesce("exchange_order_id", "order_id"))
        .sort(*over, "ts", "row_id")
        .with_columns(cluster=apart.fill_null(value=True).cum_sum(), turn=pl.lit(None, pl.Int64))
    )


def _by_order(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    return by_order(left, free.with_columns(lent=pl.col("turn")), ID, BY_ORDER).rename({"lent": "turn"})


def _by_words(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    return nearest(left, free.with_columns(lent=pl.col("turn")), [*ID, *SAID], border()).rename({"lent": "turn"})


def _by_late_words(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    on = [*ID, *SAID]
    number = pl.int_range(pl.len()).over(on)
    return (
        left.sort("ts", "row_id")
        .with_columns(place=number)
        .join(free.sort("ts", "turn").with_columns(place=number), on=[*on, "place"], suffix="_free")
        .filter(~_other_order("_free"))
        .select("row_id", turn="turn_free")
    )


def _by_time(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    return (
        nearest(left, free.with_columns(lent=pl.col("turn")), ID, border())
        .join(left, on="row_id")
        .join(free, left_on=[*ID, "lent"], right_on=KEY, suffix="_free")
        .filter(~_other_order("_free"))
        .select("row_id", turn="lent")
    )


def _other_order(suffix: str) -> pl.Expr:
    """Return whether a row and the one beside it name different orders."""
    names = ("order_id", "exchange_order_id")
    return pl.any_horizontal([(pl.col(name) != pl.col(name + suffix)).fill_null(value=False) for name in names])


def known(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per fill with what is known of it: the first row's word, and the orders that any row names."""
    return rows.group_by(KEY, maintain_order=True).agg(
        *[pl.col(name).drop_nulls().first() for name in ("order_id", "exchange_order_id")],
        *[pl.col(name).first() for name in (*SAID, "ts")],
    )
