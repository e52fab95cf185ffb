"""What a bot is compared with: its shadow, a window of its own past, or constants from desk.toml."""

from dataclasses import dataclass
from enum import StrEnum

from deskgate.case.case import Case
from deskgate.config.bot import Bot, Mode

__all__ = ["Kind", "Reference", "compared", "is_compared", "reference_of"]


class Kind(StrEnum):
    """What kind of reference it is."""

    SHADOW = "shadow"
    WINDOW = "baseline window"
    CONSTANTS = "constants"


@dataclass(frozen=True)
class Reference:
    """What one bot is compared with; `bot` is whose trading that is, None for constants."""

    kind: Kind
    bot: str | None

    def __str__(self) -> str:
        """Return it as a reader calls it."""
        return {Kind.SHADOW: f"its shadow {self.bot}", Kind.WINDOW: "its baseline window"}.get(
            self.kind, "the constants of desk.toml"
        )


def compared(case: Case) -> list[Bot]:
    """Return the bots that parity judges: live ones, and any that has something to compare with."""
    return [bot for bot in case.desk.judged if is_compared(bot)]


def is_compared(bot: Bot) -> bool:
    """Return whether parity judges this bot, if it is judged at all."""
    return bot.mode is Mode.LIVE or any((bot.shadow, bot.baseline_window, bot.expected))


def reference_of(case: Case, bot: Bot) -> Reference | str:
    """Return what a bot is compared with, or why there is nothing."""
    if bot.shadow:
        if not any(other.name == bot.shadow for other in case.desk.judged):
            return f"the shadow of {bot.name}, {bot.shadow}, is disabled"
        return Reference(Kind.SHADOW, bot.shadow)
    if bot.baseline_window:
        if bot.baseline_window.until > case.start:
            return f"the baseline window of {bot.name} ends at {bot.baseline_window.until:%Y-%m-%d %H:%M} UTC, after the day has begun"
        return Reference(Kind.WINDOW, bot.name)
    if bot.expected:
        return Reference(Kind.CONSTANTS, None)
    return f"bots.{bot.name} has neither `shadow`, `baseline_window` nor `expected` in desk.toml to compare with"
