"""The charts of a day as methods, each drawn from the day's own views: `day.charts.equity()` is an Altair chart."""

from typing import TYPE_CHECKING

import polars as pl

from deskgate.reports import charts
from deskgate.reports.investigate.names import Suggests, known_name

if TYPE_CHECKING:
    from deskgate.reports.charts.theme import Drawing
    from deskgate.reports.day import Day

__all__ = ["DayCharts"]


class DayCharts(Suggests):
    """The charts of one day. Those that take a bot draw all of them where none is named.

    A day of an earlier version that lacks a view gives a chart that says so.
    """

    def __init__(self, day: "Day") -> None:
        self._day = day
        charts.enable()

    def __repr__(self) -> str:
        return f"charts of {self._day.title}: type .<Tab>, such as .equity(), .pnl('bot1') or .breaks()"

    def equity(self, bot: str = "") -> "Drawing":
        """Draw what the bots say of their equity, every five minutes (quote)."""
        return charts.equity_lines(self._of("equity", bot))

    def pnl(self, bot: str = "") -> "Drawing":
        """Draw the PnL since the day's start by the agreed fills, fees and funding (quote)."""
        return charts.pnl_lines(self._of("pnl", bot))

    def positions(self, bot: str = "") -> "Drawing":
        """Draw the position that the fills add up to beside the account's snapshots (base)."""
        return charts.position_lines(self._of("positions", bot))

    def fills(self, bot: str = "") -> "Drawing":
        """Draw the fills of the compared bots over the mid."""
        return charts.fills_over_mid(self._of("parity_fills", bot, "of"), self._of("parity_mids", bot, "of"))

    def markouts(self, bot: str = "") -> "Drawing":
        """Draw how the price moved around the fills of the compared bots (bps)."""
        return charts.markout_curves(self._of("parity_markouts", bot, "of"))

    def breaks(self, bot: str = "") -> "Drawing":
        """Draw how many breaks are open of each kind and severity."""
        return charts.breaks_by_kind(self._cut(self._day.breaks, bot))

    def verdicts(self) -> "Drawing":
        """Draw gates by subjects, in each cell the worst status."""
        return charts.verdict_strip(self._day.verdicts)

    def states(self, bot: str = "") -> "Drawing":
        """Draw the states of each controller over the last 48 h."""
        return charts.survival_strip(self._of("survival", bot))

    def events(self) -> "Drawing":
        """Draw the number of events by type and hour."""
        return charts.events_per_hour(self._day.view("events_per_hour"))

    def caps(self) -> "Drawing":
        """Draw how much of each cap of the portfolio's risk is used."""
        return charts.cap_bars(self._day.view("risk_caps"))

    def risk(self) -> "Drawing":
        """Draw loss, drawdown and leverage of the book over the day, each with its cap."""
        return charts.risk_lines(self._day.view("risk_path"))

    def parity(self, bot: str = "") -> "Drawing":
        """Draw the judged differences of live and reference with their intervals and margins."""
        return charts.delta_forest(self._of("parity_deltas", bot))

    def _of(self, view: str, bot: str, column: str = "bot") -> pl.DataFrame:
        return self._cut(self._day.view(view), bot, column)

    def _cut(self, rows: pl.DataFrame, bot: str, column: str = "bot") -> pl.DataFrame:
        if not bot:
            return rows
        known_name(bot, self._day.bots, "bot")
        return rows.filter(pl.col(column) == bot) if rows.columns else rows
