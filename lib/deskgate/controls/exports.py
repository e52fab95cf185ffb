"""The newest look at a bot's account that the store's exports of the venue give.

An order counts as open until an export shows that it ended, so that a list which merely lacks it closes nothing. Orders of a
market that is not compared cannot be seen here: such a look lacks them.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import incomparable, live_orders
from deskgate.config.bot import Bot
from deskgate.config.connectors import is_of_contracts
from deskgate.controls.looks import Look
from deskgate.reconciliation.order_history import last_states
from deskgate.sources.ccxt.kinds import ORDER_EXPORTS

__all__ = ["ExportLooks"]

SOURCE = "exports"
# Exports of one list over time differ in the stamps of their names.
_STAMP = r"\d[\dTZ:._-]*"
_LISTS_OPEN = tuple(kind for kind, states in ORDER_EXPORTS.items() if "open" in states)


class ExportLooks:
    """Looks at what was known at a case's instant. The exports of all bots are of that case."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def look(self, bot: str, since: datetime) -> Look | None:
        """Return the newest look, whatever its age; None where no export of open orders or of the account has a stamp."""
        declared = self._case.desk.bots[bot]
        contracts = is_of_contracts(declared.connector)
        listed, held = self._listed(bot), self._newest(bot, "positions" if contracts else "balance")
        if listed is None or held is None:
            return None
        venue = last_states(live_orders(self._case), "exchange").filter(pl.col("bot") == bot)
        fills = self._case.lazy("fills").filter(pl.col("bot") == bot, pl.col("leg") == "exchange")
        left = venue.filter(pl.col("final").is_null())
        orders = venue.select(pl.coalesce("created_ts", "first_ts").max()).item()
        return Look(
            at=min(listed, held),
            source=SOURCE,
            open_orders=tuple(left.get_column("key").sort()),
            positions=self._positions(declared, held) if contracts else self._balances(declared, held),
            last_order_at=orders if orders and orders > since else None,
            last_fill_at=fills.filter(pl.col("ts") > since).select(pl.col("ts").max()).collect().item(),
            lacks=incomparable(self._case, bot) or "",
        )

    def can_wait(self, _bot: str) -> bool:
        """Return that it may not: a case does not change."""
        return False

    def _listed(self, bot: str) -> datetime | None:
        """Return until when all open orders are listed: of a kind with a list of each market, until the oldest list."""
        lists = self._exports(bot, _LISTS_OPEN).with_columns(of=pl.col("path").str.replace_all(_STAMP, ""))
        newest = lists.group_by("kind", "of").agg(pl.col("exported_at").max())
        return _last(newest.group_by("kind").agg(pl.col("exported_at").min()))

    def _newest(self, bot: str, kind: str) -> datetime | None:
        return _last(self._exports(bot, (kind,)))

    def _exports(self, bot: str, kinds: Sequence[str]) -> pl.DataFrame:
        """Return the sources with a stamp up to the case's instant."""
        return self._case.frames["sources"].filter(
            pl.col("bot") == bot,
            pl.col("leg") == "exchange",
            pl.col("kind").is_in(kinds),
            ~pl.col("derived"),
            pl.col("exported_at") <= self._case.as_of,
        )

    def _positions(self, bot: Bot, at: datetime) -> dict[str, Decimal]:
        rows = self._case.frames["positions"].filter(pl.col("bot") == bot.name, pl.col("ts") == at)
        held = dict(rows.group_by("pair").agg(pl.col("quantity").sum()).iter_rows())
        return {**dict.fromkeys(bot.pairs, Decimal(0)), **held}

    def _balances(self, bot: Bot, at: datetime) -> dict[str, Decimal] | None:
        rows = self._case.frames["balances"].filter(pl.col("bot") == bot.name, pl.col("ts") == at)
        held = dict(rows.group_by("token").agg(pl.col("total").sum()).iter_rows())
        return {pair: held.get(pair.partition("-")[0], Decimal(0)) for pair in bot.pairs} if held else None


def _last(exports: pl.DataFrame) -> datetime | None:
    found: datetime | None = exports.select(pl.col("exported_at").max()).item()
    return found
