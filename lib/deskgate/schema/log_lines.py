"""What the log of a bot's own process shows: that it wrote, that it began anew, and what it complained of."""

import dataframely as dy

from deskgate.schema.columns import Record, string

__all__ = [
    "AHEAD",
    "AMBIGUOUS",
    "CLOCK_STARTED",
    "COMPLAINTS",
    "ERROR",
    "FILL",
    "IMPOSSIBLE",
    "SIGN_OF_LIFE",
    "STRATEGY_STARTED",
    "LogLines",
]

# The first line that a process wrote in a minute, of those that one reading of the file found.
SIGN_OF_LIFE = "sign_of_life"
# The same of a minute that the clocks of the zone show twice, when summer time ends: no sign of life of either.
AMBIGUOUS = "ambiguous"
# A time that the clocks of the zone skip, and one after the file was last written: they are read in a wrong zone.
IMPOSSIBLE, AHEAD = "impossible", "ahead"
CLOCK_STARTED, STRATEGY_STARTED = "clock_started", "strategy_started"
FILL = "fill"
# What a bot complains of: `error` is any line of a level from ERROR on.
ERROR = "error"
COMPLAINTS = ("fills_late", "order_lost", "fee_not_in_quote")
_WHAT = (
    *(SIGN_OF_LIFE, AMBIGUOUS, IMPOSSIBLE, AHEAD, CLOCK_STARTED, STRATEGY_STARTED, FILL, ERROR),
    *COMPLAINTS,
)


class LogLines(Record):
    """One row per thing that a line of a bot's log shows; a line that shows nothing new has none.

    `ts` is the line's time, read in `zone`: the log itself names none. Where that time is later than the file was written
    (`ahead`), `ts` is when it was written. `local_time` is the time as it stands there, of lines that show a wrong zone. `process` is the
    id of the process, `order_id` that of a fill's order. No text is kept: it may hold what nobody should read.
    """

    zone = string(nullable=False)
    what = dy.String(nullable=False, check=lambda what: what.is_in(_WHAT))
    process = dy.Int64(nullable=False)
    level = string(nullable=False)
    order_id = string()
    local_time = string()
