"""Which quotes are mids, and what the mid of a market was at any instant.

`mid_ref` and candles count only where no source before them was there in the 5 minutes before: one that hangs or lacks a side
is there, and what stands in for it would hide that. A quote that no market has, one with one side alone, and one of a feed that
hangs are no mids. There may be ten million mids: they are kept by market, some 25 bytes each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import polars as pl

from deskgate.case.baselines import read_since
from deskgate.case.case import Case, per_case
from deskgate.case.spans import spans_of
from deskgate.case.tolerances import MONEY
from deskgate.prices.flaws import FEED, FLAWS
from deskgate.prices.quotes import CANDLES, MID_REF, SOURCES, observed

__all__ = ["MID_AGE", "MarketMids", "flaws", "market_mids", "mids_between", "mids_near", "mids_of_day"]

# The oldest mid that says what something is worth.
MID_AGE = timedelta(minutes=5)
# Spans of the past whose mids are kept: a check asks for the same one of one bot after the other.
_KEPT = 4
# They stand in where no source before them was there.
_STAND_INS = (SOURCES.index(MID_REF), SOURCES.index(CANDLES))
_KEY = ["bot", "pair"]
_MIDS = {"ts": pl.Datetime("us", "UTC"), "mid": MONEY, "source": pl.Enum(SOURCES)}
_FLAWED = {**dict.fromkeys(_KEY, pl.String()), **dict.fromkeys(FLAWS, pl.Int64())}

# (trust, market) of the feeds of one bot and pair, and their quotes: ts, mid, is_sound.
_Feeds = dict[tuple[int, str | None], pl.DataFrame]


@dataclass(frozen=True)
class MarketMids:
    """The mids of each bot and pair that has any: ts, mid (quote), source (one of `SOURCES`), one row per instant, ascending.

    `by_market` is in the order of bot and pair.
    """

    by_market: Mapping[tuple[str, str], pl.DataFrame]

    @cached_property
    def with_candles(self) -> frozenset[tuple[str, str]]:
        """The markets with closes of candles among their mids."""
        return frozenset(key for key, rows in self.by_market.items() if (rows["source"] == CANDLES).any())

    def of(self, bot: str, pair: str, *, candles: bool = True) -> pl.DataFrame:
        """Return the mids of one market, without closes of candles where these are not asked for."""
        rows = self.by_market.get((bot, pair))
        if rows is None:
            return pl.DataFrame(schema=_MIDS)
        return rows if candles or (bot, pair) not in self.with_candles else rows.filter(pl.col("source") != CANDLES)

    def as_of(self, rows: pl.DataFrame, at: pl.Expr, oldest: pl.Expr, *, candles: bool = True) -> pl.DataFrame:
        """Return the last mid at or before an instant of each row, in the order of the rows.

        Parameters
        ----------
        rows
            bot and pair, and what the expressions need.
        at, oldest
            The instant, and how early a mid may be; where a mid is earlier, or the instant is null, it is null.
        candles
            Whether closes of candles count.

        Returns
        -------
        polars.DataFrame
            mid (quote), source.
        """
        asked = rows.select(*_KEY, at=at, oldest=oldest).with_row_index("row")
        found = [
            part.sort("at", nulls_last=True).join_asof(
                self.of(bot, pair, candles=candles).rename({"ts": "seen"}),
                left_on="at",
                right_on="seen",
                strategy="backward",
                coalesce=False,
                check_sortedness=False,
            )
            for (bot, pair), part in asked.partition_by(_KEY, as_dict=True, include_key=False).items()
        ]
        if not found:
            return pl.DataFrame(schema={"mid": MONEY, "source": pl.String()})
        fresh = pl.col("seen") >= pl.col("oldest")
        source = pl.col("source").cast(pl.String)
        return (
            pl.concat(found)
            .sort("row")
            .select(pl.when(fresh).then("mid").alias("mid"), source=pl.when(fresh).then(source))
        )


class _Reading(NamedTuple):
    """What one reading of the quotes of a span gave: its mids, and how many of the day's quotes are none."""

    mids: MarketMids
    flaws: pl.DataFrame


def mids_of_day(case: Case) -> MarketMids:
    """Return the mids of the judged bots over the day, as `mids_between` has them."""
    return _covering(case, case.start, case.end).mids


def flaws(case: Case) -> pl.DataFrame:
    """Return how many of the day's quotes are no mids, by each of `FLAWS`: bot, pair and these; a row for each with a quote."""
    return _covering(case, case.start, case.end).flaws


