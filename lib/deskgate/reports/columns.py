"""How a frame's columns read in a table: a heading in words with its unit, numbers rounded and aligned at the point.

A number keeps what a reader needs: two decimals, and four significant digits where it is small. The files keep every
digit. Signs stand where a sign matters; what is unknown is a dash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import floor, isfinite, log10

import polars as pl

from deskgate.reports.pages.wording import Cell, beyond, figure, shown, shown_beyond

__all__ = ["Column", "read_column", "rounded"]

# The end of a column's name -> its unit.
_UNITS = {"_quote": "quote", "_bps": "bps", "_s": "s", "_h": "h", "_min": "min"}
_NAMES = {"ts": "time (UTC)", "break_id": "break", "because": "why", "todo": "what to do"}
_SIGNED = ("delta", "difference", "pnl", "exposure", "contribution", "amount", "realized")
# Blank characters as wide as a digit and as a point, in figures of one width.
_DIGIT, _POINT = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"
SIGNIFICANT = 4
MOST_DECIMALS = 12


@dataclass(frozen=True)
class Column:
    """One column as it reads: its heading, its class for the style sheet, and its cells from top to bottom."""

    heading: str
    kind: str
    cells: Sequence[Cell]


def read_column(values: pl.Series, heading: str | None = None, bounds: Sequence[str | None] = ()) -> Column:
    """Return how a column reads; `heading` instead of one made of its name.

    `bounds`: what each number is held to; one beyond its bound has as many digits as it takes to read so.
    """
    name, dtype = values.name, values.dtype
    if dtype.is_numeric():
        is_share = dtype.is_float() and _is_share(name)
        numbers = [value if value is None or not is_share else value * 100 for value in values]
        return Column(heading or _heading(name, is_share=is_share), "number", _aligned(numbers, name, bounds))
    if isinstance(dtype, pl.Datetime):
        said = heading or _heading(name)
        return Column(said if "UTC" in said else f"{said} (UTC)", "time", [_instant(value) for value in values])
    cells = [shown(value, name) for value in values]
    return Column(heading or _heading(name), "id" if name.endswith(("_id", "sha256")) else "", cells)


def rounded(value: float | Decimal, *, is_money: bool = False) -> str:
    """Return a number for a reader: thousands apart, two decimals from ten on (money: from one on), else four significant digits."""
    if isinstance(value, int) or not isfinite(value):
        return figure(value)
    size = abs(float(value))
    if not size:
        return "0"
    decimals = 2 if size >= (1 if is_money else 10) else SIGNIFICANT - 1 - floor(log10(size))
    text = f"{value:,.{min(decimals, MOST_DECIMALS)}f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    whole, _, rest = short.partition(".")
    # Money is written with its cents.
    return f"{whole}.{rest:0<2}" if is_money else short


def _heading(name: str, *, is_share: bool = False) -> str:
    if name in _NAMES:
        return _NAMES[name]
    if is_share:
        return f"{name.replace('_', ' ')} (%)"
    end = next((end for end in _UNITS if name.endswith(end)), "")
    return name.removesuffix(end).replace("_", " ") + (f" ({_UNITS[end]})" if end else "")


def _is_share(name: str) -> bool:
    return name in ("share", "used") or name.endswith("_share") or name.startswith("share_")


def _aligned(numbers: Sequence[float | Decimal | None], name: str, bounds: Sequence[str | None]) -> list[Cell]:
    """Return numbers as cells that are as wide behind the point as the longest of them."""
    is_money, is_signed = name.endswith("_quote"), any(word in name for word in _SIGNED)
    texts = [None if number is None else rounded(number, is_money=is_money) for number in numbers]
    for place, (number, bound) in enumerate(zip(numbers, bounds, strict=False)):
        text = texts[place]
        if number is not None and text and bound and beyond(number, bound):
            texts[place] = shown_beyond(number, bound, text)
    if is_signed:
        texts = [
            text and ("+" + text if number and number > 0 else text)
            for text, number in zip(texts, numbers, strict=True)
        ]
    longest = max((_decimals(text) for text in texts if text), default=0)
    return [shown(None) if text is None else Cell(text, pad=_pad(longest, _decimals(text))) for text in texts]


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _pad(longest: int, decimals: int) -> str:
    return _DIGIT * (longest - decimals) + (_POINT if longest and not decimals else "")


def _instant(value: datetime | None) -> Cell:
    if value is None:
        return shown(None)
    moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    precise = "milliseconds" if moment.microsecond else "seconds"
    iso = moment.replace(tzinfo=None).isoformat(timespec=precise)
    return Cell(iso.replace("T", " "), instant=f"{iso}Z")
