"""Which fills are finished for good, so that a later day need not read and match them again.

A fill is finished at a cut where every leg that is evidence has it once, under the venue's id, before the cut; where no
value of it, no time and no order is a break; and where no other row of its bot has its id, or its id and a suffix. It is agreed then, and stays
so: only a row with its id, an older row, or another meaning of its market can change that. `still_holds` says whether any
of these has come.
"""

from collections.abc import Iterable
from datetime import datetime

import polars as pl

from deskgate.case.case import Case
from deskgate.case.contract_sizes import depends_on_costs
from deskgate.case.expressions import fill_value, id_digest
from deskgate.case.fill_history import NAMED, PLACED, FillHistory
from deskgate.case.legs import shared_fills
from deskgate.case.markets import fill_names, judged, live_fills, markets, names_of, valued, with_several_connectors
from deskgate.reconciliation.agreed_moves import add_moves, edges
from deskgate.reconciliation.fills.check import compared_fills, fill_breaks, is_unresolved
from deskgate.reconciliation.fills.order_ids import ALIKE, told_alike
from deskgate.reconciliation.fills.times import fill_times, is_early, is_late, misdated
from deskgate.reconciliation.matching.match import MATCHED, fills_of_evidence, unfinished_fills
from deskgate.reconciliation.matching.trade_ids import id_stem, legs_with_foreign_ids
from deskgate.schema import LEGS

__all__ = ["finish_fills", "still_holds"]

_ID = ["bot", "trade_id"]


def finish_fills(case: Case, cut: datetime, versions: pl.DataFrame) -> tuple[FillHistory, pl.DataFrame, pl.DataFrame]:
    """Return the history up to a later cut, with the fills and the costs that are new in it.

    Parameters
    ----------
    case
        A case at or after the cut.
    versions
        Every committed version of the rows before the cut that are not finished by the case's own history.
    """
    wide = compared_fills(case)
    finished = _finished(case, wide, cut)
    ids = finished.select(_ID)
    rows = case.fills.join(ids, on=_ID, how="semi")
    named = names_of(rows)
    placed = live_fills(case).join(ids, on=_ID, how="semi").select(PLACED).unique()
    told = told_alike(wide.join(ids, on=_ID, how="semi"))
    costs = _costs(case, rows)
    parts, costs_of, before = [finished.lazy()], [costs.lazy()], case.fill_history
    if before:
        named, placed = (pl.concat(both).unique() for both in ((before.named, named), (before.placed, placed)))
        told = pl.concat([before.alike, told]).group_by("bot", "ids").agg(pl.col("alike", "apart").any())
        parts, costs_of = [before.finished, *parts], [before.costs, *costs_of]
    history = FillHistory(
        cut=cut,
        finished=pl.concat(parts),
        unfinished=versions.join(ids, on=_ID, how="anti"),
        named=named.sort(NAMED),
        placed=placed.sort(PLACED),
        costs=pl.concat(costs_of),
        alike=told.select(ALIKE).sort("bot", "ids"),
        moves=add_moves(case, finished),
        edges=edges(case),
        legs=_legs(case, placed["bot"].unique()),
        markets=markets(case).digest,
    )
    return history, finished, costs


def still_holds(case: Case) -> bool:
    """Return whether the history of a case gives what all of its fills would give, as far as its other rows tell."""
    history = case.fill_history
    if history is None:
        return True
    bots = list(history.legs)
    if markets(case).digest != history.markets or _legs(case, bots) != history.legs:
        return False
    if not set(bots) <= _able(case) or _has_an_id_again(case.fills, history):
        return False
    # Where one leg wrote other ids than another in every fill, one that it writes alike makes breaks of all.
    told = told_alike(compared_fills(case)).filter("alike")
    return history.alike.filter("apart").join(told, on=["bot", "ids"], how="semi").is_empty()


def _legs(case: Case, bots: Iterable[str]) -> dict[str, list[str]]:
    return {bot: sorted(case.legs.get(bot, set())) for bot in sorted(bots)}


