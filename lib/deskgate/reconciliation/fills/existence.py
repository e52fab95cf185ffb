"""Which fills a leg lacks, and which the database has twice."""

import polars as pl

from deskgate.case.expressions import fill_text, fill_time, notional
from deskgate.case.findings import breaks_frame
from deskgate.schema import LEGS

__all__ = ["duplicates", "missing"]


_ONE_VOICE = ": database and stream are one process, so the bot's side alone has it"


def missing(wide: pl.DataFrame) -> pl.DataFrame:
    """Return a break for every fill that a leg lacks which is there and should have it."""
    lacks = {leg: pl.col(f"has_{leg}") & ~pl.col(f"in_{leg}") for leg in LEGS}
    alone = {
        leg: pl.col(f"in_{leg}") & (pl.sum_horizontal("in_local", "in_events", "in_exchange") == 1) for leg in LEGS
    }
    has_all = pl.all_horizontal([f"has_{leg}" for leg in LEGS])
    kind = (
        pl.when(alone["exchange"] & lacks["local"])
        .then(pl.lit("fill_missing_local"))
        .when(lacks["exchange"])
        .then(pl.lit("fill_missing_exchange"))
        .when(lacks["local"])
        .then(pl.lit("fill_missing_local"))
        .when(lacks["events"])
        .then(pl.lit("fill_missing_events"))
    )
    leg = (
        pl.when(~has_all)
        .then(pl.lit(""))
        .when(alone["local"])
        .then(pl.lit("local"))
        .when(alone["events"])
        .then(pl.lit("events"))
        .otherwise(pl.col("kind").str.strip_prefix("fill_missing_"))
    )
    seen = [pl.when(f"in_{leg}").then(pl.lit(leg)) for leg in LEGS]
    absent = [pl.when(lacks[leg]).then(pl.lit(leg)) for leg in LEGS]
    return breaks_frame(
        wide.with_columns(kind=kind)
        .filter(pl.col("kind").is_not_null())
        .with_columns(
            leg=leg,
            expected=fill_text(),
            value_quote=pl.col("notional"),
            detail=pl.concat_str(
                pl.format(
                    "seen by {}, not by {}",
                    pl.concat_str(seen, separator=" and ", ignore_nulls=True),
                    pl.concat_str(absent, separator=" and ", ignore_nulls=True),
                ),
                pl.when(lacks["exchange"] & pl.col("in_local") & pl.col("in_events")).then(pl.lit(_ONE_VOICE)),
                ignore_nulls=True,
            ),
        )
    )


def duplicates(extra: pl.DataFrame, wide: pl.DataFrame) -> pl.DataFrame:
    """Return a break for every extra local row about a fill; ids and values are the original's."""
    original = wide.select(
        "bot",
        "pair",
        "trade_id",
        "occurrence",
        pl.col("order_id_local").alias("original_order"),
        pl.coalesce("exchange_order_id_exchange", "exchange_order_id_events", "exchange_order_id_local").alias(
            "venue_order"
        ),
        fill_time().alias("original_ts"),
    )
    return breaks_frame(
        extra.filter(pl.col("leg") == "local")
        .join(original, on=["bot", "pair", "trade_id", "occurrence"])
        .with_columns(
            kind=pl.lit("duplicate_local_fill"),
            detail=pl.format(
                "extra row {} {} for the fill that order {} has",
                pl.col("own_trade_id").fill_null("-"),
                pl.col("order_id").fill_null("-"),
                pl.col("original_order").fill_null("-"),
            ),
            ts="original_ts",
            order_id="original_order",
            exchange_order_id="venue_order",
            observed=pl.lit("2 rows"),
            expected=pl.lit("1 row"),
            value_quote=notional(pl.col("price"), pl.col("quantity")),
        )
    )
