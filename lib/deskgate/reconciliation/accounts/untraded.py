"""Balance drifts that untraded positions explain: what no fill moved was paid for all the same, at a price that is not known."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.expressions import fill_time, fill_value, plain
from deskgate.case.markets import markets
from deskgate.case.tolerances import MONEY, taker_fee
from deskgate.reconciliation.accounts.hedged import plain as plain_of
from deskgate.reconciliation.matching.match import every_matched_fill

__all__ = ["by_price"]

# More intervals than these are read as one.
_INTERVALS_MAX = 50
_PRICED = ("bot", "leg", "pair", "market", "ts", "mid")


def by_price(case: Case, moved: pl.DataFrame, by_fills: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Return the balance drifts that untraded positions explain, each with the first of them.

    Such a position may have been traded at any price since the snapshot before, at a taker's fee; prices below half or
    above twice the mark are ignored.

    Parameters
    ----------
    moved
        Changes of position that no fill explains: bot, pair, snapshot_ts, visible_at, since, change (base), price, origin
        (the snapshot of their break), until (when that was accepted).
    by_fills
        Those that fills explain, with what these cost.
    paid
        Balance drifts: change_id, bot, snapshot_ts, visible_at, since, change, residual, bound.

    Returns
    -------
    polars.DataFrame
        `Explanations`, with the `change_id` of the balance, and without text where only the position differs.
    """
    held = (
        _within(_spans(case, moved), paid)
        .sort("change_id", "origin", "pair")
        .group_by("change_id", maintain_order=True)
        .agg(
            pl.col("pair", "origin").first(),
            pl.col("until").min(),
            pl.col("worth", "most").sum(),
            unpriced=pl.col("worth").null_count(),
        )
        .filter(pl.col("unpriced") == 0)
    )
    costs = _within(by_fills, paid).group_by("change_id").agg(cost=pl.col("s_cash").sum())
    found = (
        paid.drop("origin")
        .join(held, on="change_id", maintain_order="left")
        .join(costs, on="change_id", how="left", maintain_order="left")
        .filter(
            pl.col("until").is_null() | (pl.col("visible_at") <= pl.col("until")),
            (pl.col("change") - pl.col("cost").fill_null(0) + pl.col("worth")).abs().cast(pl.Float64) <= pl.col("most"),
        )
    )
    return found.select(
        pl.lit("position_drift").alias("kind"),
        *("bot", "pair"),
        ts="origin",
        trade_id=pl.lit(None, pl.String),
        # With the position at its mark the balance may be as it should be: then there is nothing to explain.
        text=pl.when(pl.col("residual").abs() >= pl.col("bound")).then(
            pl.format("the balance differs by {}, no more than its price can do", plain(pl.col("residual")))
        ),
        change_id="change_id",
    )


def _within(moves: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Return the moves between a balance and the one before it, with that balance's `change_id`."""
    # Of two balances of one instant the first has the moves before it.
    at = paid.sort("snapshot_ts", "change_id").unique(["bot", "snapshot_ts"], keep="first", maintain_order=True)
    at = at.select("bot", "change_id", pl.col("snapshot_ts").alias("paid"), pl.col("since").alias("after"))
    return (
        moves.drop("change_id")
        .sort("snapshot_ts", maintain_order=True)
        .join_asof(at, left_on="snapshot_ts", right_on="paid", by="bot", strategy="forward", check_sortedness=False)
        .filter(pl.col("snapshot_ts") > pl.col("after"))
    )


def _spans(case: Case, moved: pl.DataFrame) -> pl.DataFrame:
    """Add what a change of position is worth at its mark (`worth`), and by how much at most it cost more or less (`most`)."""
    if moved.is_empty():
        return moved.with_columns(worth=pl.lit(None, MONEY), most=pl.lit(None, pl.Float64))
    moved = moved.with_columns(plain=plain_of(pl.col("pair")))
    pairs = moved["plain"].unique().implode()
    # Only prices between a change and the snapshot before it count.
    intervals = moved.select("since", "snapshot_ts").unique()
    if intervals.height > _INTERVALS_MAX:
        intervals = intervals.select(pl.col("since").min(), pl.col("snapshot_ts").max())

    def in_intervals(at: pl.Expr) -> pl.Expr:
        return pl.any_horizontal([at.is_between(since, until) for since, until in intervals.iter_rows()])

    prices = [
        markets(case)
        .judge(case.lazy("mids").filter(in_intervals(pl.col("ts"))).select(_PRICED).collect(engine="streaming"))
        .select("pair", at="ts", price="mid"),
        every_matched_fill(case)
        .select("pair", at=fill_time(), price=fill_value("price"))
        .filter(in_intervals(pl.col("at")))
        .collect(),
    ]
    seen = pl.concat(prices).filter(pl.col("pair").is_in(pairs) & in_intervals(pl.col("at")))
    seen = seen.with_columns(pl.col("price").cast(pl.Float64)).sort("at")
    spans = [
        # Each price belongs to the first snapshot after it, so that memory grows with prices, not with pairs.
        seen.join_asof(
            of.select("snapshot_ts", "since", pair="plain", mark=pl.col("price").cast(pl.Float64))
            .unique(["pair", "snapshot_ts"], keep="first", maintain_order=True)
            .sort("snapshot_ts")
            .with_columns(at="snapshot_ts"),
            on="at",
            by="pair",
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .filter(pl.col("at") >= pl.col("since"), pl.col("price").is_between(pl.col("mark") / 2, pl.col("mark") * 2))
        .group_by("pair", "snapshot_ts")
        .agg(low=pl.col("price").min(), high=pl.col("price").max())
        .select("snapshot_ts", "low", "high", bot=pl.lit(bot, pl.String), plain="pair")
        for (bot,), of in moved.partition_by("bot", as_dict=True).items()
    ]
    price = pl.col("price").cast(pl.Float64)
    away = pl.max_horizontal((price - pl.col("low")).abs(), (price - pl.col("high")).abs()).fill_null(0)
    return moved.join(pl.concat(spans), on=["bot", "plain", "snapshot_ts"], how="left").with_columns(
        worth=pl.col("change") * pl.col("price"),
        most=pl.col("change").abs().cast(pl.Float64) * (away + price * taker_fee()),
    )
