"""The main numbers over all days, as small static charts: a day without a number is a gap in its line.

So is a day whose money is in another currency than the newest one's, or of a book of other modes: its amounts are not comparable.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from deskgate.config.plural import count_of
from deskgate.reports.daily_report.numbers import BREAKS_VALUE, OPEN_BREAKS
from deskgate.reports.pages.day_summary import DaySummary
from deskgate.reports.pages.wording import MINUS, figure

__all__ = ["HEIGHT", "WIDTH", "Trend", "trends"]

WIDTH, HEIGHT = 300, 64
# Room above and below the line.
_MARGIN = 5
# key of a summary -> title, unit (quote: the desk's currency; share: shown in percent)
_NUMBERS = {
    "equity": ("Equity", "quote"),
    "pnl": ("Net PnL of the day", "quote"),
    "drawdown": ("Drawdown", "share"),
    "open_breaks": (OPEN_BREAKS, ""),
    "breaks_value": (BREAKS_VALUE, "quote"),
    "fill_ratio_delta": ("Fill ratio, live minus reference: the bot furthest from 0", "share"),
    "reject_rate_delta": ("Reject rate, live minus reference: the bot furthest from 0", "share"),
    "clean_h": ("Hours without a breach: the bot with the least", "h"),
}
# Those that are of the whole book: on paper they are something else than live.
_OF_THE_BOOK = ("equity", "pnl", "drawdown")


@dataclass(frozen=True)
class Trend:
    """One number over the days.

    Parameters
    ----------
    newest
        Its value on the newest day, or that this day does not have it.
    path
        The line, as an SVG path in a box of `WIDTH` by `HEIGHT`; `zero`: where 0 is, None where the line does not reach it.
    text
        The days, the lowest and the highest value, how many days lack it, and how many are not comparable.
    """

    title: str
    newest: str
    path: str
    zero: int | None
    text: str


def trends(summaries: Sequence[DaySummary]) -> tuple[list[Trend], list[str]]:
    """Return the trends of the numbers that some day has, and the titles of those that none has.

    Parameters
    ----------
    summaries
        All days, newest first.
    """
    if not summaries:
        return [], [title for title, _ in _NUMBERS.values()]
    drawn: list[Trend] = []
    absent: list[str] = []
    for key, (title, unit) in _NUMBERS.items():
        having = [each for each in summaries if key in each.numbers]
        if not having:
            absent.append(title)
            continue
        kind = _kind(having[0], key)
        others = Counter(other for each in having if (other := _kind(each, key)) != kind)
        known = {date.fromisoformat(each.name): each.numbers[key] for each in having if _kind(each, key) == kind}
        newest, oldest = (date.fromisoformat(summaries[place].name) for place in (0, -1))
        drawn.append(_trend(title, known, others, oldest, newest, _wording(unit, having[0].quote)))
    return drawn, absent


def _kind(summary: DaySummary, key: str) -> str:
    """Return in which currency and of a book of which modes a day's number is; empty where it depends on neither."""
    currency = f"in {summary.quote}" if _NUMBERS[key][1] == "quote" else ""
    modes = f"({summary.modes or 'mode not known'})" if key in _OF_THE_BOOK else ""
    return f"{currency} {modes}".strip()


def _wording(unit: str, quote: str) -> Callable[[float], str]:
    if unit == "share":
        return lambda value: f"{_signed(round(100 * value, 3))} %"
    name = quote if unit == "quote" else unit
    return lambda value: f"{_signed(round(value, 2))} {name}".rstrip()


def _signed(value: float) -> str:
    return figure(value).replace("-", MINUS)


def _trend(
    title: str,
    known: Mapping[date, float],
    others: Mapping[str, int],
    oldest: date,
    newest: date,
    words: Callable[[float], str],
) -> Trend:
    lowest, highest = min(known.values()), max(known.values())
    last = max(known)
    now = words(known[newest]) if newest in known else f"{words(known[last])} on {last}, not known of {newest}"
    days = (newest - oldest).days + 1
    without = days - len(known) - sum(others.values())
    lacking = f"; {without} of {count_of(days, 'day')} without it" if without else ""
    apart = ", ".join(f"{count_of(n, 'day')} {kind}" for kind, n in others.items())
    text = f"{oldest} to {newest}: lowest {words(lowest)}, highest {words(highest)}{lacking}{apart and '; not drawn: '}{apart}."
    spread = highest - lowest

    def height(value: float) -> int:
        share = (value - lowest) / spread if spread else 0.5
        return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN))

    return Trend(title, now, _path(known, oldest, days, height), height(0) if lowest < 0 < highest else None, text)


def _path(known: Mapping[date, float], oldest: date, days: int, height: Callable[[float], int]) -> str:
    """Return the line over the days that follow each other; one alone is a dot."""
    parts: list[str] = []
    before = None
    for day in sorted(known):
        place = (day - oldest).days
        x = round(_MARGIN + place * (WIDTH - 2 * _MARGIN) / max(days - 1, 1))
        follows = before is not None and place == before + 1
        # A line to itself: the round end is the dot.
        parts.append(f"L{x} {height(known[day])}" if follows else f"M{x} {height(known[day])}h0")
        before = place
    return "".join(parts)
