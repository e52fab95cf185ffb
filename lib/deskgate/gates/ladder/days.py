"""What the ladder knows of one day of one bot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

__all__ = ["BotDay", "Kind"]


class Kind(StrEnum):
    """What a day is to a bot's rung; each but `COUNTS` is named as a key of `days` in ladder.json."""

    COUNTS = "counts"
    ABSENT = "absent"
    UNJUDGED = "unjudged"
    OTHER_RUNG = "other_rung"
    BLOCKED = "blocked"
    HOLD = "hold"
    STOP = "stop"

    @property
    def is_measured(self) -> bool:
        """Whether the day's figures are the bot's on this rung, whether it counts or not."""
        return self in (Kind.COUNTS, Kind.BLOCKED, Kind.HOLD, Kind.STOP)


@dataclass(frozen=True)
class BotDay:
    """One day of one bot.

    `why` says what is behind the kind. `own_stop` is whether a stop condition of the bot's own held. `figures` is its row of the view
    `ladder`; None where there is none, which is never of a day whose kind is measured.
    """

    day: date
    kind: Kind
    why: str = ""
    own_stop: bool = False
    figures: Mapping[str, Any] | None = None
