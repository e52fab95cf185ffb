"""Silences: from when until when a bot wrote nothing, by the times of its own records.

A silence is a fact of the records and no verdict: how long one may be the suites say. Which verdicts it explains is said in
`silence_effects`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import RECENT, Case, per_case
from deskgate.checks.freshness import DATED, newest_records
from deskgate.checks.soak.controllers import WINDOW, derived_files
from deskgate.checks.stream_gaps import TYPICAL_GAP_QUANTILE
from deskgate.schema import BOT_LEGS, NOTICE

__all__ = ["Silence", "silences", "together"]

# Bots that fall silent within this time are shown as one event: they may share a host, a network or a broker.
_SAME_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
# Of the gaps between a bot's records the longest of the day is a silence, and each that is so many times as long as a typical one.
_TIMES_TYPICAL = 3


@dataclass(frozen=True)
class Silence:
    """A silence of one bot in the last 24 h: `start` is its last record before, `end` its first one after, or `as_of`.

    `legs` are those that wrote nothing: all of the bot's own that it has, or one of them while the other went on. All times are UTC.
    """

    bot: str
    legs: tuple[str, ...]
    is_whole: bool
    start: datetime
    end: datetime
    is_over: bool

    @property
    def minutes(self) -> float:
        """How long it lasted, up to `end`."""
        return (self.end - self.start).total_seconds() / 60

    def covers(self, ts: str = "ts") -> pl.Expr:
        """Return whether an instant is in it."""
        return pl.col(ts).is_between(self.start, self.end)

    def within_24h(self, as_of: datetime) -> tuple[datetime, datetime]:
        """Return the part of it that is of the last 24 h."""
        return max(self.start, as_of - WINDOW), self.end


@per_case
def silences(case: Case) -> Mapping[str, Sequence[Silence]]:
    """Return the silences of each judged bot in the last 24 h, the longest first.

    Those of all its own legs together come first, then those of one leg while the other went on.
    """
    minutes, newest = _minutes(case), newest_records(case).filter(pl.col("leg").is_in(BOT_LEGS))
    found: dict[str, list[Silence]] = {}
    for bot in (each.name for each in case.desk.judged):
        mine, last = minutes.filter(pl.col("bot") == bot), newest.filter(pl.col("bot") == bot)
        has = tuple(leg for leg in BOT_LEGS if leg in set(last["leg"]))
        for legs in (has, *((leg,) for leg in has)) if len(has) > 1 else (has,):
            found.setdefault(bot, []).extend(_of_legs(case, bot, legs, has, mine, last))
    return found


def _of_legs(
    case: Case, bot: str, legs: tuple[str, ...], has: tuple[str, ...], minutes: pl.DataFrame, newest: pl.DataFrame
) -> Iterator[Silence]:
    mine = pl.col("leg").is_in(legs)
    at = minutes.filter(mine).group_by("minute").agg(pl.col("first").min(), pl.col("last").max())
    if at.is_empty():
        # The last days have no record of these legs.
        last = newest.filter(mine)["newest"].max()
        if isinstance(last, datetime):
            yield Silence(bot, legs, legs == has, last, case.as_of, is_over=False)
        return
    gaps = (
        at.sort("minute")
        .select(start="last", end=pl.col("first").shift(-1))
        .with_columns(is_over=pl.col("end").is_not_null(), end=pl.col("end").fill_null(case.as_of))
        .with_columns(length=pl.col("end") - pl.col("start"))
    )
    typical = pl.max_horizontal(pl.col("length").quantile(TYPICAL_GAP_QUANTILE, "higher"), pl.lit(_MINUTE))
    today = gaps.with_columns(usual=_TIMES_TYPICAL * typical).filter(pl.col("end") > case.as_of - WINDOW)
    longest_first = today.sort("length", "start", descending=True).with_row_index("place")
    found = longest_first.filter((pl.col("place") == 0) | (pl.col("length") > pl.col("usual")))
    if legs != has:
        # That the other leg went on is a fact too: without it the silence is that of all legs.
        others = minutes.filter(~mine).select(went_on="first").sort("went_on")
        found = found.sort("start").join_asof(
            others, left_on="start", right_on="went_on", strategy="forward", allow_exact_matches=False
        )
        found = found.filter(pl.col("went_on") < pl.col("end")).sort("place")
    for start, end, is_over in found.select("start", "end", "is_over").iter_rows():
        yield Silence(bot, legs, legs == has, start, end, is_over)


def _minutes(case: Case) -> pl.DataFrame:
    """Return the minutes of the last 7 days in which a bot's own legs have records: bot, leg, minute, first, last."""
    since, names = case.as_of - RECENT, [bot.name for bot in case.desk.judged]
    # A notice is no sign that the events come through.
    happened = {"events": pl.col("event_type") != NOTICE}
    parts = [
        case.lazy(table)
        .filter(pl.col("ts") >= since, pl.col("leg").is_in(BOT_LEGS), pl.col("bot").is_in(names))
        .filter(happened.get(table, True))
        .join(derived_files(case), on=["bot", "path"], how="anti")
        .group_by("bot", "leg", minute=pl.col("ts").dt.truncate("1m"))
        .agg(first=pl.col("ts").min(), last=pl.col("ts").max())
        for table in DATED
    ]
    return pl.concat(pl.collect_all(parts, engine="streaming"))


def together(found: Iterable[Silence]) -> list[list[Silence]]:
    """Return silences in groups: those of the same legs that overlap and begin within an hour of each other are one event."""
    groups: list[list[Silence]] = []
    for each in sorted(found, key=lambda silence: (silence.start, silence.bot)):
        same = (group for group in groups if _is_one_event(group[0], each))
        if (group := next(same, None)) is None:
            groups.append([each])
        else:
            group.append(each)
    return groups


def _is_one_event(first: Silence, other: Silence) -> bool:
    begins = first.start <= other.start <= min(first.start + _SAME_HOUR, first.end)
    return begins and first.is_over == other.is_over and _which(first) == _which(other)


def _which(silence: Silence) -> object:
    return "all" if silence.is_whole else silence.legs
