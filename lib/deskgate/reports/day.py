"""`Day`: what a notebook shows of one day, read from the files that a run left. Nothing here computes or judges."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.config.accounting import Accounting
from deskgate.config.desk import Desk
from deskgate.config.instants import day_is_over, stamp
from deskgate.config.paths import LADDER, suites_folder
from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import Verdict, verdicts_frame
from deskgate.gates.verdict_rows import blocks
from deskgate.reports.finding import find
from deskgate.reports.gate_view import FindingView, GateView
from deskgate.reports.history import DAYS, History, read_history
from deskgate.reports.investigate.investigation import Investigation
from deskgate.reports.investigate.names import known_name

if TYPE_CHECKING:
    from deskgate.case.case import Case
    from deskgate.reports.daily_report.section import DailyReport
    from deskgate.reports.daily_report.shown import SectionView
    from deskgate.reports.investigate.day_charts import DayCharts

__all__ = ["NONE_BLOCKS", "Day"]

NONE_BLOCKS = "No verdict blocks; whether it is a GO, decision.json says: every step of the run counts too"


@dataclass(frozen=True)
class Day(Investigation):
    """One day, as a notebook shows it.

    `out` is where the other days lie; None: beside this one. A run's own day is in its place only when the run is over.
    """

    desk: Desk
    artifacts: DayArtifacts
    out: Path | None = None

    @property
    def title(self) -> str:
        """The desk, the day and the instant in one line."""
        inputs = self.artifacts.inputs
        return f"{inputs.desk}, {inputs.date}, as of {stamp(inputs.as_of)}"

    @property
    def accounting(self) -> str:
        """By which method the day's realised PnL is, in one sentence."""
        method = self.artifacts.inputs.accounting
        other = next(each for each in Accounting if each is not method)
        return (
            f"Realised PnL is by {method.words} ([desk] accounting in desk.toml). By {other.words} another part of the same PnL would"
            " be realised; equity, losses and drawdown would be the same."
        )

    def view(self, name: str) -> pl.DataFrame:
        """Return a view of the day; `deskgate.reports.views` has a function of that name, which says its columns.

        Of a day that an earlier version ran, a view that it did not have is a frame without columns: charts and tables say
        so.
        """
        return self.views[name]

    @property
    def charts(self) -> "DayCharts":
        """The charts of the day as methods: `day.charts.equity()`."""
        from deskgate.reports.investigate.day_charts import DayCharts

        return DayCharts(self)

    def history(self, view: str, days: int = DAYS) -> History:
        """Return a view's rows of the day and of the days before it, from the folders of those days."""
        return read_history(self.artifacts, self.place, view, days)

    @property
    def ladder(self) -> pl.DataFrame:
        """How each bot that declares a rung stands, one row a bot; of a day that is being run, as far as its verdicts say.

        A frame without columns where the ladder's bounds are no longer those of the day.
        """
        from deskgate.gates.ladder.rules import load_ladder
        from deskgate.reports.ladder import decided_so_far, standings
        from deskgate.reports.ladder_table import ladder_frame

        decision = None if self.is_published else decided_so_far(self.desk, self.artifacts)
        rules = load_ladder(suites_folder(self.desk))
        if self.artifacts.inputs.config.get(f"expectations/{LADDER}") != rules.sha256:
            # By other bounds it would say something else than the decision.
            return pl.DataFrame()
        found = standings(self.desk, rules, self.place, self.artifacts, decision)
        return ladder_frame([each.as_json() for each in found])

    @property
    def audit_trail(self) -> pl.DataFrame:
        """The state of the audit trail that the day's decision is recorded in, as it is now; see `audit.state`."""
        from deskgate.audit.state import trail_state

        return trail_state(self.desk, self.place)

    @cached_property
    def breaks(self) -> pl.DataFrame:
        """The open breaks, as in breaks.csv."""
        return self.artifacts.breaks()

    @cached_property
    def _verdicts(self) -> Sequence[Verdict]:
        return self.artifacts.verdicts()

    @property
    def result(self) -> str:
        """What the verdicts add up to: STOP, HOLD, or that none blocks.

        Never GO: a decision also counts each step of the run, which ends after its notebooks.
        """
        inputs = self.artifacts.inputs
        found = decide(self._verdicts, provisional=not day_is_over(inputs.date, inputs.as_of))
        return NONE_BLOCKS if found is Decision.GO else str(found)

    def report(self, section: str) -> "SectionView":
        """Return a section of the daily report, as the run computed it; of a day that no run has, computed now."""
        from deskgate.reports.daily_report.shown import SectionView

        return SectionView(self._report.section(section))

    @cached_property
    def _report(self) -> "DailyReport":
        from deskgate.reports.daily_report.report import compute_report, load_report

        return load_report(self.artifacts.folder) or compute_report(self.artifacts, self.place)

    def metrics(self, gate: str) -> pl.DataFrame:
        """Return the metrics of one gate, one row per subject and metric."""
        self._known(gate)
        return self.artifacts.metrics(gate).drop("gate")

    @cached_property
    def verdicts(self) -> pl.DataFrame:
        """The verdicts of all gates, one row each: gate, check, title, subject, severity, status, observed, bound, unit, reason, ..."""
        return verdicts_frame(self._verdicts)

    def _known(self, *gates: str) -> None:
        """Refuse a gate that the day does not have: an empty table would look like a gate without trouble."""
        for gate in gates:
            known_name(gate, self.artifacts.metrics_files, "gate")

    def gate(self, *gates: str) -> GateView:
        """Return the named gates, or all, for display: their finding, what did not pass, and folded what did."""
        self._known(*gates)
        name = gates[0] if len(gates) == 1 else ""
        verdicts = self.verdicts.filter(pl.col("gate").is_in(gates)) if gates else self.verdicts
        return GateView(verdicts, find(verdicts, self.breaks, gate=name, quote=self.desk.quote))

    @property
    def finding(self) -> FindingView:
        """What all gates found, in one sentence."""
        return FindingView(self.gate().finding)

    def blocking(self) -> pl.DataFrame:
        """Return the rows of all gates that keep the decision from GO; see `GateView.rows`."""
        return self.gate().rows.filter(blocks()).drop("severity")

    def bounds(self) -> pl.DataFrame:
        """Return every verdict's number against its bound: gate, check, title, subject, status, observed, unit, bound, sample."""
        return self.verdicts.select(
            "gate", "check", "title", "subject", "status", "observed", "unit", "bound", "sample"
        )

    @cached_property
    def case(self) -> "Case":
        """The day's canonical frames, read from the store at the commits that the run pinned; for looking into something."""
        from deskgate.assessment.day_case import read_case
        from deskgate.store.desk_store import open_recorded

        store = open_recorded(self.desk, self.artifacts.inputs.store.location, self.place)
        # desk.toml may name another method since; the day's numbers are by this one.
        desk = self.desk.model_copy(update={"accounting": self.artifacts.inputs.accounting})
        return read_case(desk, store, self.artifacts.inputs)

    def __repr__(self) -> str:
        """Return the day in a few lines."""
        from deskgate.reports.investigate.summary import summary_text

        return summary_text(self)

    def _repr_html_(self) -> str:
        from deskgate.reports.investigate.summary import summary_html

        return summary_html(self)
