"""What the index's calendar can be filtered by: each bot, the portfolio and each gate, or one of both together, chosen without a script.

A day says of each choice a pattern: the worst status, and of a bot that at each gate. Its cell has a class for each pattern that is not the
most frequent one of its choice; the page's own style shows what it means for what is checked. A day without a verdict says "no verdict".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from deskgate.reports.pages.day_summary import DaySummary
from deskgate.reports.palette import REMARK, STATUSES

__all__ = ["ANY_GATE", "ANY_SUBJECT", "Filter", "calendar_filter", "classes", "filter_rules"]

# The ids in the page of the choices that show the decision.
ANY_SUBJECT, ANY_GATE = "any-s", "any-g"
# A bot and a gate together only where there are at most so many of them, and their rules have at most so many characters.
_MOST_PAIRS, _LONGEST_RULES = 400, 45_000
# status -> what ends the name of a gate's class, sign, word, colour
_SHOWN = {status: (status[0].lower(), *shown) for status, shown in {**STATUSES, "REMARK": REMARK}.items()}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# All that a day says of one choice: its worst status, then of a bot that at each gate; empty text where it has none.
Pattern: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    """The id in the page of each subject (bots by name, then the portfolio) and of each gate (in the gates' order).

    `patterns` has by id the class of each pattern, empty of the most frequent one; `together`: that a subject and a gate can be chosen both.
    """

    subjects: dict[str, str]
    gates: dict[str, str]
    patterns: dict[str, dict[Pattern, str]]
    together: bool

    @property
    def pairs(self) -> int:
        """How many choices of a subject and a gate there are."""
        return len(self.subjects) * len(self.gates)


def calendar_filter(summaries: Sequence[DaySummary]) -> Filter:
    """Return what some day has a status of, as the newest day that has one orders it."""
    subjects = _numbered("s", (each.subjects for each in summaries))
    gates = _numbered("g", (each.gates for each in summaries))
    made = _filter(subjects, gates, summaries, together=len(subjects) * len(gates) <= _MOST_PAIRS)
    if made.together and len(filter_rules(made)) > _LONGEST_RULES:
        return _filter(subjects, gates, summaries, together=False)
    return made


def classes(summary: DaySummary, picked: Filter) -> str:
    """Return the classes of a day's cell, each after a space."""
    found = _said(summary, picked.subjects, picked.gates, together=picked.together)
    named = (picked.patterns[choice][pattern] for choice, pattern in found)
    return "".join(f" {name}" for name in named if name)


def filter_rules(picked: Filter) -> Markup:
    """Return the style rules that show of each cell the status of what is checked."""
    rules = []
    for end, sign, word, colour in _SHOWN.values():
        if found := ",".join(_selectors(picked, end)):
            rules.append(f'{found}{{--chosen:var(--{colour});--sign:"{sign}";--says:"{_hyphenated(word)}"}}')
    return Markup("\n".join(rules))  # noqa: S704 - nothing in it is from data


def _selectors(picked: Filter, end: str) -> Iterator[str]:
    """Yield what selects the cells that a choice shows as one status."""
    no_gate, no_subject = (f":has(#{each}:checked)" if picked.together else "" for each in (ANY_GATE, ANY_SUBJECT))
    for subject in picked.subjects.values():
        chosen, patterns = f"main:has(#{subject}:checked)", picked.patterns[subject]
        yield from _of(f"{chosen}{no_gate}", patterns, 0, end)
        for place, gate in enumerate(picked.gates.values(), 1) if picked.together else ():
            yield from _of(f"{chosen}:has(#{gate}:checked)", patterns, place, end)
    for gate in picked.gates.values():
        yield from _of(f"main:has(#{gate}:checked){no_subject}", picked.patterns[gate], 0, end)


def _of(chosen: str, patterns: Mapping[Pattern, str], place: int, end: str) -> Iterator[str]:
    """Yield what selects the cells whose pattern has a status at a place, where some cell's has it."""
    has = {name: _shown(pattern[place]) == end for pattern, name in patterns.items()}
    if has[""]:
        others = ",".join(f".{name}" for name, is_it in has.items() if not is_it)
        yield f"{chosen} .v:not({others})" if others else f"{chosen} .v"
    elif mine := [f".{name}" for name, is_it in has.items() if is_it]:
        yield f"{chosen} {mine[0]}" if len(mine) == 1 else f"{chosen} :is({','.join(mine)})"


def _filter(subjects: dict[str, str], gates: dict[str, str], days: Sequence[DaySummary], *, together: bool) -> Filter:
    counts: dict[str, Counter[Pattern]] = {choice: Counter() for choice in (*subjects.values(), *gates.values())}
    for day in days:
        for choice, pattern in _said(day, subjects, gates, together=together):
            counts[choice][pattern] += 1
    patterns = {
        choice: {
            pattern: f"{choice}{_letters(n - 1)}" if n else "" for n, (pattern, _) in enumerate(found.most_common())
        }
        for choice, found in counts.items()
    }
    return Filter(subjects, gates, patterns, together)


def _said(
    day: DaySummary, subjects: Mapping[str, str], gates: Mapping[str, str], *, together: bool
) -> Iterator[tuple[str, Pattern]]:
    """Yield what a day says of each choice."""
    for name, choice in subjects.items():
        at = dict(zip(day.gates, day.pairs.get(name, ()), strict=False)) if together else {}
        yield choice, (day.subjects.get(name, ""), *(at.get(gate, "") for gate in gates if together))
    for name, choice in gates.items():
        yield choice, (day.gates.get(name, ""),)


def _shown(status: str) -> str:
    # An unknown status is shown as the worst: it is no pass. Of no status there is no sign.
    return _SHOWN.get(status, _SHOWN["FAIL"])[0] if status else ""


def _letters(number: int) -> str:
    more, last = divmod(number, len(_LETTERS))
    return (_letters(more - 1) if more else "") + _LETTERS[last]


def _hyphenated(word: str) -> str:
    """Return the word as a style's text, with the places where a narrow cell may break it."""
    return word.replace("insufficient", r"insuf\ad ficient").replace("remark", r"re\ad mark")


def _numbered(prefix: str, found: Iterable[Iterable[str]]) -> dict[str, str]:
    names = dict.fromkeys(name for each in found for name in each)
    return {name: f"{prefix}{place}" for place, name in enumerate(names)}
