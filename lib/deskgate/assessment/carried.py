"""State carried from day to day beside a store, so that an assessment need not read all of history.

It is derived and may be deleted at any time: what it holds is taken only where all of history would give the same. It
names the commits and the instant it was made from; one row from before its cut that has come since, or that was not
visible then, makes it void, and so does a change of what finished orders' fills add up to. Only stores in a folder have it.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import Markets, markets
from deskgate.config.paths import code_digest
from deskgate.reconciliation.order_history import OrderHistory, add_history, agreed_digest, live_rows
from deskgate.reconciliation.orders import agreed_sums
from deskgate.store.commits import COMMIT_ID
from deskgate.store.tables import SCHEMA_VERSION, Store, is_local

__all__ = ["CarriedOrders"]

# A cut lies so long before its day that what comes a little late does not void it, and moves on after some days.
_BEFORE_DAY = timedelta(days=2)
_MOVES_AFTER = timedelta(days=4)
_KEPT = 8
_TRIED = 3


@dataclass(frozen=True)
class CarriedOrders:
    """The orders that a day can need, read with what is carried of finished ones."""

    store: Store
    versions: Mapping[str, int]
    as_of: datetime

    def rows(self, case: Case) -> pl.DataFrame:
        """Return all rows of every order that a check of the day can need, sorted by (ts, row_id)."""
        # What a market is called and counted in decides which rows are one order: another meaning has a state of its own.
        known, agreed = markets(case), agreed_sums(case)
        folder = self._folder(known)
        history = self._newest_valid(folder, case.start, agreed)
        live = known.judge(case.frames["orders"]) if history is None else self._live(history, known)
        if history is None or case.start - history.cut > _MOVES_AFTER:
            self._save(folder, add_history(live, agreed, case.start - _BEFORE_DAY, history))
        return live

    def _folder(self, known: Markets) -> Path | None:
        """Return where the state of this store, desk, code and meaning of markets lies; None where none is kept."""
        if not is_local(self.store.location):
            return None
        about = f"{self.store.desk} {SCHEMA_VERSION} {pl.__version__} {code_digest()} {known.digest}"
        made_by = sha256(about.encode()).hexdigest()
        return Path(f"{self.store.location}.carried") / made_by[:16]

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

    def _newest_valid(self, folder: Path | None, start: datetime, agreed: pl.DataFrame) -> OrderHistory | None:
        if folder is None or not folder.is_dir():
            return None
        # A name begins with the cut.
        names = sorted((place.name for place in folder.iterdir() if place.name[:8] <= f"{start:%Y%m%d}"), reverse=True)
        for name in names[:_TRIED]:
            with suppress(OSError, ValueError, KeyError, pl.exceptions.PolarsError):
                history = self._load(folder / name)
                if history and history.cut <= start and agreed_digest(agreed, history.venue_ids) == history.sums:
                    return history
        return None

    def _load(self, place: Path) -> OrderHistory | None:
        about = json.loads((place / "about.json").read_text(encoding="utf-8"))
        cut, as_of = datetime.fromisoformat(about["cut"]), datetime.fromisoformat(about["as_of"])
        then, now = about["versions"], self._versions
        if then.keys() != now.keys() or any(now[name] < then[name] for name in then):
            return None
        # A store made anew, or put back from a copy, may count to the same commits.
        if about["identity"] != self.store.history_identity(then):
            return None
        # Rows of a commit that the ledger did not have yet were not visible then.
        seen = min(then.values())
        changed = self.store.lazy("orders", self.versions, max(as_of, self.as_of), with_commit=True).filter(
            pl.col("ts") < cut, (pl.col(COMMIT_ID) > seen) | (pl.col("visible_at") > min(as_of, self.as_of))
        )
        if changed.limit(1).collect().height:
            return None
        ids = pl.read_parquet(place / "ids.parquet")
        return OrderHistory(
            cut=cut,
            unfinished=pl.read_parquet(place / "unfinished.parquet"),
            venue_ids=ids.filter("is_venue")["digest"],
            bot_ids=ids.filter(~pl.col("is_venue"))["digest"],
            sums=(about["sums"][0], about["sums"][1]),
        )

    def _save(self, folder: Path | None, history: OrderHistory) -> None:
        """Keep a history beside the store; where it cannot be kept, the next day only takes longer."""
        if folder is None or "orders" not in self.versions:
            return
        about = {
            "cut": history.cut.isoformat(),
            "as_of": self.as_of.isoformat(),
            "versions": self._versions,
            "identity": self.store.history_identity(self._versions),
            "sums": history.sums,
        }
        name = sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        ids = [(history.venue_ids, True), (history.bot_ids, False)]
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            made = Path(mkdtemp(prefix=".", dir=folder))
            try:
                (made / "about.json").write_text(json.dumps(about), encoding="utf-8")
                history.unfinished.write_parquet(made / "unfinished.parquet")
                frames = [
                    pl.DataFrame({"digest": digests}).with_columns(is_venue=pl.lit(is_venue))
                    for digests, is_venue in ids
                ]
                pl.concat(frames).write_parquet(made / "ids.parquet")
                made.rename(folder / f"{history.cut:%Y%m%d}-{name}")
            finally:
                shutil.rmtree(made, ignore_errors=True)
            for old in sorted((place for place in folder.iterdir()), key=lambda place: place.stat().st_mtime)[:-_KEPT]:
                shutil.rmtree(old, ignore_errors=True)
