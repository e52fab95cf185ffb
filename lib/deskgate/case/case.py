"""What every check is given: the desk, the day, and what was known at `as_of`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar

import polars as pl

from deskgate.case import tolerances
from deskgate.case.fill_history import FillHistory
from deskgate.case.frames import StoredFrames
from deskgate.case.legs import export_kinds, fill_legs, with_database
from deskgate.case.unreadable import count_unreadable
from deskgate.config.bot import Bot
from deskgate.config.desk import Desk
from deskgate.config.policy import Policy
from deskgate.config.risk import RiskSettings
from deskgate.intervals.settings import IntervalSettings
from deskgate.schema import HEARTBEAT, NOTICE
from deskgate.sources.registry import account_kinds

__all__ = ["RECENT", "Case", "is_known", "per_bot", "per_case", "remember"]

T = TypeVar("T")
B = TypeVar("B", bound=Bot | str)
# How far back the checks of a stream look.
RECENT = timedelta(days=7)


@dataclass(frozen=True)
class Case:
    """One day of one desk as of one instant. `frames` are the canonical tables, already cut at `as_of`.

    `intervals` says how the intervals of what is estimated are made, `risk` how the portfolio's risk is measured; the suites
    of the gates that judge them say it. `policy` is what the run found beside the records; None: nobody looked.
    """

    desk: Desk
    day: date
    as_of: datetime
    frames: Mapping[str, pl.DataFrame]
    digests: Mapping[str, str]
    intervals: IntervalSettings
    risk: RiskSettings
    policy: Policy | None = None
    computed: dict[Callable[..., Any], Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    @property
    def start(self) -> datetime:
        """Midnight UTC at which the day begins."""
        return datetime.combine(self.day, time(), UTC)

    @property
    def end(self) -> datetime:
        """The day's end, or `as_of` where that is earlier."""
        return min(self.start + timedelta(days=1), self.as_of)

    @property
    def closing(self) -> datetime:
        """The instant up to which an export of an account is the day's: `as_of`, or somewhat after the day's end."""
        return min(self.start + timedelta(days=1) + tolerances.closing(), self.as_of)

    @property
    def settled(self) -> datetime:
        """The instant up to which every leg has had time to show a fill."""
        return self.as_of - tolerances.settle()

    @cached_property
    def sources(self) -> pl.DataFrame:
        """The source files; of what cannot be read only that counts as `quarantined` which may be of the day."""
        sources = self.frames["sources"]
        if not (sources["quarantined"] > 0).any():
            return sources
        day = (self.start, self.start + timedelta(days=1))
        return count_unreadable(sources, self.lazy("quarantine"), self.frames["ledger"], *day)

    def lazy(self, table: str) -> pl.LazyFrame:
        """Return a query over the rows of a table, in no particular order; only what it needs is read from a store."""
        return self.frames.lazy(table) if isinstance(self.frames, StoredFrames) else self.frames[table].lazy()

    @property
    def recent_events(self) -> pl.LazyFrame:
        """A query over the events of the day and of the last 7 days, without notices, in no particular order.

        There may be tens of millions: ask for few columns, and for sums where they do. See `stream_minutes`.
        """
        since = min(self.start, self.as_of - RECENT)
        return self.lazy("events").filter(pl.col("ts") >= since, pl.col("event_type") != NOTICE)

    @cached_property
    def carried_orders(self) -> pl.DataFrame | None:
        """The orders that a store has for the day, see `markets.live_orders`; None where they are not from one."""
        live = self.frames.live_orders if isinstance(self.frames, StoredFrames) else None
        return live(self) if live else None

    @property
    def fill_history(self) -> FillHistory | None:
        """What is known of the fills that no check need compare again; None where `fills` are all of them."""
        known = self.frames.fills if isinstance(self.frames, StoredFrames) else None
        return known[0] if known else None

    @cached_property
    def fills(self) -> pl.DataFrame:
        """The fills without the finished ones of `fill_history`; sorted by (ts, row_id)."""
        known = self.frames.fills if isinstance(self.frames, StoredFrames) else None
        return known[1]() if known else self.frames["fills"]

    @property
    def happened(self) -> pl.LazyFrame:
        """A query over the recent events of the stream that say that something happened: all but heartbeats."""
        return self.recent_events.filter(pl.col("event_type") != HEARTBEAT)

    @cached_property
    def funding(self) -> pl.DataFrame:
        """The funding payments by leg; one that the venue lists among trades too counts as its funding history has it."""
        lists = self.sources.filter(pl.col("kind").is_in(account_kinds("funding"))).get_column("path")
        venue, listed = pl.col("leg") == "exchange", pl.col("path").is_in(lists.implode())
        return (
            self.frames["funding"]
            .with_columns(slot=tolerances.funding_slot())
            .filter(~venue | listed | ~(venue & listed).any().over("bot", "pair", "slot"))
            .drop("slot")
        )

    @cached_property
    def export_kinds(self) -> dict[str, set[str]]:
        """The kinds of venue export by bot that are evidence."""
        return export_kinds(self.sources)

    @cached_property
    def with_database(self) -> set[str]:
        """The bots that have a database of Hummingbot's."""
        return with_database(self.sources)

    @cached_property
    def legs(self) -> dict[str, set[str]]:
        """The legs by bot that are evidence of fills."""
        return fill_legs(self.sources)

    @cached_property
    def shared_accounts(self) -> set[str]:
        """The judged bots whose account exports another judged bot lists too."""
        names = [bot.name for bot in self.desk.judged]
        exports = self.sources.filter((pl.col("leg") == "exchange") & ~pl.col("derived") & pl.col("bot").is_in(names))
        account = exports.filter(pl.col("kind").is_in([*account_kinds("positions"), *account_kinds("balances")]))
        return set(account.filter(pl.col("bot").n_unique().over("path") > 1).get_column("bot"))

    def of_day(self, frame: pl.DataFrame, ts: str = "ts") -> pl.DataFrame:
        """Return the rows of `frame` whose `ts` lies in the day and not after `as_of`."""
        return frame.filter(self.in_day(ts))

    def in_day(self, ts: str = "ts") -> pl.Expr:
        """Return whether `ts` lies in the day and not after `as_of`."""
        return _in_day(ts, self.start, self.as_of)

    def in_last_24h(self) -> pl.Expr:
        """Return whether a snapshot of an account is of the 24 h up to `end`: the day's, of a day that is over."""
        return (pl.col("ts") > self.end - timedelta(days=1)) & (pl.col("ts") <= self.closing)


