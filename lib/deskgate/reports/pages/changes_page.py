"""What changed since the last run that can be relied on, as a page of its own: each number links to the rows behind it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.case.findings import listed
from deskgate.config.plural import count_of
from deskgate.reports.anchors import break_anchor, break_links, verdict_href
from deskgate.reports.daily_report.changes import changed_breaks, changes_section
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.flips import flipped_verdicts
from deskgate.reports.daily_report.touched import configuration_part
from deskgate.reports.daily_report.usual_range import LEAST_DAYS, beyond_range, range_counts
from deskgate.reports.history import DAYS
from deskgate.reports.pages.banner import Banner
from deskgate.reports.pages.environment import write_page
from deskgate.reports.pages.link import CHANGES, Link
from deskgate.reports.pages.wording import figure

__all__ = ["write_changes_page"]

# Rows that a table of the page shows; breaks.csv and verdicts.json have all.
SHOWN = 200
_CHANGES = ("new", "gone", "older")


def write_changes_page(
    days: ReportDays,
    earlier: Sequence[DayFiles],
    decision: Mapping[str, Any],
    nav: Sequence[Link],
    *,
    view: Banner,
) -> Path:
    """Write `changes.html` into the day's folder, where the pages of its notebooks are already: a break is linked to its row.

    Parameters
    ----------
    days
        The day with its decision, and the last run before it that can be used (None: it says so, and compares nothing).
    earlier
        The days of the usual range, newest first.
    nav
        The links of the day's pages.
    view
        The banner of the day's pages, see `opening`.
    """
    before, today = days.before, days.today
    beyond = beyond_range(today, earlier)
    return write_page(
        today.artifacts.folder / CHANGES,
        "changes.html.j2",
        view=view,
        desk=decision.get("desk", "desk"),
        nav=nav,
        current=CHANGES,
        says=changes_section(days).parts[0].says,
        before=before and before.date.isoformat(),
        flips=_cut(_flips(before, today)) if before else None,
        numbers=_cut([_number(row) for row in beyond.to_dicts()]),
        range_says=_range_says(earlier),
        compared=_compared(today, earlier, beyond.height),
        configuration=configuration_part(before, today) if before else None,
        breaks=_breaks(before, today) if before else None,
        quote=today.quote,
    )


def _cut(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"rows": rows[:SHOWN], "more": max(0, len(rows) - SHOWN)}


def _flips(before: DayFiles, today: DayFiles) -> list[dict[str, Any]]:
    return [row | {"href": _href(row)} for row in flipped_verdicts(before, today).to_dicts()]


def _href(row: Mapping[str, Any]) -> str | None:
    try:
        return verdict_href(row["gate"], row["check"], row["subject"])
    except KeyError:
        # A suite of the desk's own: no notebook of Deskgate shows it.
        return None


def _number(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: "—" if row[name] is None else figure(row[name]) for name in ("before", "now", "lowest", "highest")}
    return {**row, **shown, "href": _href(row), "side": "above" if row["now"] > row["highest"] else "below"}


def _range_says(earlier: Sequence[DayFiles]) -> str:
    count = len(earlier)
    if count < LEAST_DAYS:
        had = "No earlier day" if not count else "Only 1 earlier day" if count == 1 else f"Only {count} earlier days"
        return f"{had} of the last {DAYS} can be used: under {LEAST_DAYS} days there is no usual range."
    return (
        f"The usual range is from the lowest to the highest value of the {count_of(count, 'day')} of the last {DAYS} that can be used,"
        f" {earlier[-1].date} to {earlier[0].date}. A number that fewer than {LEAST_DAYS} of them have has none."
    )


def _compared(today: DayFiles, earlier: Sequence[DayFiles], beyond: int) -> str:
    """Return how many numbers were held to their range, and which could not be; nothing where no number has a range."""
    if len(earlier) < LEAST_DAYS:
        return ""
    counts = range_counts(today, earlier)
    those = f"of the {counts.compared:,} numbers of this day that have a range"
    says = [
        f"{beyond:,} {those} lie{'s' if beyond == 1 else ''} beyond it." if beyond else f"None {those} lies beyond it."
    ]
    if counts.unknown:
        says.append(f"Not known on this day, though they have a range: {listed(counts.unknown)}.")
    if counts.without:
        says.append(f"{counts.without:,} more numbers have no range.")
    return " ".join(says)


def _breaks(before: DayFiles, today: DayFiles) -> list[dict[str, Any]]:
    """Return the breaks by what became of them: name, count, value (None: unknown), rows with their links."""
    rows = changed_breaks(before, today)
    of_today, of_before = (break_links(each.artifacts.folder) for each in (today, before))
    groups = []
    for name in _CHANGES:
        mine = rows.filter(pl.col("change") == name)
        folder, href = (f"../{before.date}/", of_before) if name == "gone" else ("", of_today)
        date = before.date if name == "gone" else today.date
        found = [
            {
                "id": row["break_id"],
                "anchor": break_anchor(row["break_id"]),
                "href": f"{folder}{href(row['break_id'])}",
                "lab": f"deskgate lab --date {date} --break {shlex.quote(row['break_id'])}",
                "value": "unknown" if row["value_quote"] is None else f"{abs(row['value_quote']):,.2f}",
                **{key: row[key] or "—" for key in ("kind", "bot", "status", "severity", "first_seen")},
            }
            for row in mine.head(SHOWN).to_dicts()
        ]
        groups.append({"name": name, "count": mine.height, "rows": found, "more": mine.height - len(found)})
    return groups
