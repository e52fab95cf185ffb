"""How a value reads: figures without noise, times in UTC, nothing as an em dash.

One cell's wording, for tables and pages alike. Rounding is for the reader only; the files keep every digit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from operator import ge, gt, le, lt

from deskgate.reports.palette import REMARK, SEVERITIES, STATUSES, UNCONFIRMED

__all__ = [
    "ABSENT",
    "MINUS",
    "NOTHING",
    "REMARKED",
    "Cell",
    "amount",
    "beyond",
    "figure",
    "in_percent",
    "shown",
    "shown_beyond",
]

NOTHING = "—"
# Of a frame that has not even columns.
ABSENT = "No such numbers in this day's folder: another version ran the day. Run `deskgate daily` for it again."
# A float has about 15 true digits and a reader needs fewer.
SIGNIFICANT = 6
# Words up to here do not wrap; from there on they need a column of some width.
SHORT, LONG = 20, 60
# What is below it is noise of adding up, at a glance.
TINY = 1e-6
MINUS = "\N{MINUS SIGN}"
_NUMBER = r"(-?[\d,]*\.?\d+)"
_ONE_SIDED, _TWO_SIDED = re.compile(rf"(<=|>=|<|>|≤|≥) ?{_NUMBER}"), re.compile(rf"{_NUMBER} \.\. {_NUMBER}")
_IS_BEYOND = {"<=": gt, "≤": gt, "<": ge, ">=": lt, "≥": lt, ">": le}


@dataclass(frozen=True)
class Cell:
    """A value as text, with the sign and the colour's name that its meaning has.

    `pad` is blank space that puts a number's decimal point below that of its column; `instant` is a time as ISO 8601.
    """

    text: str
    sign: str = ""
    colour: str = ""
    pad: str = ""
    instant: str = ""

    @property
    def width(self) -> str:
        """Whether a column of words wraps it: `short` ones do not, `long` ones need room."""
        return "short" if len(self.text) <= SHORT else "long" if len(self.text) > LONG else ""


# What did not pass and does not block is no alarm: under a GO it would read like a contradiction.
REMARKED = Cell(REMARK[1], REMARK[0], REMARK[2])


def shown(value: object, column: str = "") -> Cell:
    """Return how `value` reads in the column of that name; a status or severity gets its sign."""
    if isinstance(value, str) and column == "status" and value in STATUSES:
        sign, word, colour = STATUSES[value]
        return Cell(word, sign, colour)
    if isinstance(value, str) and column == "severity" and value in SEVERITIES:
        # How much a check matters is no alarm: a critical one that passed must not look like a failure.
        sign, word, _ = SEVERITIES[value]
        return Cell(word, sign, "quiet")
    if isinstance(value, str) and column == "confirmed_by":
        return Cell(value, *UNCONFIRMED)
    return Cell(_words(value))


def _words(value: object) -> str:  # noqa: PLR0911 - one return for each kind of value is the clearest here
    match value:
        case None:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal():
            return figure(value)
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat(" ")
        case date() | timedelta():
            return str(value)
        case str():
            return value or NOTHING
        case Iterable():
            return ", ".join(_words(part) for part in value) or NOTHING
        case _:
            return str(value)


def figure(value: float | Decimal) -> str:
    """Return a number with thousands separated, no trailing zeros and no exponent."""
    if isinstance(value, int):
        return f"{value:,}"
    if not isfinite(value):
        return str(value)
    number = value if isinstance(value, Decimal) else Decimal(f"{value:.{SIGNIFICANT}g}")
    if not isinstance(value, Decimal) and abs(value) >= 10**SIGNIFICANT:
        number = Decimal(round(value))
    whole = f"{number:,f}" if number else "0"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def amount(value: float, *, signed: bool = False) -> str:
    """Return a number as it is read at a glance: two decimals, of one below 1 two significant digits; `signed` with its plus or minus.

    A minus is the sign of that name, so that it stands as wide as a plus.
    """
    if not isfinite(value):
        return str(value)
    size = abs(value)
    text = f"{size:,.2f}" if size >= 1 else f"{Decimal(f'{size:.2g}'):f}" if size >= TINY else "0"
    text = text.removesuffix(".00")
    sign = "" if text == "0" else MINUS if value < 0 else "+" if signed else ""
    return f"{sign}{text}"


def in_percent(bound: str) -> str:
    """Return a bound as verdicts word it with its shares as per cent, without the sign: `>= 0.99` is `>= 99`."""
    return re.sub(r"\d[\d.]*\d|\d", lambda found: figure(float(found[0]) * 100), bound)


def beyond(value: float | Decimal, bound: str) -> bool:
    """Return whether a value lies beyond a bound as verdicts word it (`<= 5`, `-5 .. 5`); of another wording False."""
    number = Decimal(str(value))
    if one := _ONE_SIDED.fullmatch(bound):
        return bool(_IS_BEYOND[one[1]](number, _decimal(one[2])))
    two = _TWO_SIDED.fullmatch(bound)
    return two is not None and not _decimal(two[1]) <= number <= _decimal(two[2])


def shown_beyond(value: float | Decimal, bound: str, text: str) -> str:
    """Return `text`, how a value that is beyond its bound reads; with more digits where that reads as within it."""
    exact = f"{Decimal(str(value)):,f}"
    return next((each for each in (text, figure(value)) if beyond(_decimal(each), bound)), exact)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace(MINUS, "-"))
