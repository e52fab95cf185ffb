"""What a GO still needs, on a screen of 80 columns: the worst first, as fully as the lines allow, and what is left out is said."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from deskgate.config.plain_text import one_line

if TYPE_CHECKING:
    from deskgate.reports.blocking_cause import BlockingCause

__all__ = ["LINES", "causes_screen", "short_name"]

WIDTH = 80
# Of a screen of 24 lines the decision and where to look take the rest.
LINES = 16
_LONGEST_NAME = 24
_INDENT = "   "
# Lines of the cause, of its facts and of what to do: the fullest first.
_FORMS = ((3, 2, 3), (2, 1, 3), (2, 1, 2), (2, 1, 1), (1, 1, 1), (1, 0, 1), (1, 0, 0))


def causes_screen(causes: "Sequence[BlockingCause]", *, width: int = WIDTH, lines: int = LINES) -> list[str]:
    """Return the lines: the first cause as fully as fits, the others shorter, and how many are left out."""
    if not causes:
        return []
    head = ["What a GO still needs, worst first:"]
    left = lines - len(head)
    first = _fitting(causes[0], 1, width, min(left, max(left - len(causes) + 1, 4)))
    rest = _rest(causes[1:], width, left - len(first))
    return [*head, *first, *rest]


def _rest(causes: "Sequence[BlockingCause]", width: int, lines: int) -> list[str]:
    """Return the other causes in the fullest form in which all fit; where none does, as many as fit and the count of the others."""
    made: list[list[str]] = []
    for form in _FORMS:
        made = [_lines(each, number, width, form) for number, each in enumerate(causes, 2)]
        if sum(map(len, made)) <= lines:
            return [line for each in made for line in each]
    shown = max(0, lines - 1)
    more = causes[shown:]
    checks = sum(each.verdicts for each in more)
    stops = sum(each.stops for each in more)
    return [
        *(each[0] for each in made[:shown]),
        f"{_INDENT}and {len(more)} more{f' ({stops} STOP)' if stops else ''}, of {checks} checks: the day's page has all",
    ]


def _fitting(cause: "BlockingCause", number: int, width: int, lines: int) -> list[str]:
    return next(
        (made for form in _FORMS if len(made := _lines(cause, number, width, form)) <= lines),
        _lines(cause, number, width, _FORMS[-1]),
    )


def _lines(cause: "BlockingCause", number: int, width: int, form: tuple[int, int, int]) -> list[str]:
    says, facts, todo = form
    worth = cause.worth if not form[1] else ""
    mark = " ".join(filter(None, ("STOP" if cause.stops else "", worth)))
    mark = f"{mark}: " if mark else ""
    parts = (
        (f"{number:>2} {mark}{_named(cause, cause.cause)}", says),
        (f"{_INDENT}{_named(cause, cause.facts)}", facts),
        (f"{_INDENT}-> {_named(cause, cause.remedy)}" if cause.remedy else "", todo),
    )
    return [line for text, most in parts if text.strip() and most for line in _cut(text, width, most)]


def _named(cause: "BlockingCause", text: str) -> str:
    """Return a text on one line, long names of bots cut in the middle."""
    for name in sorted(cause.subjects, key=len, reverse=True):
        if len(name) > _LONGEST_NAME:
            text = text.replace(name, short_name(name))
    return one_line(text)


def short_name(name: str, most: int = _LONGEST_NAME) -> str:
    """Return a name that is too long with its middle cut out: names of a desk differ at their end as often as at their start."""
    if len(name) <= most:
        return name
    front = (most - 1) // 2
    return f"{name[:front]}…{name[-(most - 1 - front) :]}"


def _cut(text: str, width: int, most: int) -> Iterator[str]:
    found = wrap(text.strip("\n"), width, subsequent_indent=_INDENT, drop_whitespace=True, break_on_hyphens=False)
    yield from found[: most - 1]
    if len(found) > most:
        yield f"{found[most - 1][: width - 1].rstrip(' .,;')}…"
    elif len(found) == most:
        yield found[-1]
