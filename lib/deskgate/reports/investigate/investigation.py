"""What a person asks of a day beside what its notebooks show: records, stories, comparisons, whether it can be relied on."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.reports.investigate.names import Suggests, known_name

if TYPE_CHECKING:
    from deskgate.case.case import Case
    from deskgate.reports.comparison import Compared
    from deskgate.reports.investigate.pnl_split import PnlSplit
    from deskgate.reports.investigate.story import Story
    from deskgate.reports.investigate.timeline import Timeline
    from deskgate.reports.investigate.two_days import TwoDays
    from deskgate.reports.investigate.views import DayViews
    from deskgate.reports.pages.later import Later
    from deskgate.reports.thresholds import Thresholds

__all__ = ["Investigation"]

NOTHING_COMPARED = "Nothing is compared on this day: no bot is live, and none has a shadow"


class Investigation(Suggests):
    """The part of `Day` that a person types."""

    desk: Desk
    artifacts: DayArtifacts
    out: Path | None

    if TYPE_CHECKING:

        @property
        def breaks(self) -> pl.DataFrame: ...
        @property
        def case(self) -> Case: ...

    @property
    def place(self) -> Path:
        """Where the other days lie."""
        return self.out or self.artifacts.folder.parent

    @property
    def is_published(self) -> bool:
        """Whether its folder is in its place, as it is once its run is over."""
        return self.artifacts.folder.resolve() == (self.place / self.artifacts.inputs.date.isoformat()).resolve()

    @cached_property
    def decision(self) -> Mapping[str, Any] | None:
        """The content of decision.json; None of a day whose run has not ended, or that no run published."""
        try:
            return load_decision(self.artifacts.folder / DECISION) if self.is_published else None
        except InputError:
            return None

    @property
    def word(self) -> str:
        """What the decision stands as, with the sign-offs it has by now: GO, HOLD or STOP; `none` without one."""
        return "none" if self.decision is None else self._later.stands_as(self.decision)

    @cached_property
    def _later(self) -> "Later":
        from deskgate.reports.pages.later import Later

        return Later.read(self.place)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Why the day is not to be relied on, as sentences: it was changed, its run did not end, what it rests on is gone."""
        if not self.is_published:
            return ()
        folder = self.artifacts.folder
        found = [finding.says for finding in self._later.verify(folder)]
        if run := self._later.runs.get(folder.name):
            found.append(str(run))
        if self.decision is not None:
            found += [*self._later.open_incidents(self.decision), *self._later.withdrawn(self.decision)]
        return tuple(found)

    @property
    def bots(self) -> list[str]:
        """The names of the desk's bots."""
        return list(self.desk.bots)

    @property
    def views(self) -> "DayViews":
        """The frames of the day's tables and charts by name: `day.views["pnl"]`."""
        from deskgate.reports.investigate.views import DayViews

        return DayViews(self.artifacts)

    def fills(self, bot: str = "", leg: str = "") -> pl.DataFrame:
        """Return the day's fills as each leg has them, of one bot or of all; see `records`."""
        return self._records("fills", bot, leg)

    def orders(self, bot: str = "", leg: str = "") -> pl.DataFrame:
        """Return the states that orders took on the day, as each leg has them; see `records`."""
        return self._records("orders", bot, leg)

    def events(self, bot: str = "") -> pl.DataFrame:
        """Return the day's events of the stream, with their payloads; see `records`."""
        return self._records("events", bot)

    def minutes(self, bot: str = "") -> pl.DataFrame:
        """Return what the bots' controllers wrote of themselves each minute of the day; see `records`."""
        return self._records("snapshots", bot)

    def _records(self, table: str, bot: str, leg: str = "") -> pl.DataFrame:
        from deskgate.reports.investigate.records import records

        if bot:
            # Before the store is read, which takes its time.
            known_name(bot, self.bots, "bot")
        return records(self.case, table, bot, leg)

    def explain(self, what: str = "") -> "Story":
        """Return the story of one order or fill, by any of its ids or by a break's; empty: the day's most valuable break."""
        from deskgate.reports.investigate.story import tell_story

        return tell_story(self.case, self.breaks, what)

    def timeline(self, around: str = "", *, minutes: float = 30, bot: str = "") -> "Timeline":
        """Return all that happened around a moment: an instant, `HH:MM`, or an id as in `explain`; see `timeline`."""
        from deskgate.reports.investigate.timeline import timeline

        if bot:
            known_name(bot, self.bots, "bot")
        return timeline(self.case, self.breaks, around, minutes=minutes, bot=bot)

    def pnl(self, bot: str = "") -> "PnlSplit":
        """Return where the day's PnL came from: price, spread, fees and funding by bot, pair and hour, and the fills behind it."""
        from deskgate.reports.investigate.pnl_split import pnl_split

        if bot:
            known_name(bot, self.bots, "bot")
        return pnl_split(self.case, bot)

    def compare(self, other: "Investigation") -> "TwoDays":
        """Return what differs between this day and another one of the same desk, in whichever order they are given."""
        from deskgate.reports.investigate.two_days import compare_days

        if not isinstance(other, Investigation):
            raise InputError(
                f"compare takes another day, got {other!r}; open one with desk.day('YYYY-MM-DD'). A bot beside its reference is"
                " day.parity('bot1, slippage_bps')"
            )
        return compare_days(self.artifacts, other.artifacts)

    def thresholds(self, what: str = "") -> "Thresholds":
        """Return one judged measure of one bot under other margins; see `select` for what can be asked."""
        from deskgate.reports.history import read_history
        from deskgate.reports.selection import select
        from deskgate.reports.thresholds import no_thresholds, thresholds

        today = self.views["parity_deltas"]
        judged = today.filter("gated") if today.columns else today
        if judged.is_empty():
            return no_thresholds(NOTHING_COMPARED)
        wanted = select(what, judged)
        rows = read_history(self.artifacts, self.place, "parity_deltas", wanted.days).rows
        return thresholds(today, rows, self.artifacts.inputs.intervals, wanted)

    def parity(self, what: str = "") -> "Compared":
        """Return one measure of one bot beside its reference, in whole or in part; see `select` for what can be asked."""
        from deskgate.reports.comparison import compare_part, no_comparison
        from deskgate.reports.selection import select

        known = self.views["parity_deltas"]
        if known.is_empty():
            return no_comparison(NOTHING_COMPARED)
        return compare_part(self.case, known, select(what, known))
