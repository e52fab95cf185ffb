"""The few lines of "What changed" that a reader wants first; section 1 of the report has all of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deskgate.case.units import for_readers
from deskgate.config.plural import plural
from deskgate.reports.daily_report.flips import NAMED, Direction, direction
from deskgate.reports.daily_report.numbers import BREAKS_VALUE, MONEY
from deskgate.reports.daily_report.section import DailyReport, Part
from deskgate.reports.pages.wording import amount

__all__ = ["Highlight", "Highlights", "highlights"]

# What stays of each kind, so that one of them does not crowd out the others.
_WORSE, _WAIVED, _BETTER, _BREAKS, _NUMBERS = 2, 1, 1, 2, 2
_MOST = 5
_TONES = {Direction.WORSE: "fail", Direction.WAIVED: "waived", Direction.BETTER: "pass"}


@dataclass(frozen=True)
class Highlight:
    """One line: whether it is worse, waived, better or neither (`tone` fail, waived, pass or nothing), and what it says."""

    tone: str
    says: str


@dataclass(frozen=True)
class Highlights:
    """The lines, worst first, at most five; `since` is the day that they compare with, None where there is none: then `against` says why."""

    since: str | None
    against: str
    lines: tuple[Highlight, ...] = ()


def highlights(report: DailyReport | None) -> Highlights:
    """Return the most important changes that a report has; None is a day without one."""
    if report is None:
        return Highlights(None, "Not known: this day has no report.")
    parts = {part.title: part for section in report.sections if section.name == "changes" for part in section.parts}
    says = parts.get("Decision", Part("Decision")).says
    against = next((line for line in says if line.startswith(("Compared with", "No run of"))), "Not known.")
    since = re.match(r"Compared with (\d{4}-\d{2}-\d{2})", against)
    rows = {title: part.rows.to_dicts() for title, part in parts.items() if part.rows is not None}
    moved = rows.get("Numbers that moved", [])
    flips = rows.get("Verdicts that flipped", [])
    of = {each: [_flip(row, each) for row in flips if _direction(row) is each] for each in Direction}
    worse = of[Direction.WORSE]
    breaks = [*_breaks(rows.get("Breaks", []), _quote(moved))]
    numbers = [*_numbers(moved)]
    others = [*of[Direction.WAIVED][:_WAIVED], *of[Direction.BETTER][:_BETTER]]
    found = [*worse[:_WORSE], *breaks[:_BREAKS], *numbers[:_NUMBERS], *others]
    # What is left of the room goes to what got worse.
    more = worse[_WORSE : _WORSE + max(_MOST - len(found), 0)]
    lines = [*worse[:_WORSE], *more, *found[len(worse[:_WORSE]) :]]
    return Highlights(since[1] if since else None, against, tuple(lines[:_MOST]))


def _quote(moved: list[dict[str, Any]]) -> str:
    return next((f" {row['unit']}" for row in moved if row["number"] in (BREAKS_VALUE, MONEY["equity"])), "")


def _direction(row: Mapping[str, Any]) -> Direction:
    return direction(str(row.get("before")), str(row.get("now")))


def _flip(row: Mapping[str, Any], means: Direction) -> Highlight:
    first, *_ = str(row["which"]).removesuffix(f" and {row['checks'] - NAMED} more").split("; ")
    more = f" and {row['checks'] - 1} more" if row["checks"] > 1 else ""
    return Highlight(_TONES[means], f"{row['subject']}: {first}{more}: {row['before']} → {row['now']}")


def _breaks(rows: list[dict[str, Any]], quote: str) -> Iterator[Highlight]:
    for row in rows:
        if row["change"] == "older":
            continue
        worth = (
            f", worth {amount(row['value'])}{quote}"
            if row["value"] is not None
            else f", value {row['note'] or 'not known'}"
        )
        tone = "fail" if row["change"] == "new" else "pass"
        yield Highlight(
            tone,
            f"{row['breaks']} {row['change']} {plural(row['breaks'], 'break')} of {row['bot']}: {row['what']}{worth}",
        )


def _numbers(rows: list[dict[str, Any]]) -> Iterator[Highlight]:
    # A lone bot's number is the portfolio's, so the same is not said twice.
    told: set[tuple[str, object]] = set()
    for row in rows:
        key = (row["number"], row["change"])
        if row["change"] is None or key in told:
            continue
        told.add(key)
        (before, said), (now, _) = (for_readers(row[name], str(row["unit"])) for name in ("before", "now"))
        unit = "" if said in str(row["number"]).lower() else f" {said}"
        moved = f"{amount(before)} → {amount(now)}{unit}"
        yield Highlight("", f"{row['subject']}: {row['number']} {moved}")
