"""Which orders are finished for good, so that a later day need not read them again.

An order is finished at a cut where none of its rows could make it a break: whichever of venue and bot has it, has its end,
and its filled quantity is the sum of its agreed fills. All rows that share an id with
an unfinished order are kept with it. Of finished ones only the digests of their ids stay: a later row with such an id
brings the whole order back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deskgate.case import tolerances
from deskgate.case.expressions import id_digest

__all__ = ["FINAL", "OrderHistory", "add_history", "agreed_digest", "last_states", "live_rows"]

FINAL = ("completed", "cancelled", "failed", "expired")
_VENUE_ID = ["bot", "pair", "exchange_order_id"]
_BOT_ID = ["bot", "order_id"]
# Of two hashes' bits as many as leave room for a sum.
_SHIFT = 1 << 24


@dataclass(frozen=True)
class OrderHistory:
    """The orders before `cut`: the rows of unfinished ones, and the digests of the ids of all finished ones.

    `sums` is the digest of what those agreed fills of the finished ones add up to that were not finished themselves when
    it was made (`agreed_digest`).
    """

    cut: datetime
    unfinished: pl.DataFrame
    venue_ids: pl.Series
    bot_ids: pl.Series
    sums: tuple[int, int]


def last_states(orders: pl.LazyFrame, leg: str) -> pl.DataFrame:
    """Return one row per order of one leg: whether and when it finished, and its filled quantity where known."""
    return (
        orders.filter(pl.col("leg") == leg, pl.col("exchange_order_id").is_not_null())
        # Of two states of one instant, the final one is last.
        .sort("ts", pl.col("status").is_in(FINAL), "filled_quantity", "row_id", nulls_last=False)
        .group_by("bot", "pair", pl.col("exchange_order_id").alias("key"), maintain_order=True)
        .agg(
            pl.col("order_id", "side").drop_nulls().first(),
            pl.col("created_ts").min(),
            pl.col("quantity").drop_nulls().last(),
            pl.col("price").drop_nulls().last(),
            pl.col("filled_quantity").drop_nulls().last(),
            first_ts=pl.col("ts").min(),
            final=pl.col("status").filter(pl.col("status").is_in(FINAL)).last(),
            final_ts=pl.col("ts").filter(pl.col("status").is_in(FINAL)).last(),
            status=pl.col("status").last(),
        )
        .collect()
    )


def live_rows(recent: pl.DataFrame, history: OrderHistory, before: Callable[[pl.Expr], pl.DataFrame]) -> pl.DataFrame:
    """Return all rows of every order that has a row since the cut or is unfinished, sorted by (ts, row_id).

    Parameters
    ----------
    recent
        `Orders` since the cut.
    before
        Returns the rows before the cut for which an expression holds.
    """
    known = pl.concat([history.unfinished, recent])
    hits = known.filter(
        id_digest(*_VENUE_ID).is_in(history.venue_ids.implode()) | id_digest(*_BOT_ID).is_in(history.bot_ids.implode())
    )
    while hits.height:
        ids = [hits[name].drop_nulls().unique().implode() for name in ("order_id", "exchange_order_id")]
        found = before(pl.col("order_id").is_in(ids[0]) | pl.col("exchange_order_id").is_in(ids[1]))
        hits = found.join(known, on="row_id", how="anti")
        known = pl.concat([known, hits])
    return known.sort("ts", "row_id")


def add_history(
    live: pl.DataFrame, cut: datetime, *, sums: pl.DataFrame, later: pl.DataFrame, before: OrderHistory | None = None
) -> OrderHistory:
    """Return the history up to a later cut.

    Parameters
    ----------
    live
        `live_rows` with the history `before`, or all `Orders` where there is none.
    sums
        What the agreed fills of each of these orders add up to: bot, pair, key, sum.
    later
        What the agreed fills of all orders add up to that are not finished yet (bot, pair, key, sum): the history's
        `sums` are of these.
    """
    unfinished = _unfinished(live, sums, cut)
    kept = _connected(live, unfinished).filter(pl.col("ts") < cut)
    gone = live.filter(pl.col("ts") < cut).join(kept, on="row_id", how="anti")
    venue_ids = [_digests(gone, _VENUE_ID)]
    bot_ids = [_digests(gone, _BOT_ID)]
    if before is not None:
        # An order that was finished and has come back is in `live` with all of its rows.
        venue_ids.append(before.venue_ids.filter(~before.venue_ids.is_in(_digests(live, _VENUE_ID).implode())))
        bot_ids.append(before.bot_ids.filter(~before.bot_ids.is_in(_digests(live, _BOT_ID).implode())))
    history = OrderHistory(cut, kept, pl.concat(venue_ids).unique(), pl.concat(bot_ids).unique(), (0, 0))
    return OrderHistory(cut, kept, history.venue_ids, history.bot_ids, agreed_digest(later, history.venue_ids))


def agreed_digest(agreed: pl.DataFrame, venue_ids: pl.Series) -> tuple[int, int]:
    """Return how many of the finished orders have agreed fills, and a digest of what these add up to."""
    mine = agreed.rename({"key": "exchange_order_id"}).filter(id_digest(*_VENUE_ID).is_in(venue_ids.implode()))
    total = mine.select((id_digest(*_VENUE_ID, "sum") // _SHIFT).sum()).item()
    return mine.height, int(total or 0)


def _unfinished(live: pl.DataFrame, agreed: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """Return the rows of the orders that are, or may become, a break, or that are not over by the cut."""
    key = ["bot", "pair", "key"]
    local, venue = (last_states(live.lazy(), leg) for leg in ("local", "exchange"))
    apart = (pl.col("filled_quantity_exchange") - pl.col("sum").fill_null(0)).abs() >= tolerances.account()
    either = local.join(venue, on=key, how="full", suffix="_exchange", coalesce=True).join(agreed, on=key, how="left")
    here = pl.col("first_ts").is_not_null() & pl.col("final").is_null()
    there = pl.col("first_ts_exchange").is_not_null() & pl.col("final_exchange").is_null()
    wrong = either.filter(here | there | apart.fill_null(value=False))
    rows = live.join(wrong.select(*key), left_on=_VENUE_ID, right_on=key, how="semi")
    later = live.filter((pl.col("ts") >= cut) | (pl.col("created_ts") >= cut).fill_null(value=False))
    return pl.concat([rows, later]).unique("row_id")


def _connected(live: pl.DataFrame, seeds: pl.DataFrame) -> pl.DataFrame:
    """Return all rows that share an id with `seeds`, directly or through other rows."""
    found, size = seeds, -1
    while found.height != size:
        size = found.height
        by_id = [live.join(found, on=on, how="semi") for on in (_VENUE_ID, _BOT_ID)]
        found = pl.concat([found, *by_id]).unique("row_id")
    return found


def _digests(rows: pl.DataFrame, on: list[str]) -> pl.Series:
    return rows.filter(pl.col(on[-1]).is_not_null()).select(digest=id_digest(*on)).to_series().unique()