def _able(case: Case) -> set[str]:
    """Return the bots of whose fills each can be told by its id alone."""
    bots = [bot.name for bot in case.desk.judged]
    rows, history = fills_of_evidence(case), case.fill_history
    if not shared_fills(live_fills(case).filter(pl.col("bot").is_in(bots))).is_empty():
        return set()
    nameless = rows.filter(pl.col("trade_id").is_null())["bot"]
    foreign = legs_with_foreign_ids(rows, history.pairs if history else None)["bot"]
    legs = {bot for bot in bots if "exchange" in case.legs.get(bot, set()) and len(case.legs[bot]) > 1}
    return legs - set(nameless) - set(foreign) - set(with_several_connectors(case))


def _has_an_id_again(fills: pl.DataFrame, history: FillHistory) -> bool:
    """Return whether other rows have the id of a finished fill, or one that is it but for a suffix."""
    ids = fills.select(*_ID, id_stem().alias("stem")).unique()
    spelled = [ids.select(digest=id_digest("bot", name)) for name in ("trade_id", "stem")]
    digests = pl.concat(spelled).to_series().drop_nulls()
    known = history.finished.select("digest").filter(pl.col("digest").is_in(digests.unique().implode()))
    return not known.limit(1).collect().is_empty()


def _finished(case: Case, wide: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """Return the fills that are finished and not in the case's history yet, as in `FillHistory.finished`."""
    everywhere = pl.all_horizontal([pl.col(f"in_{leg}") == pl.col(f"has_{leg}") for leg in LEGS])
    before = pl.max_horizontal([f"ts_{leg}" for leg in LEGS]) < cut
    key = ["bot", "pair", "trade_id"]
    off = [
        fill_breaks(case).select(key),
        misdated(case).select(key),
        fill_times(case).filter(is_early() | is_late()).select(key),
    ]
    legs = pl.sum_horizontal([pl.col(f"in_{leg}").cast(pl.UInt32) for leg in LEGS])
    # An id must have one fill and no row beyond those of its legs, whatever their market: it is told by the id.
    once = unfinished_fills(case).fills.group_by(_ID).agg(fills=pl.len()).filter(pl.col("fills") == 1)
    counts = case.fills.drop_nulls("trade_id").group_by(_ID).agg(rows=pl.len())
    suffixed = case.fills.filter(pl.col("trade_id") != id_stem()).select("bot", trade_id=id_stem()).unique()
    found = (
        wide.filter(pl.col("in_exchange") & everywhere & before & ~is_unresolved())
        .filter(pl.col("bot").is_in(sorted(_able(case))))
        .join(pl.concat(off).drop_nulls("trade_id"), on=key, how="anti")
        .join(once, on=_ID, how="semi")
        .join(suffixed, on=_ID, how="anti")
        .join(counts, on=_ID)
        .filter(pl.col("rows") == legs)
        .sort("ts", *key)
    )
    found = found.with_columns(key=fill_value("exchange_order_id"))
    orders = found["key"].drop_nulls().unique().implode()
    listed = (pl.col("leg") == "exchange") & pl.col("exchange_order_id").is_in(orders)
    created = (
        judged(case, "orders", listed, pl.col("created_ts").is_not_null())
        .select("bot", "pair", key="exchange_order_id", has_created=pl.lit(value=True))
        .unique()
    )
    return found.join(created, on=["bot", "pair", "key"], how="left", maintain_order="left").select(
        *MATCHED, "client_id", pl.col("has_created").fill_null(value=False), digest=id_digest(*_ID)
    )


def _costs(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the costs of rows say of the size of a contract, in the markets where it depends on them."""
    bots = markets(case).bots
    names = fill_names(case).filter(pl.col("bot").is_in(list(bots)), pl.col("symbol").is_not_null())
    wanted = [
        each for each in names.select("bot", "symbol").unique().iter_rows() if depends_on_costs(bots[each[0]], each[1])
    ]
    asked = pl.DataFrame(wanted, schema={"bot": pl.String, "symbol": pl.String}, orient="row")
    return valued(rows).join(asked, on=["bot", "symbol"], how="semi", maintain_order="left")
