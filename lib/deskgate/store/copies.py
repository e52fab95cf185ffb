"""Copies of one record of the venue: the fuller counts, whichever stands later, and copies that contradict each other do not.

Who merges a stream with REST, or pages carelessly, has a record twice: in one file, in two, or in an older version of
a file. Copies that agree in all that both have are one record with all that any of them has. Copies that differ stay
as they are, and are conflicts. Both are found when the rows are read, so the order of ingestion decides nothing.
"""

from dataclasses import dataclass

import polars as pl

from deskgate.store.versions import latest_versions

__all__ = ["COPIED", "contradictions", "merge_copies"]


@dataclass(frozen=True)
class _Copies:
    """What makes two rows of a table copies of one record, when either can be one, and what they must agree in."""

    key: tuple[pl.Expr, ...]
    able: pl.Expr
    values: tuple[str, ...]


def _order() -> pl.Expr:
    """Return the order of a fill; where a copy lacks it, that of the other copies if they name one alone."""
    same = ["bot", "leg", "pair", "trade_id", pl.col("ts").dt.date()]
    order = pl.coalesce("exchange_order_id", "order_id")
    alone = order.n_unique().over(same) - order.is_null().any().over(same).cast(pl.Int64) == 1
    return pl.when(alone).then(order.drop_nulls().first().over(same)).otherwise(order)


def _market(*same: str) -> tuple[pl.Expr, pl.Expr]:
    """Return the market of a record: swap and future of one pair are two; a copy that does not say which is of the only one."""
    over, symbol = ["bot", "leg", "pair", *same], pl.col("symbol")
    alone = symbol.drop_nulls().n_unique().over(over) == 1
    known = pl.when(alone).then(symbol.drop_nulls().first().over(over)).otherwise(symbol)
    return pl.col("pair"), known.alias("symbol")


_SNAPSHOT = pl.col("ts")
COPIED: dict[str, _Copies] = {
    # Ids repeat where both sides of a trade are the same account's, and where counters start anew.
    "fills": _Copies(
        (*_market("trade_id"), pl.col("trade_id"), pl.col("ts").dt.date().alias("day"), _order().alias("order")),
        pl.col("trade_id").is_not_null(),
        ("side", "price", "quantity", "fee_amount", "fee_token", "fee_quote", "liquidity"),
    ),
    # Hyperliquid gives all payments one id.
    "funding": _Copies(
        (*_market("funding_id"), pl.col("funding_id"), pl.col("ts").dt.truncate("1h").alias("hour")),
        pl.col("funding_id").is_not_null(),
        ("amount", "rate"),
    ),
    "positions": _Copies(
        (*_market("ts"), _SNAPSHOT), pl.lit(value=True), ("quantity", "entry_price", "unrealized_pnl_quote")
    ),
    "balances": _Copies((pl.col("token"), _SNAPSHOT), pl.lit(value=True), ("total", "free", "used", "unrealized_pnl")),
    # An order that has ended has one end; of an open one each export shows another state.
    "orders": _Copies(
        (*_market("exchange_order_id"), pl.col("exchange_order_id"), pl.col("ts")),
        pl.col("exchange_order_id").is_not_null() & (pl.col("status") != "open"),
        ("status", "filled_quantity"),
    ),
}


# What a record says of its market and its units.
_MARKET = ("market", "symbol", "cost", "contract_size", "position", "hedged", "long_quantity", "short_quantity")


def merge_copies(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the latest versions of a table's rows, the venue's copies of one record merged into the fullest of them.

    Parameters
    ----------
    name
        A table of `COPIED`; rows of any other are returned in their latest versions.
    rows
        Committed rows of it with their `COMMIT_ID`, older versions included.
    """
    latest = latest_versions(name, rows.lazy()).collect()
    if name not in COPIED or rows.is_empty():
        return latest
    copies = _copies(name, rows.with_columns(latest=pl.col("row_id").is_in(latest["row_id"].implode())))
    if copies.is_empty():
        return latest
    values, over = COPIED[name].values, "copy"
    agrees = pl.all_horizontal(
        (pl.col(value) == pl.col(value).filter("latest").drop_nulls().first().over(over)).fill_null(value=True)
        for value in values
    )
    # An older version that says other things was corrected; one that only says more is a copy.
    copies = copies.filter(pl.col("latest").any().over(over) & (pl.col("latest") | agrees))
    copies = copies.filter(~_contradicts(name), pl.len().over(over) > 1)
    filled = [value for value in ("order_id", "exchange_order_id", *_MARKET, *values) if value in rows.columns]
    said = pl.sum_horizontal(pl.col(value).is_not_null() for value in filled)
    merged = (
        copies.with_columns(said=said)
        .sort("said", "ts", "row_id", descending=[True, False, False])
        .with_columns(pl.coalesce(value, pl.col(value).drop_nulls().first().over(over)) for value in filled)
        .unique(over, keep="first", maintain_order=True)
    )
    others = latest.join(copies.select("row_id"), on="row_id", how="anti", maintain_order="left")
    return pl.concat([others, merged.select(latest.columns)])


def contradictions(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the venue's records of which two copies differ: `copy` is the same in those of one record.

    Parameters
    ----------
    name
        A table of `COPIED`.
    rows
        Rows of it as they are read, each in its latest version.
    """
    copies = _copies(name, rows.with_columns(latest=pl.lit(value=True)))
    return copies.filter(_contradicts(name)).select("copy", "bot", "path", "ts", "row_id")


def _copies(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that may be copies of another one, numbered by record in `copy`."""
    rule = COPIED[name]
    of_venue = rows.filter((pl.col("leg") == "exchange") & rule.able)
    named = of_venue.select("row_id", "bot", *(each.alias(f"key{n}") for n, each in enumerate(rule.key)))
    keys = [column for column in named.columns if column != "row_id"]
    numbered = named.unique("row_id").with_columns(copy=pl.struct(keys).rank("dense"), held=pl.len().over(keys))
    several = numbered.filter(pl.col("held") > 1).select("row_id", "copy")
    return of_venue.unique("row_id", maintain_order=True).join(several, on="row_id", maintain_order="left")


def _contradicts(name: str) -> pl.Expr:
    """Return whether two copies of a row's record have different values in one column."""
    compared = map(pl.col, COPIED[name].values)
    # One carrier of a trade has milliseconds, another has whole seconds.
    seconds = [pl.col("ts").dt.truncate("1s")] if name == "fills" else []
    return pl.any_horizontal(each.drop_nulls().n_unique().over("copy") > 1 for each in (*compared, *seconds))
