"""Orders that are finished, carried from day to day beside a store, so that an assessment need not read all of history.

One row from before its cut that has come since, or that was not visible then, makes a state void, and so does a change of
what finished orders' fills add up to.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from deskgate.assessment import carried_state
from deskgate.assessment.carried_state import State, StateFolder
from deskgate.case.case import Case
from deskgate.case.markets import Markets, markets
from deskgate.reconciliation.order_history import OrderHistory, add_history, agreed_digest, live_rows
from deskgate.reconciliation.orders import agreed_sums, later_sums
from deskgate.store.commits import COMMIT_ID
from deskgate.store.tables import Store

__all__ = ["CarriedOrders"]


@dataclass(frozen=True)
class CarriedOrders:
    """The orders that a day can need, read with what is carried of finished ones."""

    store: Store
    versions: Mapping[str, int]
    as_of: datetime

    def rows(self, case: Case) -> pl.DataFrame:
        """Return all rows of every order that a check of the day can need, sorted by (ts, row_id)."""
        # What a market is called and counted in decides which rows are one order: another meaning has a state of its own.
        known = markets(case)
        folder = StateFolder(self.store, self._versions, f"orders {known.digest}")
        history = self._newest_valid(folder, case)
        live = known.judge(case.frames["orders"]) if history is None else self._live(history, known)
        if history is None or case.start - history.cut > carried_state.MOVES_AFTER:
            self._keep(folder, case, live, history)
        return live

    @property
    def _versions(self) -> dict[str, int]:
        """The commits that decide which orders are visible; a store that nothing was ingested into has no ledger."""
        return {name: self.versions[name] for name in ("orders", "ledger") if name in self.versions}

    def _live(self, history: OrderHistory, known: Markets) -> pl.DataFrame:
        rows = self.store.lazy("orders", self.versions, self.as_of)
        recent = known.judge(rows.filter(pl.col("ts") >= history.cut).collect())

        def before(which: pl.Expr) -> pl.DataFrame:
            return known.judge(rows.filter(pl.col("ts") < history.cut, which).collect())

        return live_rows(recent, history, before)

    def _newest_valid(self, folder: StateFolder, case: Case) -> OrderHistory | None:
        for state in folder.states(case.start):
            with suppress(OSError, ValueError, KeyError, pl.exceptions.PolarsError):
                # What finished fills add up to stays: only those that were not carried yet can have changed a sum.
                parts = state.about["parts"]
                if list(_parts(case)[: len(parts)]) == parts and (history := self._load(state)):
                    sums = later_sums(case, len(parts))
                    if agreed_digest(sums, history.venue_ids) == history.sums:
                        return history
        return None

    def _load(self, state: State) -> OrderHistory | None:
        earliest, latest = min(state.as_of, self.as_of), max(state.as_of, self.as_of)
        changed = self.store.lazy("orders", self.versions, latest, with_commit=True).filter(
            pl.col("ts") < state.cut, (pl.col(COMMIT_ID) > state.seen("orders")) | (pl.col("visible_at") > earliest)
        )
        if changed.limit(1).collect().height:
            return None
        ids = pl.read_parquet(state.place / "ids.parquet")
        return OrderHistory(
            cut=state.cut,
            unfinished=pl.read_parquet(state.place / "unfinished.parquet"),
            venue_ids=ids.filter("is_venue")["digest"],
            bot_ids=ids.filter(~pl.col("is_venue"))["digest"],
            sums=(state.about["sums"][0], state.about["sums"][1]),
        )

    def _keep(self, folder: StateFolder, case: Case, live: pl.DataFrame, before: OrderHistory | None) -> None:
        if "orders" not in self.versions:
            return
        parts = _parts(case)
        ids = live["exchange_order_id"].drop_nulls()
        sums, later = agreed_sums(case, ids), later_sums(case, len(parts))
        history = add_history(live, case.start - carried_state.BEFORE_DAY, sums=sums, later=later, before=before)

        def write(place: Path) -> None:
            history.unfinished.write_parquet(place / "unfinished.parquet")
            ids = [(history.venue_ids, True), (history.bot_ids, False)]
            frames = [
                pl.DataFrame({"digest": digests}).with_columns(is_venue=pl.lit(is_venue)) for digests, is_venue in ids
            ]
            pl.concat(frames).write_parquet(place / "ids.parquet")

        folder.keep(history.cut, self.as_of, {"sums": history.sums, "parts": parts}, write)


def _parts(case: Case) -> tuple[str, ...]:
    """Return the digests of the files with the finished fills of a case."""
    return case.fill_history.parts if case.fill_history else ()
