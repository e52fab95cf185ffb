"""The few lines of "What changed" that a reader wants first; section 1 of the report has all of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deskgate.reports.daily_report.section import DailyReport, Part
from deskgate.reports.pages.wording import amount

__all__ = ["Highlight", "highlights"]

# What stays of each kind, so that one of them does not crowd out the others.
_WORSE, _BETTER, _BREAKS, _NUMBERS = 2, 1, 2, 2
_MOST = 5
# Titles that a row of flips names, see `changes.flipped`.
_NAMED = 3
_RANK = ("fail, stops the desk", "fail", "insufficient", "not judged", "waived", "pass")


@dataclass(frozen=True)
class Highlight:
    """One line: whether it is worse, better or neither (`tone` fail, pass or nothing), and what it says."""

    tone: str
    says: str


def highlights(report: DailyReport) -> tuple[str, list[Highlight]]:
    """Return what a report compares with, as a sentence, and its most important changes, at most five, worst first."""
    parts = {part.title: part for section in report.sections if section.name == "changes" for part in section.parts}
    decision = parts.get("Decision", Part("Decision"))
    against = next((line for line in decision.says if line.startswith(("Compared with", "No run of"))), "")
    rows = {title: part.rows.to_dicts() for title, part in parts.items() if part.rows is not None}
    flips = rows.get("Verdicts that flipped", [])
    worse = [Highlight("fail", _flip(row)) for row in flips if _is_worse(row)]
    better = [Highlight("pass", _flip(row)) for row in flips if not _is_worse(row)]
    breaks = [*_breaks(rows.get("Breaks", []))]
    numbers = [*_numbers(rows.get("Numbers that moved", []))]
    found = [*worse[:_WORSE], *breaks[:_BREAKS], *numbers[:_NUMBERS], *better[:_BETTER]]
    # What is left of the room goes to what got worse.
    found[min(len(worse), _WORSE) : min(len(worse), _WORSE)] = worse[_WORSE : _WORSE + max(_MOST - len(found), 0)]
    return against, found[:_MOST]


def _is_worse(row: Mapping[str, Any]) -> bool:
    before, now = (_RANK.index(row[name]) if row.get(name) in _RANK else 0 for name in ("before", "now"))
    return now < before


def _flip(row: Mapping[str, Any]) -> str:
    first, *_ = str(row["which"]).removesuffix(f" and {row['checks'] - _NAMED} more").split("; ")
    more = f" and {row['checks'] - 1} more" if row["checks"] > 1 else ""
    return f"{row['subject']}: {first}{more}: {row['before']} → {row['now']}"


def _breaks(rows: list[dict[str, Any]]) -> Iterator[Highlight]:
    for row in rows:
        if row["change"] == "older":
            continue
        worth = f", worth {amount(row['value'])}" if row["value"] is not None else f", value {row['note'] or 'not known'}"
        many = "break" if row["breaks"] == 1 else "breaks"
        tone = "fail" if row["change"] == "new" else "pass"
        yield Highlight(tone, f"{row['breaks']} {row['change']} {many} of {row['bot']}: {row['what']}{worth}")


def _numbers(rows: list[dict[str, Any]]) -> Iterator[Highlight]:
    # A lone bot's number is the portfolio's, so the same is not said twice.
    told: set[tuple[str, object]] = set()
    for row in rows:
        key = (row["number"], row["change"])
        if row["change"] is None or key in told:
            continue
        told.add(key)
        moved = f"{amount(row['before'])} → {amount(row['now'])} {row['unit'] or ''}".rstrip()
        yield Highlight("", f"{row['subject']}: {row['number']} {moved}")
