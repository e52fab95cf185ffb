"""All that happened around a moment, in one order: states, orders, fills, events, what operators and the desk did, breaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant
from deskgate.reports.investigate.lines import (
    adds_nothing,
    event_lines,
    fill_lines,
    in_order,
    order_lines,
    payment_lines,
    state_lines,
    told_lines,
)
from deskgate.reports.investigate.names import Suggests
from deskgate.reports.investigate.shown import shown_html
from deskgate.reports.investigate.story import tell_story
from deskgate.reports.tables import table

__all__ = ["MOST_MINUTES", "Timeline", "timeline"]

MOST_MINUTES = 24 * 60
_SHOWN = 200


@dataclass(frozen=True)
class Timeline(Suggests):
    """What happened around a moment.

    Parameters
    ----------
    title
        Around what, and how much there is.
    at
        The moment.
    rows
        One row per thing, by time: ts, bot, what (state, order, fill, event, funding, log line, break, action, alert, incident, note
        of a break), leg, says, id, path.
    """

    title: str
    at: datetime
    rows: pl.DataFrame

    def __repr__(self) -> str:
        """Return it as text."""
        return f"{self.title}\n{table(self.rows.drop('path'), limit=_SHOWN)!r}"

    def _repr_html_(self) -> str:
        return shown_html(self.title, (), [("", self.rows.drop("path"))], limit=_SHOWN)


def timeline(case: Case, breaks: pl.DataFrame, around: str = "", *, minutes: float = 30, bot: str = "") -> Timeline:
    """Return what happened around a moment.

    Parameters
    ----------
    breaks
        The day's breaks, as in breaks.csv.
    around
        An instant (ISO 8601), a time of the day (HH:MM), or the id of a break, fill or order; empty: the most valuable break, or
        else the day's end.
    minutes
        How far back and ahead, at most a day.
    bot
        Whose; empty: every bot's. What is of no bot is always shown.

    Raises
    ------
    InputError
        `around` is none of these, or `minutes` is no number of minutes above 0.
    """
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= MOST_MINUTES:
        raise InputError(
            f"minutes is {minutes!r}, expected a number above 0 and up to {MOST_MINUTES}, such as minutes=30"
        )
    at = _moment(case, breaks, around)
    since, until = at - timedelta(minutes=minutes), at + timedelta(minutes=minutes)
    parts = [
        *_of_legs(case, since, until),
        *_of_operators(case, breaks, since, until),
        _of_breaks(breaks, since, until),
    ]
    rows = in_order(*parts)
    if bot:
        rows = rows.filter((pl.col("bot") == bot) | pl.col("bot").is_null())
    whose = f" of {bot}" if bot else ""
    title = f"{rows.height} things{whose} within {minutes:g} min of {at:%Y-%m-%d %H:%M:%S} UTC"
    return Timeline(title, at, rows)


def _moment(case: Case, breaks: pl.DataFrame, around: str) -> datetime:
    if not around and breaks.is_empty():
        return case.end
    # An id of digits alone would else be read as a time: 1234 as 12:34.
    for text in (around, f"{case.day}T{around}") if set(":-") & set(around) else ():
        try:
            return parse_instant(text)
        except InputError:
            continue
    story = tell_story(case, breaks, around)
    found = story.breaks["ts"].min() or story.fills["ts"].min() or story.states["ts"].min()
    return found if isinstance(found, datetime) else case.end


def _of_legs(case: Case, since: datetime, until: datetime) -> Iterator[pl.DataFrame]:
    near = pl.col("ts").is_between(since, until)

    def rows(name: str) -> pl.DataFrame:
        return case.lazy(name).filter(near).collect()

    yield state_lines(rows("snapshots"))
    yield order_lines(rows("orders"))
    yield fill_lines(rows("fills"))
    yield payment_lines(rows("funding"))
    yield event_lines(case.lazy("events").filter(near, ~adds_nothing()).collect())
    logged = case.lazy("log_lines").filter(near, pl.col("what") != "sign_of_life").collect()
    yield told_lines(logged, "log line", pl.format("{} {}", "level", "what"), pl.col("order_id"), "ts")


def _of_operators(case: Case, breaks: pl.DataFrame, since: datetime, until: datetime) -> Iterator[pl.DataFrame]:
    near = pl.col("effective_at").is_between(since, until)
    # Whose a break is, the day says; one that is gone may have been any bot's.
    bots = breaks.select("break_id", "bot").unique("break_id")

    def rows(name: str) -> pl.DataFrame:
        return case.lazy(name).filter(near).collect()

    yield told_lines(rows("actions"), "action", pl.format("{} {}", "kind", "content"), pl.col("event_id"))
    alerts, noted = (rows(name).join(bots, on="break_id", how="left") for name in ("alerts", "break_actions"))
    yield told_lines(alerts, "alert", pl.format("{} break alerted", "severity"), pl.col("break_id"))
    yield told_lines(
        rows("incidents"), "incident", pl.format("{} by {}: {}", "step", "by", "text"), pl.col("incident_id")
    )
    yield told_lines(noted, "note of a break", pl.format("{} by {}: {}", "action", "by", "text"), pl.col("break_id"))


def _of_breaks(breaks: pl.DataFrame, since: datetime, until: datetime) -> pl.DataFrame:
    near = breaks.filter(pl.col("ts").is_between(since, until))
    says = pl.format("{}, {}: {}", "kind", "severity", pl.col("detail").fill_null(""))
    return told_lines(near, "break", says, pl.col("break_id"), "ts")