# Asked for a hundred times in a day; polars makes a literal of an instant in the time of two filters.
@lru_cache(maxsize=256)
def _in_day(ts: str, start: datetime, as_of: datetime) -> pl.Expr:
    at = pl.col(ts)
    return (at >= start) & (at < start + timedelta(days=1)) & (at <= as_of)


def per_case(compute: Callable[[Case], T]) -> Callable[[Case], T]:
    """Return `compute` as a function that computes once for each case and remembers the result.

    What several checks stand on (matched fills, agreed fills, acceptances) is declared with it beside its own logic, so
    that a case knows none of them.
    """

    @wraps(compute)
    def computed(case: Case) -> T:
        if computed not in case.computed:
            case.computed[computed] = compute(case)
        found: T = case.computed[computed]
        return found

    return computed


def per_bot(compute: Callable[[Case, B], T]) -> Callable[[Case, B], T]:
    """Return `compute`, of a bot or its name, as a function that computes once for each case and bot, as `per_case` does."""

    @wraps(compute)
    def computed(case: Case, bot: B) -> T:
        known: dict[str, T] = case.computed.setdefault(compute, {})
        name = bot if isinstance(bot, str) else bot.name
        if name not in known:
            known[name] = compute(case, bot)
        return known[name]

    return computed


def remember(case: Case, memo: Callable[[Case], T], value: T) -> None:
    """Let a case know the result of a function that is computed once for each case: another process computed it.

    Parameters
    ----------
    memo
        What `per_case` made.
    """
    case.computed[memo] = value


def is_known(case: Case, memo: Callable[[Case], Any]) -> bool:
    """Return whether a case was asked for the result of a function that `per_case` made."""
    return memo in case.computed
