"""Charts the size of a word: a strip of day cells and a line, as SVG that needs no chart library and takes its colours from the page.

A day cell means by its height as well as by its colour: the taller, the worse. A day of which nothing is known, or on which nobody was judged, is a thin
line at the foot, never the cell of a pass. Each has a text that says the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby

from markupsafe import Markup

from deskgate.config.instants import spans

__all__ = ["day_strip", "line"]

# What a day comes to -> (height of its cell, colour, word), the worst first.
_CELLS: Mapping[str, tuple[int, str, str]] = {
    "STOP": (20, "fail", "stopped"),
    "FAIL": (15, "fail", "failed"),
    "INSUFFICIENT": (11, "insufficient", "could not be shown"),
    "WAIVED": (8, "waived", "passed by a waiver"),
    "PASS": (6, "pass", "passed"),
    "": (1, "muted", "not known"),
}
_WIDTH, _STEP, _HEIGHT = 6, 8, 20
# Of a line: its box.
_LINE_WIDTH, _LINE_HEIGHT = 120, 28


def day_strip(days: Sequence[tuple[date, str]]) -> Markup:
    """Return a cell a day: STOP, FAIL, INSUFFICIENT, WAIVED, PASS, or nothing where the day is not known."""
    paths = Markup().join(
        Markup('<path fill="var(--{})" d="{}"/>').format(colour, "".join(_cell(n, height) for n in places))
        for word, (height, colour, _) in _CELLS.items()
        if (places := [n for n, (_, found) in enumerate(days) if found == word])
    )
    told = [
        f"{said}: {spans(those)}"
        for word, (_, _, said) in _CELLS.items()
        if (those := [day for day, found in days if found == word])
    ]
    return _svg("strip", max(len(days), 1) * _STEP, _HEIGHT, "; ".join(told), paths)


def _cell(place: int, height: int) -> str:
    return f"M{place * _STEP} {_HEIGHT - height}h{_WIDTH}v{height}h-{_WIDTH}z"


def line(values: Sequence[float | None], label: str) -> Markup:
    """Return a line through values at equal distances, broken where one is None; its last point is marked."""
    known = [value for value in values if value is not None]
    if not known:
        return Markup()
    low, high = min(known), max(known)
    step = _LINE_WIDTH / max(len(values) - 1, 1)

    def point(place: int, value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return f"{3 + place * step:.1f} {3 + (1 - share) * (_LINE_HEIGHT - 6):.1f}"

    rows = groupby(enumerate(values), lambda pair: pair[1] is None)
    parts = [[point(n, value) for n, value in row if value is not None] for is_gap, row in rows if not is_gap]
    drawn = Markup('<path class="line" d="{}"/>').format("".join("M" + "L".join(part) for part in parts))
    last = max(n for n, value in enumerate(values) if value is not None)
    x, y = point(last, values[last] or 0.0).split()
    dot = Markup('<circle cx="{}" cy="{}" r="2.5"/>').format(x, y)
    return _svg("spark", _LINE_WIDTH + 6, _LINE_HEIGHT, label, drawn + dot)


def _svg(kind: str, width: int, height: int, label: str, content: Markup) -> Markup:
    return Markup('<svg class="{}" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        kind, label, width, height, content
    )
