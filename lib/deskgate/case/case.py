"""What every check is given: the desk, the day, and what was known at `as_of`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

import polars as pl

from deskgate.case import tolerances
from deskgate.case.legs import attribute_accounts, fill_legs
from deskgate.config.desk import Desk
from deskgate.reconciliation.breaks.ledger import accepted
from deskgate.reconciliation.matching.match import Matched, match_fills
from deskgate.schema import HEARTBEAT

__all__ = ["Case"]


@dataclass(frozen=True)
class Case:
    """One day of one desk as of one instant. `frames` are the canonical tables, already cut at `as_of`."""

    desk: Desk
    day: date
    as_of: datetime
    frames: Mapping[str, pl.DataFrame]
    digests: Mapping[str, str]

    @property
    def start(self) -> datetime:
        """Midnight UTC at which the day begins."""
        return datetime.combine(self.day, time(), UTC)

    @property
    def end(self) -> datetime:
        """The day's end, or `as_of` where that is earlier."""
        return min(self.start + timedelta(days=1), self.as_of)

    @property
    def settled(self) -> datetime:
        """The instant up to which every leg has had time to show a fill."""
        return self.as_of - tolerances.settle()

    @cached_property
    def sources(self) -> pl.DataFrame:
        """The source files of the judged bots."""
        return self.frames["sources"]

    @cached_property
    def happened(self) -> pl.DataFrame:
        """The events of the stream that say that something happened: all but heartbeats."""
        return self.frames["events"].filter(pl.col("event_type") != HEARTBEAT)

    @cached_property
    def legs(self) -> dict[str, set[str]]:
        """The legs by bot that are evidence of fills."""
        return fill_legs(self.sources)

    @cached_property
    def shared_accounts(self) -> set[str]:
        """The judged bots whose account exports another judged bot lists too."""
        names = [bot.name for bot in self.desk.judged]
        exports = self.sources.filter((pl.col("leg") == "exchange") & ~pl.col("derived") & pl.col("bot").is_in(names))
        account = exports.filter(pl.col("kind").is_in(["positions", "balance"]))
        return set(account.filter(pl.col("bot").n_unique().over("path") > 1).get_column("bot"))

    @cached_property
    def accepted(self) -> pl.DataFrame:
        """What operators have accepted by `as_of`; see `deskgate.reconciliation.breaks.ledger.accepted`."""
        return accepted(self.frames["break_sightings"], self.frames["break_actions"])

    @cached_property
    def matched(self) -> Matched:
        """The fills of all legs, matched; a leg that is no evidence is left out."""
        fills = attribute_accounts(self.frames["fills"], self.frames["orders"], [bot.name for bot in self.desk.judged])
        evidence = pl.DataFrame(
            [(bot, leg) for bot, legs in self.legs.items() for leg in legs],
            schema={"bot": pl.String, "leg": pl.String},
            orient="row",
        )
        return match_fills(fills.join(evidence, on=["bot", "leg"], how="semi"))

    def of_day(self, frame: pl.DataFrame, ts: str = "ts") -> pl.DataFrame:
        """Return the rows of `frame` whose `ts` lies in the day and not after `as_of`."""
        return frame.filter(
            (pl.col(ts) >= self.start) & (pl.col(ts) < self.start + timedelta(days=1)), pl.col(ts) <= self.as_of
        )
