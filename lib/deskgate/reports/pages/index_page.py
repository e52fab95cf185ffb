"""The index over all days, `<out>/index.html`: the newest decision, a calendar of all, the main numbers over time, period reports, and a list.

A day without a readable decision stays in it, and is said to be one; a date without a day is a gap.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from deskgate.reports.pages.banner import Banner, audit_footer, banner, decision_rests_on, instant
from deskgate.reports.pages.calendar import WEEKDAYS, calendar, month_name
from deskgate.reports.pages.day_summary import DaySummary, decision_of
from deskgate.reports.pages.environment import write_page
from deskgate.reports.pages.index_filter import ANY_GATE, ANY_SUBJECT, calendar_filter, classes, filter_rules
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.link import INDEX
from deskgate.reports.pages.opening import read_short
from deskgate.reports.pages.period_links import period_links
from deskgate.reports.pages.rungs import going_down, may_move_on
from deskgate.reports.pages.trends import HEIGHT, WIDTH, trends
from deskgate.reports.palette import DAY_SIGNS, DECISION_SIGNS

__all__ = ["write_index"]

# The months of the calendar and of the list that are unfolded, and how many subjects are.
_OPEN_MONTHS, _OPEN_LISTS, _OPEN_SUBJECTS = 3, 1, 40
# How many period reports are.
_OPEN_PERIODS = 5
# So much of a sentence stands in an unfolded month and in a folded one; the day's page has all of it.
_SENTENCES = (180, 110)


@dataclass(frozen=True)
class _Day:
    """One day as the index says it.

    Parameters
    ----------
    href
        Where its page is; None where it has none.
    kind
        A key of `DAY_SIGNS` where it has no decision that holds, else "decided".
    says
        Why it has none, or the sentence of its decision; `before`: the decision that does not hold.
    classes
        Those of its cell that the filter needs.
    """

    name: str
    href: str | None
    kind: str
    sign: str
    word: str
    colour: str
    says: Sequence[str]
    before: str = ""
    provisional: bool = False
    rests_on: str = ""
    lacks_leg: bool = False
    as_of: str = ""
    expires: str = ""
    classes: str = ""


def write_index(out: Path, later: Later, summaries: Sequence[DaySummary]) -> Path:
    """Write `<out>/index.html` over all days, newest first, whole or not at all.

    The newest day's decision stands on top, or that it cannot be read, is not as its run left it, that a run of it has begun and
    not ended, that an incident is open which its GO does not know, or that a waiver or an acceptance that its GO rests on was withdrawn.

    Parameters
    ----------
    later
        What is known of the days in `out` by now.
    summaries
        All days, newest first, see `summaries`.
    """
    picked = calendar_filter(summaries)
    days = [_day(out, each, later, classes(each, picked)) for each in summaries]
    drawn, absent = trends(summaries)
    lists = [list(found) for _, found in groupby(days, key=lambda day: day.name[:7])]
    return write_page(
        out / INDEX,
        "index.html.j2",
        days=days,
        view=_newest(out, days[0], later) if days else None,
        checkpoint=audit_footer(summaries[0].decision or {}) if days else None,
        picked=picked,
        any_choice=(ANY_SUBJECT, ANY_GATE),
        rules=filter_rules(picked),
        months=calendar({day.name: day for day in days}),
        weekdays=WEEKDAYS,
        trends=drawn,
        absent=absent,
        box=(WIDTH, HEIGHT),
        lists=[(month_name(found[0].name), found, _tally(found)) for found in lists],
        sentences=_SENTENCES,
        open_months=_OPEN_MONTHS,
        open_lists=_OPEN_LISTS,
        open_subjects=_OPEN_SUBJECTS,
        periods=period_links(out),
        open_periods=_OPEN_PERIODS,
    )


def _day(out: Path, summary: DaySummary, later: Later, found: str) -> _Day:
    name, decision = summary.name, summary.decision
    href = f"{name}/{INDEX}" if (out / name / INDEX).is_file() else None
    word = later.stands_as(decision) if decision else ""
    before = f"{word} as of {instant(decision.get('as_of'))}" if decision and not summary.error else ""
    if run := later.runs.get(name):
        return _Day(name, href, "run", *DAY_SIGNS["run"], (str(run),), before)
    if summary.error or decision is None:
        return _Day(name, href, "error", *DAY_SIGNS["error"], (summary.error or "",))
    if incidents := later.open_incidents(decision):
        return _Day(name, href, "incident", *DAY_SIGNS["incident"], incidents, before)
    if withdrawn := later.withdrawn(decision):
        return _Day(name, href, "withdrawn", *DAY_SIGNS["withdrawn"], withdrawn, before)
    sign, colour = DECISION_SIGNS[word]
    return _Day(
        name,
        href,
        "decided",
        sign,
        word,
        colour,
        (later.signed(decision) or summary.sentence,),
        provisional=decision.get("provisional") is True,
        rests_on=decision_rests_on(decision),
        lacks_leg=summary.lacks_leg,
        as_of=instant(decision.get("as_of")),
        expires=instant(decision.get("expires_at")),
        classes=found,
    )


def _newest(out: Path, day: _Day, later: Later) -> Banner | None:
    """Return the banner of the newest day's decision; None of one that does not hold."""
    if day.kind != "decided":
        return None
    decision = decision_of(out / day.name)
    view = replace(
        read_short(out / day.name, decision),
        warnings=going_down(decision),
        moves=may_move_on(decision),
        signatures=later.signatures(decision, holds=False),
    )
    if day.word == view.word:
        return view
    other = banner({**decision, "decision": day.word})
    return replace(
        view, word=other.word, sign=other.sign, colour=other.colour, sentence=later.signed(decision) or view.sentence
    )


def _tally(days: Sequence[_Day]) -> str:
    """Return how many days of a month have which word: "20 GO, 3 HOLD"."""
    return ", ".join(f"{count} {word}" for word, count in Counter(day.word for day in days).most_common())
