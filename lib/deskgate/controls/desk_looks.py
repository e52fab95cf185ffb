"""Looks at the bots of a desk: by a bot's own read-only key where it has one, else by the newest exports."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property

from deskgate.case.case import Case
from deskgate.config.desk import Desk
from deskgate.controls.exports import ExportLooks
from deskgate.controls.looks import Look
from deskgate.controls.venue_key import KeyLooks, open_client

__all__ = ["DeskLooks"]


class DeskLooks:
    """One look at a time; `case` reads the store as it is now, and is asked only where exports are needed."""

    def __init__(self, desk: Desk, case: Callable[[], Case], now: Callable[[], datetime]) -> None:
        self._desk, self._case = desk, case
        self._keys = KeyLooks(desk.bots, now, open_client)

    @cached_property
    def _exports(self) -> ExportLooks:
        return ExportLooks(self._case())

    def look(self, bot: str, since: datetime) -> Look | None:
        """Return how a bot's account stands, see `Looks`."""
        return (self._keys if self.can_wait(bot) else self._exports).look(bot, since)

    def open_keys(self, bots: Iterable[str]) -> None:
        """Open the client of each of these bots that has a key: what is wrong with one is found before it is needed.

        Raises
        ------
        InputError
            As `open_client`.
        """
        for bot in bots:
            if self.can_wait(bot):
                self._keys.client(bot)

    def can_wait(self, bot: str) -> bool:
        """Return whether the bot has a key."""
        return self._desk.bots[bot].control.venue is not None
