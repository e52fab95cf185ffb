"""The banner of a day's pages and of the index: how much blocks, and since when the decision is what it is.

What blocks stands below it on the page of the day, so the banner counts the causes and names none.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from deskgate.config.errors import InputError
from deskgate.config.plural import count_of
from deskgate.reports.pages.banner import Banner, banner
from deskgate.reports.pages.blockers import Blocker, blocking
from deskgate.reports.pages.recent_days import RecentDay, consecutive, recent_days, since
from deskgate.reports.pages.wording import NOTHING

__all__ = ["opening", "read_opening", "read_short"]


def read_opening(folder: Path, decision: Mapping[str, object], out: Path) -> Banner:
    """Return the banner of a day's pages from its folder and the days before it.

    Parameters
    ----------
    folder
        The day's folder, which in a run is not yet in its place.
    decision
        The content of decision.json.
    out
        Where the other days lie.

    Raises
    ------
    InputError
        The decision is none of GO, HOLD and STOP, or a file of the day was changed since the run wrote it.
    """
    days = recent_days(folder, decision, out)
    return opening(decision, blocking(folder, decision, days), days)


def read_short(folder: Path, decision: Mapping[str, object]) -> Banner:
    """Return the banner of a page over several days: it counts what blocks as the day's own pages do, and names the desk and the day.

    Where the causes cannot be read, as those of a day that another version ran, it names the verdict that blocks first.

    Raises
    ------
    InputError
        The decision is none of GO, HOLD and STOP.
    """
    view = banner(decision)
    with suppress(InputError, KeyError, TypeError, ValueError):
        return _counting(view, blocking(folder, decision, ()))
    return view


def opening(decision: Mapping[str, object], blockers: Sequence[Blocker], days: Sequence[RecentDay]) -> Banner:
    """Return a decision's banner with the count of what blocks and since when it is so; the page says the desk and the day."""
    view = banner(decision)
    facts = {name: value for name, value in view.facts if name not in ("desk", "day")}
    facts = {"since": _since(view.word, days), "expires": facts.pop("expires"), **facts}
    return replace(_counting(view, blockers), facts=[*facts.items()])


def _counting(view: Banner, blockers: Sequence[Blocker]) -> Banner:
    return replace(view, sentence=_counted(blockers) or view.sentence)


def _counted(blockers: Sequence[Blocker]) -> str:
    if not blockers:
        return ""
    stops = sum(each.stops for each in blockers)
    those = f"{count_of(len(blockers), 'cause blocks', 'causes block')} a GO"
    if not stops:
        return f"{those}; no stop condition holds."
    return f"{stops} stop condition{'s hold' if stops > 1 else ' holds'}; {those} in all."


def _since(word: str, days: Sequence[RecentDay]) -> str:
    row = consecutive(days, lambda day: day.word == word)
    first = since(days, lambda day: day.word == word)
    if not row:
        return NOTHING
    if len(row) > 1:
        return f"{first} ({count_of(len(row), 'day')})"
    before = days[-2].word if len(days) > 1 else None
    return f"{first} ({before} the day before)" if before else first
