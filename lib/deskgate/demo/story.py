"""What happens on the demo desk, and when: the days, the late start, the outage, the account exports.

The story is the demo's timetable. Prices, orders and fills follow from it and from the seed; the faults that
`faults="all"` adds to finished records are in `faults`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from deskgate.demo.clock import DAY_MS, MINUTE_MS, day_ms

__all__ = ["FIRST_DAY", "Outage", "Story", "tell"]

FIRST_DAY = date(2026, 3, 2)

_HOUR_MS = 60 * MINUTE_MS
_STARTS_AT = 7 * _HOUR_MS
_EVERY_MS = 8 * _HOUR_MS
_HOST_DOWN = (DAY_MS + 22 * _HOUR_MS + 40 * MINUTE_MS, 2 * DAY_MS + _HOUR_MS)
_LAST_QUOTES_MS = 40_000


@dataclass(frozen=True)
class Outage:
    """A bot's host is down in [begin_ms, end_ms); its orders rest at the venue, where they fill unattended."""

    bot: str
    begin_ms: int
    end_ms: int

    @property
    def last_quotes_ms(self) -> int:
        """When the bot quotes for the last time before its host goes down."""
        return self.begin_ms - _LAST_QUOTES_MS

    @property
    def fills_between_ms(self) -> tuple[int, int]:
        """The span in which the venue fills the orders left behind."""
        return self.begin_ms + 2 * MINUTE_MS, self.begin_ms + 48 * MINUTE_MS


@dataclass(frozen=True)
class Story:
    """The demo's timetable. The desk's records run over [start_ms, end_ms)."""

    days: int
    start_ms: int
    end_ms: int
    outage: Outage | None

    @property
    def last_day(self) -> date:
        return FIRST_DAY + timedelta(days=self.days - 1)

    @property
    def exports(self) -> list[int]:
        """When account snapshots are exported: every eight hours, the last one at the closing midnight."""
        return list(range(day_ms(FIRST_DAY) + _EVERY_MS, self.end_ms + 1, _EVERY_MS))

    @property
    def fundings(self) -> list[int]:
        """When funding settles: as often as accounts are exported, but the closing midnight is the next day's."""
        return [at for at in self.exports if at < self.end_ms]

    def is_down(self, bot: str, ms: int) -> bool:
        """Whether the bot's host is down at `ms`."""
        return self.outage is not None and self.outage.bot == bot and self.outage.begin_ms <= ms < self.outage.end_ms

    def starts(self, bot: str) -> list[int]:
        """Return the instants at which the bot was started."""
        ends = [self.outage.end_ms] if self.outage is not None and self.outage.bot == bot else []
        return [self.start_ms] + [ms for ms in ends if ms < self.end_ms]

    def minutes(self, bot: str) -> list[int]:
        """Return the minutes in which the bot records anything."""
        return [ms for ms in range(self.start_ms, self.end_ms, MINUTE_MS) if not self.is_down(bot, ms)]

    @staticmethod
    def is_day_roll(ms: int) -> bool:
        """Whether `ms` is in a day's last minute: bots roll their daily counters with no order resting."""
        return ms % DAY_MS >= DAY_MS - MINUTE_MS


def tell(days: int, *, with_outage: bool) -> Story:
    """Return the timetable of a demo of `days` days, cut off at its last midnight."""
    midnight = day_ms(FIRST_DAY)
    begin, end = (midnight + at for at in _HOST_DOWN)
    end_ms = midnight + days * DAY_MS
    return Story(
        days=days,
        start_ms=midnight + _STARTS_AT,
        end_ms=end_ms,
        outage=Outage("bot1", begin, end) if with_outage and begin < end_ms else None,
    )