def mids_between(case: Case, since: datetime, until: datetime) -> MarketMids:
    """Return mids of the judged bots that have all of [since - `MID_AGE`, until]; those around it may not be all.

    Of several at one instant that of the most trusted source counts.
    """
    return _covering(case, since, until).mids


def mids_near(case: Case, instants: pl.Series) -> MarketMids:
    """Return mids of the judged bots that have all of [`MID_AGE` before, `MID_AGE` after] each of some instants of the past."""
    return market_mids(observed(case, *((first, last + MID_AGE) for first, last in spans_of(instants))))


def _covering(case: Case, since: datetime, until: datetime) -> _Reading:
    """Return a reading that has a span; one that reaches into the day is of all that a day needs, and is made once."""
    if case.start <= until <= case.end:
        since, until = min(since, read_since(case)), case.end
    kept = _kept(case)
    for (first, last), reading in kept.items():
        if first <= since and until <= last:
            return reading
    past = [span for span in kept if span[1] < case.start]
    if len(past) >= _KEPT:
        kept.pop(past[0])
    found = kept[since, until] = _read(case, since, until)
    return found


def _read(case: Case, since: datetime, until: datetime) -> _Reading:
    """Read the quotes of a span, which are not kept."""
    counts = [pl.DataFrame(schema=_FLAWED)]

    def counted() -> Iterator[pl.DataFrame]:
        of_each = [(pl.col("flaw") == flaw).sum().cast(pl.Int64).alias(flaw) for flaw in FLAWS]
        for quotes in observed(case, (since, until)):
            counts.append(case.of_day(quotes).group_by(_KEY).agg(of_each))
            yield quotes

    known = market_mids(counted())
    return _Reading(known, pl.concat(counts).group_by(_KEY).agg(pl.col(FLAWS).sum()))


@per_case
def _kept(_: Case) -> dict[tuple[datetime, datetime], _Reading]:
    return {}


def market_mids(quotes: Iterable[pl.DataFrame]) -> MarketMids:
    """Return the mids among quotes, of which some come at a time, as `observed` yields them."""
    parts: dict[tuple[str, str], dict[tuple[int, str | None], list[pl.DataFrame]]] = {}
    for some in quotes:
        narrow = some.select(*FEED, "ts", "mid", is_sound=pl.col("flaw").is_null())
        for (bot, pair, *feed), rows in narrow.partition_by(FEED, as_dict=True, include_key=False).items():
            parts.setdefault((bot, pair), {}).setdefault((feed[0], feed[1]), []).append(rows)
    found = {}
    for key in sorted(parts):
        # Each market by itself, and what it was made of is let go.
        feeds = {feed: pl.concat(rows, rechunk=True) for feed, rows in parts.pop(key).items()}
        known = _market(feeds)
        if known.height:
            found[key] = known
    return MarketMids(found)


def _market(feeds: _Feeds) -> pl.DataFrame:
    """Return the mids of one market: at each instant that of the most trusted feed, and of stand-ins only those needed."""
    found: list[pl.DataFrame] = []
    for trust, market in sorted(feeds, key=lambda feed: (feed[0], feed[1] is not None, feed[1] or "")):
        quotes = feeds[trust, market]
        if trust in _STAND_INS:
            quotes = _alone(quotes, [rows for (other, _), rows in feeds.items() if other < trust])
        sound = quotes if quotes["is_sound"].all() else quotes.filter("is_sound")
        once = (pl.col("ts") != pl.col("ts").shift(1)).fill_null(value=True)
        for rows in found:
            sound = _without(sound, rows)
        found.append(sound.filter(once).select("ts", "mid", source=pl.lit(SOURCES[trust], _MIDS["source"])))
    return found[0] if len(found) == 1 else pl.concat(found, rechunk=True).sort("ts")


def _alone(last: pl.DataFrame, others: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the quotes of `last` that have none of `others` in the `MID_AGE` before them."""
    for rows in others:
        last = _without(last, rows, MID_AGE)
    return last


def _without(rows: pl.DataFrame, others: pl.DataFrame, before: timedelta = timedelta(0)) -> pl.DataFrame:
    """Return the rows, in order of time, that have none of `others` at their instant or in a time before it."""
    beside = rows.sort("ts", maintain_order=True).join_asof(
        others.select("ts", seen="ts").sort("ts"),
        on="ts",
        strategy="backward",
        tolerance=before,
        check_sortedness=False,
    )
    return beside.filter(pl.col("seen").is_null()).drop("seen")
