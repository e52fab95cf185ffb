"""Which hard stops an incident answers: somebody owned what had happened, and another one saw the evidence that it is over.

An incident takes a stop condition away, so it must not be a paper that anybody writes in advance, later, for himself or for all stops:
- an operator opened it, with an owner (one that a STOP opened has none), and its title names the bot and a stop or kill;
- it was opened after the stop began, within 24 h, and answers the last stop before it alone;
- it was closed with evidence, by another one than who opened it, after the bot had left the stop;
- all of it was entered before the decision, not only dated before it.

The minutes in hard stop are judged all the same (`hard_stop_min`).
"""

import re
from collections.abc import Iterator
from datetime import datetime

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.checks.incidents import Incident, incidents
from deskgate.checks.soak.controllers import WINDOW

__all__ = ["answered"]

_STOPS = re.compile("stop|kill", re.IGNORECASE)


def answered(case: Case, bot: str, stops: pl.DataFrame) -> list[datetime]:
    """Return when those stops of one controller began that an incident answers.

    Parameters
    ----------
    stops
        ts (when one began) and end (null: it goes on); one row per stop, sorted by ts.
    """
    longer = [name for name in case.desk.bots if bot in name and name != bot]
    return [began for incident in _closed(case) if _names(incident, bot, longer) for began in _answers(incident, stops)]


@per_case
def _closed(case: Case) -> list[Incident]:
    """Return the incidents that have an owner and were closed with evidence, by another one, before the decision."""
    return [
        each
        for each in incidents(case.frames["incidents"])
        if each.owner.strip()
        and not each.conditions
        and each.shown
        and (each.closed_by or each.by).strip().casefold() != each.by.strip().casefold()
        and max(each.closed_at or case.as_of, each.entered_at or case.as_of) <= case.as_of
    ]


def _names(incident: Incident, bot: str, longer: list[str]) -> bool:
    """Return whether a title names a bot and a stop; `longer` are the other bots whose names contain this one's."""
    title = incident.title
    for other in sorted(longer, key=len, reverse=True):
        title = _named(other).sub("", title)
    return bool(_named(bot).search(title) and _STOPS.search(_named(bot).sub("", title)))


def _named(bot: str) -> re.Pattern[str]:
    # A name in desk.toml may have any character, such as a dot or a space.
    return re.compile(rf"(?<![\w-]){re.escape(bot)}(?![\w-])")


def _answers(incident: Incident, stops: pl.DataFrame) -> Iterator[datetime]:
    before = stops.filter(pl.col("ts") <= incident.opened_at).tail(1)
    for began, end in before.select("ts", "end").iter_rows():
        is_over = end is not None and incident.closed_at is not None and end <= incident.closed_at
        if is_over and incident.opened_at - began <= WINDOW:
            yield began
