"""What the index's calendar can be filtered by: each bot, the portfolio and each gate, chosen without a script.

A day's cell has a class for each choice that it has a status of; the page's own style shows the class of the choice that is checked.
A day that has none says "no verdict".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from deskgate.reports.pages.day_summary import DaySummary
from deskgate.reports.palette import REMARK, STATUSES

__all__ = ["Choices", "choices", "classes", "filter_rules"]

# status -> what ends the name of its class, sign, word, colour
_SHOWN = {status: (status[0].lower(), *shown) for status, shown in {**STATUSES, "REMARK": REMARK}.items()}


@dataclass(frozen=True)
class Choices:
    """The id in the page of each subject (bots by name, then the portfolio) and of each gate (in the gates' order)."""

    subjects: dict[str, str]
    gates: dict[str, str]


def choices(summaries: Sequence[DaySummary]) -> Choices:
    """Return what some day has a status of, as the newest day that has one orders it."""
    return Choices(
        _numbered("s", (each.subjects for each in summaries)), _numbered("g", (each.gates for each in summaries))
    )


def classes(summary: DaySummary, picked: Choices) -> str:
    """Return the classes of a day's cell, each after a space."""
    told = [(picked.subjects, summary.subjects), (picked.gates, summary.gates)]
    # An unknown status is shown as the worst: it is no pass.
    return "".join(
        f" {ids[name]}{_SHOWN.get(status, _SHOWN['FAIL'])[0]}" for ids, found in told for name, status in found.items()
    )


def filter_rules(picked: Choices) -> Markup:
    """Return the style rules that show of each cell the status of the choice that is checked."""
    ids = [*picked.subjects.values(), *picked.gates.values()]
    if not ids:
        return Markup()
    rules = (
        f"{','.join(f'main:has(#{each}:checked) .{each}{end}' for each in ids)}"
        f'{{--chosen:var(--{colour});--sign:"{sign}";--says:"{_hyphenated(word)}"}}'
        for end, sign, word, colour in _SHOWN.values()
    )
    return Markup("\n".join(rules))  # noqa: S704 - nothing in it is from data


def _hyphenated(word: str) -> str:
    """Return the word as a style's text, with the places where a narrow cell may break it."""
    return word.replace("insufficient", r"insuf\ad ficient").replace("remark", r"re\ad mark")


def _numbered(prefix: str, found: Iterable[Iterable[str]]) -> dict[str, str]:
    names = dict.fromkeys(name for each in found for name in each)
    return {name: f"{prefix}{place}" for place, name in enumerate(names)}
