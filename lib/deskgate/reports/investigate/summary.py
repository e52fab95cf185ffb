"""A day in a few lines, as a notebook or a console shows it: its decision, what blocks it, and what makes it unreliable.

It must always show: of a day that was changed, is damaged or of an earlier version it says so instead of failing.
"""

from typing import TYPE_CHECKING

import polars as pl

from deskgate.config.errors import DeskgateError
from deskgate.gates.verdict_rows import blocks
from deskgate.reports.investigate.shown import shown_html
from deskgate.reports.pages.banner import instant
from deskgate.reports.pages.wording import figure
from deskgate.reports.palette import DECISION_SIGNS

if TYPE_CHECKING:
    from deskgate.reports.day import Day

__all__ = ["summary_html", "summary_text"]

# Blocking rows that are listed; `day.blocking()` has all.
_SHOWN = 5
_NEXT = "day.blocking(), day.breaks, day.explain(ID), day.fills(BOT), day.compare(OTHER_DAY), day.charts.<Tab>"


def summary_text(day: "Day") -> str:
    """Return the day as plain lines."""
    first = blocking(day)
    lines = [headline(day), *(f"  ! {each}" for each in day.warnings), *(f"  {each}" for each in counts(day))]
    lines += [
        f"  - {check} ({subjects}): {because}"
        for check, subjects, because in first.head(_SHOWN).select("check", "subjects", "because").iter_rows()
    ]
    if first.height > _SHOWN:
        lines.append(f"  and {first.height - _SHOWN} more: day.blocking()")
    return "\n".join([*lines, f"  next: {_NEXT}"])


def summary_html(day: "Day") -> str:
    """Return the day as HTML; all that comes from data is escaped."""
    warnings = (f"! {each}" for each in day.warnings)
    first = blocking(day).select("check", "subjects", "status", "because")
    tables = [("Blocking", first)] if first.height else []
    return shown_html(headline(day), [*warnings, *counts(day), f"Next: {_NEXT}"], tables, limit=_SHOWN)


def headline(day: "Day") -> str:
    """Return the decision, its desk, the day and until when it holds, in one line."""
    decision = day.decision
    if decision is None:
        return f"{day.title}: no decision, its run did not end or was not published"
    word = day.word
    sign = DECISION_SIGNS.get(word, ("?", ""))[0]
    return f"{sign} {word}: {day.title}, expires {instant(decision.get('expires_at'))}"


def counts(day: "Day") -> list[str]:
    """Return how many verdicts block and how many breaks are open; of what cannot be read, why."""
    lines = []
    try:
        verdicts = day.verdicts
        critical = verdicts.filter(blocks()).height
        lines.append(f"{_count(critical, 'verdict blocks', 'verdicts block')} of {verdicts.height}.")
    except DeskgateError as error:
        lines.append(f"Its verdicts cannot be read: {error}")
    try:
        open_ = day.breaks.filter(pl.col("status") != "accepted")
        unknown = open_["value_quote"].null_count()
        worth = f", worth {figure(open_['value_quote'].sum())} {day.desk.quote}" if unknown < open_.height else ""
        of_them = f"{' and ' if worth else ', '}{unknown} of unknown value" if unknown else ""
        lines.append(f"{_count(open_.height, 'break is', 'breaks are')} open{worth}{of_them}.")
    except DeskgateError as error:
        lines.append(f"Its breaks cannot be read: {error}")
    return lines


def blocking(day: "Day") -> pl.DataFrame:
    """Return `day.blocking()`; of a day whose verdicts cannot be read no row, which `counts` says."""
    try:
        return day.blocking()
    except DeskgateError:
        return pl.DataFrame(schema=dict.fromkeys(("check", "subjects", "status", "because"), pl.String))


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
