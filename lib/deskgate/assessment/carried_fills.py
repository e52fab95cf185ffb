"""Fills that are finished, carried from day to day beside a store, so that they are neither read nor matched again.

A state is void where a row of fills from before its cut has come since, where the venue's list of orders says more of a
finished fill's order than it did, or where what the day reads does not fit it (`still_holds`). The files of finished
fills are only ever added to: a state has those of the one before it as links.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import polars as pl

from deskgate.accounting.books import carry_books
from deskgate.assessment import carried_state
from deskgate.assessment.carried_measures import about_worth, read_measured, read_worth, write_measured, write_worth
from deskgate.assessment.carried_state import State, StateFolder, link
from deskgate.case.case import Case
from deskgate.case.expressions import fill_value
from deskgate.case.fill_history import CarriedBooks, FillHistory, MeasuredHistory
from deskgate.config.desk import Desk
from deskgate.measures.finished_orders import finish_orders
from deskgate.portfolio.state import carry_worth
from deskgate.prices.carried_quotes import AFTER_CUT, are_settled, files_of_quotes
from deskgate.reconciliation.finished_fills import finish_fills
from deskgate.schema import BOT_LEGS
from deskgate.store.commits import COMMIT_ID
from deskgate.store.tables import Store

__all__ = ["CarriedFills"]

_TABLES = ("fills", "orders", "ledger")
# Tables whose rows of before the cut were read as well; what comes later leaves the rest of a state as it is.
_READ = ("mids", "candles", "snapshots", "events")
_FRAMES = ("unfinished", "named", "placed", "alike", "moves", "edges")
_BOOKS = ("held", "sums", "lots")
_QUOTES = "quotes.parquet"


@dataclass(frozen=True)
class CarriedFills:
    """What is carried of the fills of a store, for one desk file, commits and instant."""

    store: Store
    versions: Mapping[str, int]
    as_of: datetime
    desk: Desk

    @property
    def _folder(self) -> StateFolder:
        versions = {name: self.versions[name] for name in _TABLES if name in self.versions}
        # Which legs, markets, openings and money a desk has decides what is a break.
        return StateFolder(self.store, versions, f"fills {sha256(repr(self.desk).encode()).hexdigest()}")

    def newest(self, start: datetime) -> FillHistory | None:
        """Return what is carried for a day that begins at `start`; None where all fills have to be read."""
        if "fills" not in self.versions:
            return None
        for state in self._folder.states(start):
            with suppress(OSError, ValueError, KeyError, pl.exceptions.PolarsError):
                if history := self._load(state):
                    return history
        return None

    def rows(self, history: FillHistory) -> pl.DataFrame:
        """Return the fills that are not finished, as a store reads them."""
        return self.store.read_versions("fills", self._versions_before(history, None))

    def keep(self, case: Case) -> None:
        """Keep what an assessed case says is finished, where its history is old or was void."""
        before = case.fill_history
        cut = case.start - carried_state.BEFORE_DAY
        if "fills" not in self.versions:
            return
        if before and (before.cut >= cut or case.start - before.cut <= carried_state.MOVES_AFTER):
            return
        history, finished, costs = finish_fills(case, cut, self._versions_before(before, cut))
        # Where most fills are never finished, there is nothing to gain.
        if history.unfinished.height > history.finished.select(pl.len()).collect().item() * 3:
            return
        books = carry_books(case, cut, finished.select("bot", "pair", "trade_id"))
        measured = finish_orders(case, cut, finished)
        worth = carry_worth(case, cut) if books else None
        quotes = files_of_quotes(case)
        old = before.files if before else ()

        def write(place: Path) -> None:
            for name in _FRAMES:
                getattr(history, name).write_parquet(place / f"{name}.parquet")
            for part in old:
                link(part, place / part.name)
            number = len(old) // 2
            finished.write_parquet(place / f"finished-{number:04}.parquet")
            costs.write_parquet(place / f"costs-{number:04}.parquet")
            quotes.write_parquet(place / _QUOTES)
            if books:
                _write_books(place, *books)
            if measured:
                write_measured(place, *measured)
            if worth:
                write_worth(place, worth)

        about = {
            "legs": history.legs,
            "markets": history.markets,
            "books": books[0].made_of if books else None,
            "measured": measured[0].made_of if measured else None,
            "worth": about_worth(worth),
            "read": {name: self.versions.get(name, 0) for name in _READ},
        }
        self._folder.keep(cut, self.as_of, about, write)

    def _versions_before(self, history: FillHistory | None, cut: datetime | None) -> pl.DataFrame:
        """Return all versions of the rows that `history` has not finished, those before `cut` where one is given."""
        rows = self.store.seen("fills", self.versions, self.as_of)
        rows = rows if cut is None else rows.filter(pl.col("ts") < cut)
        if history is None:
            return rows.collect()
        return pl.concat([history.unfinished, rows.filter(pl.col("ts") >= history.cut).collect()])

    def _load(self, state: State) -> FillHistory | None:
        # What was seen later may have been a reason; an earlier instant has states of its own.
        if state.as_of > self.as_of:
            return None
        if self._came(state, "fills", pl.col("ts") < state.cut):
            return None
        frames = {name: pl.read_parquet(state.place / f"{name}.parquet") for name in _FRAMES}
        finished, costs = (sorted(state.place.glob(f"{name}-*.parquet")) for name in ("finished", "costs"))
        history = FillHistory(
            cut=state.cut,
            finished=pl.scan_parquet(finished, glob=False),
            costs=pl.scan_parquet(costs, glob=False),
            legs=state.about["legs"],
            markets=state.about["markets"],
            files=(*finished, *costs),
            quotes=self._quotes(state),
            books=_read_books(state),
            measured=self._measured(state),
            worth=read_worth(state.place, state.about["worth"]),
            parts=tuple(state.about["files"][file.name] for file in finished),
            **frames,
        )
        return history if self._says_no_more_of_orders(state, history) else None

    def _measured(self, state: State) -> MeasuredHistory | None:
        """Return what was measured of orders, if no record of one or of a minute from before the cut has come since from a bot itself."""
        if state.about["measured"] is None or "orders" not in self.versions:
            return None
        before, of_bots = pl.col("ts") < state.cut, pl.col("leg").is_in(BOT_LEGS)
        if self._came(state, "orders", of_bots, before) or self._came(state, "snapshots", before):
            return None
        with_ran = not self._came(state, "events", of_bots, before)
        return read_measured(state.place, state.about["measured"], with_ran=with_ran)

    def _quotes(self, state: State) -> pl.DataFrame | None:
        """Return the files whose quotes mids were, if no quote that can change a mid of before the cut has come since."""
        before = pl.col("ts") < state.cut + AFTER_CUT
        came = any(self._came(state, name, before) for name in ("mids", "candles"))
        return pl.read_parquet(state.place / _QUOTES) if are_settled(state.cut, state.as_of) and not came else None

    def _late(self, state: State, table: str) -> pl.LazyFrame:
        """Return the rows of a table that a state has not seen."""
        unseen = (pl.col(COMMIT_ID) > state.seen(table)) | (pl.col("visible_at") > state.as_of)
        return self.store.seen(table, self.versions, self.as_of).filter(unseen)

    def _came(self, state: State, table: str, *which: pl.Expr) -> bool:
        return not self._late(state, table).filter(*which).limit(1).collect().is_empty()

    def _says_no_more_of_orders(self, state: State, history: FillHistory) -> bool:
        """Return whether no order that has come since changes what the venue says of the order of a finished fill."""
        if "orders" not in self.versions:
            return True
        listed = (pl.col("leg") == "exchange") & pl.col("exchange_order_id").is_not_null()
        wanted = ["bot", "exchange_order_id", "order_id", "created_ts"]
        rows = self._late(state, "orders").filter(listed).select(wanted).collect()
        known = (
            history.finished.select(
                "bot", "client_id", "has_created", exchange_order_id=fill_value("exchange_order_id")
            )
            .filter(pl.col("exchange_order_id").is_in(rows["exchange_order_id"].unique().implode()))
            .collect()
        )
        named = pl.col("order_id").is_not_null() & (pl.col("client_id").is_null() | (pl.col("order_id") < "client_id"))
        dated = pl.col("created_ts").is_not_null() & ~pl.col("has_created")
        return rows.join(known, on=["bot", "exchange_order_id"]).filter(named.fill_null(value=True) | dated).is_empty()


def _write_books(place: Path, books: CarriedBooks, fills: pl.DataFrame) -> None:
    for name in _BOOKS:
        getattr(books, name).write_parquet(place / f"{name}.parquet")
    for part in books.files:
        link(part, place / part.name)
    fills.write_parquet(place / f"booked-{len(books.files):04}.parquet")


def _read_books(state: State) -> CarriedBooks | None:
    if state.about["books"] is None:
        return None
    frames = {name: pl.read_parquet(state.place / f"{name}.parquet") for name in _BOOKS}
    return CarriedBooks(state.about["books"], **frames, files=tuple(sorted(state.place.glob("booked-*.parquet"))))
