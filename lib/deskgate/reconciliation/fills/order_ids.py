"""The order that a fill belongs to, by the bot's id and by the venue's, compared between the legs that have one."""

import polars as pl

from deskgate.case.findings import breaks_frame
from deskgate.schema import LEGS

__all__ = ["ALIKE", "COMPARED", "KIND", "told_alike", "with_order_ids", "wrong_orders"]

KIND = "order_id_mismatch"
# Whether an id of a fill's order was compared with the venue's: the bot's two legs come from one process.
COMPARED = "order_ids_compared"
# The venue's id first: the bot's own is often cut or rewritten on its way.
_IDS = ("exchange_order_id", "order_id")
_PAIRS = (("local", "exchange"), ("events", "exchange"), ("local", "events"))
_NAMES = tuple(f"{column}_{leg}_{other}" for column in _IDS for leg, other in _PAIRS)
# Of each bot and pair of ids: whether two legs wrote one alike in any fill, and whether in any they did not.
ALIKE = ("bot", "ids", "alike", "apart")


def with_order_ids(wide: pl.DataFrame, client_ids: pl.DataFrame, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add what two legs say of a fill's order: `COMPARED`, and `<id>_<leg>_<other>`, whether they differ.

    And `client_id`, the bot's id of its order as the venue lists it.

    Two legs are compared by an id that they write alike in at least one fill of the bot: a venue, or an export, that has the
    bot's id in another form, or numbers orders in its own way, says nothing about it. An id that stands in the other leg's
    other column is the same one: some exports have the bot's id as `order`.

    Parameters
    ----------
    wide
        Matched fills.
    client_ids
        The bot's id of each order as the venue lists it: bot, pair, exchange_order_id, client_id. A ccxt trade has the
        venue's id alone, its order has both.
    before
        What other fills of the bots tell: `told_alike`.
    """
    listed = client_ids.rename({"exchange_order_id": "exchange_order_id_exchange"})
    on = ["bot", "pair", "exchange_order_id_exchange"]
    found = wide.join(listed, on=on, how="left", maintain_order="left").with_columns(
        client_id_exchange=pl.coalesce("order_id_exchange", "client_id")
    )
    told = {name: [] for name in _NAMES} if before is None else _bots_alike(before)
    apart, together = [], []
    for column in _IDS:
        for leg, other in _PAIRS:
            name, alike = f"{column}_{leg}_{other}", _alike(column, leg, other)
            known = alike.any().over("bot") | pl.col("bot").is_in(told[name])
            comparable = _both(column, leg, other) & known
            apart.append((comparable & ~alike).alias(name))
            if other == "exchange":
                together.append(comparable)
    return found.with_columns(*apart, pl.any_horizontal(together).alias(COMPARED))


def told_alike(found: pl.DataFrame) -> pl.DataFrame:
    """Return which ids of orders two legs write alike, by the fills of `with_order_ids`: `ALIKE`."""
    told = [
        found.group_by("bot").agg(
            ids=pl.lit(f"{column}_{leg}_{other}"),
            alike=_alike(column, leg, other).any(),
            apart=(_both(column, leg, other) & ~_alike(column, leg, other)).any(),
        )
        for column in _IDS
        for leg, other in _PAIRS
    ]
    return pl.concat(told).select(ALIKE).sort("bot", "ids")


def _bots_alike(told: pl.DataFrame) -> dict[str, list[str]]:
    return {name: told.filter("alike", pl.col("ids") == name)["bot"].to_list() for name in _NAMES}


def _alike(column: str, leg: str, other: str) -> pl.Expr:
    """Return whether two legs write an id of a fill's order alike, in whichever column."""
    mine, theirs = _id(column, leg), _id(column, other)
    swapped = next(name for name in _IDS if name != column)
    alike = (mine == theirs) | (mine == _id(swapped, other)) | (theirs == _id(swapped, leg))
    return alike.fill_null(value=False)


def _both(column: str, leg: str, other: str) -> pl.Expr:
    return _id(column, leg).is_not_null() & _id(column, other).is_not_null()


def wrong_orders(wide: pl.DataFrame) -> pl.DataFrame:
    """Return a break for each fill whose order differs between the legs; a leg that alone differs is named."""
    venue = {leg: _any(f"{{}}_{leg}_exchange") for leg in ("local", "events")}
    between = _any("{}_local_events")
    alone = {
        "local": venue["local"] & pl.col("in_events") & ~venue["events"],
        "events": venue["events"] & pl.col("in_local") & ~venue["local"],
    }
    texts = {leg: _text(leg) for leg in LEGS}
    off_events = venue["events"] & ~venue["local"]
    return breaks_frame(
        wide.filter(venue["local"] | venue["events"] | between).with_columns(
            kind=pl.lit(KIND),
            leg=pl.when(alone["local"])
            .then(pl.lit("local"))
            .when(alone["events"])
            .then(pl.lit("events"))
            .otherwise(pl.lit("")),
            observed=pl.when(off_events).then(texts["events"]).otherwise(texts["local"]),
            expected=pl.when(venue["local"] | venue["events"]).then(texts["exchange"]).otherwise(texts["events"]),
            value_quote=pl.col("notional"),
            detail=pl.when(venue["local"] & venue["events"])
            .then(pl.lit("both of the bot's legs have this fill under another order than the venue"))
            .otherwise(pl.lit("one fill under two orders")),
        )
    )


def _id(column: str, leg: str) -> pl.Expr:
    return pl.col("client_id_exchange") if (column, leg) == ("order_id", "exchange") else pl.col(f"{column}_{leg}")


def _any(pattern: str) -> pl.Expr:
    return pl.any_horizontal([pl.col(pattern.format(column)) for column in _IDS])


def _text(leg: str) -> pl.Expr:
    """Return what a leg calls the order: the id that differs."""
    differs = pl.any_horizontal([pl.col(f"exchange_order_id_{one}_{other}") for one, other in _PAIRS])
    return pl.when(differs).then(_id("exchange_order_id", leg)).otherwise(_id("order_id", leg))
