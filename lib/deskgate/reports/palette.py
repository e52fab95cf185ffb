"""The colours and signs that mean something, in one place for charts, tables and pages.

Every colour has a light and a dark value. Charts are drawn with the light ones; a page swaps each for a CSS variable
of the same name, so that they follow the reader's light or dark mode. No colour stands alone: each status and
severity has a sign and a word as well.
"""

from dataclasses import dataclass

__all__ = [
    "COLOURS",
    "DAY_SIGNS",
    "DECISION_SIGNS",
    "REMARK",
    "SERIES",
    "SEVERITIES",
    "STATUSES",
    "UNCONFIRMED",
    "Colour",
]


@dataclass(frozen=True)
class Colour:
    """One colour in each of the reader's modes; where text is set in it, its contrast to the surface is 4.5 or more."""

    light: str
    dark: str


# The light values differ from each other: a page finds a colour again by its value.
COLOURS: dict[str, Colour] = {
    "surface": Colour("#ffffff", "#15191e"),
    "raised": Colour("#f5f7f9", "#1d2229"),
    "ink": Colour("#1b2026", "#e4e8ec"),
    "muted": Colour("#57606c", "#9ba5b1"),
    "line": Colour("#d8dde3", "#353d47"),
    "pass": Colour("#1a7a4c", "#4fc18b"),
    "fail": Colour("#c0262d", "#ff8079"),
    "insufficient": Colour("#8f5700", "#e0ac47"),
    "waived": Colour("#6a4ba3", "#b9a1f3"),
    "accent": Colour("#1f62ab", "#74b2f2"),
    "series-2": Colour("#b04a86", "#ea8fc2"),
    "series-3": Colour("#0d7680", "#4fbcc6"),
    "series-4": Colour("#7a5c3e", "#c9a67f"),
}

# For lines that mean nothing but "another bot"; none of them is a colour of a status.
SERIES = ("accent", "series-2", "series-3", "series-4")

# status or severity -> (sign, word, colour), worst first
STATUSES: dict[str, tuple[str, str, str]] = {
    "FAIL": ("✗", "fail", "fail"),
    "INSUFFICIENT": ("?", "insufficient", "insufficient"),
    "WAIVED": ("~", "waived", "waived"),
    "PASS": ("✓", "pass", "pass"),
}
SEVERITIES: dict[str, tuple[str, str, str]] = {
    "critical": ("■", "critical", "fail"),
    "warning": ("▲", "warning", "insufficient"),
    "info": ("●", "info", "muted"),
}

# What nothing confirms: (sign, colour).
UNCONFIRMED = ("?", "insufficient")

DECISION_SIGNS: dict[str, tuple[str, str]] = {"GO": ("✓", "pass"), "HOLD": ("‖", "insufficient"), "STOP": ("✗", "fail")}

# Why a day has no decision that holds -> (sign, word, colour).
DAY_SIGNS: dict[str, tuple[str, str, str]] = {
    "run": ("…", "run not ended", "fail"),
    "incident": ("!", "incident open", "fail"),
    "withdrawn": ("⊘", "does not hold", "fail"),
    "error": ("≠", "not to be relied on", "fail"),
}

# What a gate or a bot adds up to where something did not pass that does not block: (sign, word, colour).
REMARK = ("!", "remark", "insufficient")
