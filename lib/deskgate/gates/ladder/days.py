"""What the ladder knows of one day of one bot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

__all__ = ["BotDay", "Kind"]


class Kind(StrEnum):
    """What a day is to a bot's rung; each but `COUNTS` and `CHANGED` is named as a key of `days` in ladder.json.

    `ABSENT` is a day that nobody ran; `CHANGED` one that the audit trail has and whose files are gone or changed.
    """

    COUNTS = "counts"
    ABSENT = "absent"
    CHANGED = "changed"
    UNJUDGED = "unjudged"
    OTHER_RUNG = "other_rung"
    OTHER_CONFIG = "other_config"
    UNDECLARED = "undeclared"
    BLOCKED = "blocked"
    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True)
class BotDay:
    """One day of one bot.

    `why` says what is behind the kind. `own_stop` is whether a stop condition of the bot's own held. `figures` is its row of the view
    `ladder`; None where there is none, which is never of a day that counts. `went_down` is whether the day's decision said so of the
    bot on this rung; `book_stop` whether a stop condition of the portfolio's risk held that is not the bot's own.
    """

    day: date
    kind: Kind
    why: str = ""
    own_stop: bool = False
    figures: Mapping[str, Any] | None = None
    went_down: bool = False
    book_stop: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether the day's figures are known and the bot's on this rung, whether it counts or not."""
        return self.figures is not None and self.kind is not Kind.OTHER_RUNG

    @property
    def is_stopped(self) -> bool:
        """Whether a stop condition of the bot's own held on this rung, be the day's figures known or not."""
        return self.own_stop and self.kind is not Kind.OTHER_RUNG
