"""The daily report of a run: computed before the notebooks that show it, and again with the decision, as JSON and Markdown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.config.instants import stamp
from deskgate.gates.promotion import REPLAY

if TYPE_CHECKING:
    from deskgate.assessment.artifacts import DayArtifacts
    from deskgate.checks.incidents import Incident
    from deskgate.controls.alerts import Delivery
    from deskgate.reports.daily_report.days import ReportDays
    from deskgate.reports.daily_report.section import DailyReport
    from deskgate.reports.execution.runner import Executed
    from deskgate.reports.pages.banner import Banner
    from deskgate.run.gates import Gated

__all__ = ["RunReport", "incidents_as_json"]


@dataclass(frozen=True)
class RunReport:
    """The report of a day whose run goes on, in the folder where the day is prepared."""

    days: "ReportDays"
    out: Path

    @classmethod
    def begin(
        cls,
        artifacts: "DayArtifacts",
        out: Path,
        gated: "Gated",
        incidents: "Sequence[Incident]",
        stop_alert: "Delivery | None",
    ) -> "RunReport":
        """Compute the report from what is known before the notebooks run, and write it for the one that shows it.

        Parameters
        ----------
        artifacts
            The day's files, where they are prepared.
        out
            Where the other days and the audit trail lie.
        incidents
            The open ones.
        stop_alert
            How this run's alert of a STOP was delivered; None where it sent none.
        """
        from deskgate.reports.daily_report.days import RunFacts
        from deskgate.reports.daily_report.earlier_days import read_days

        replay = next((gate.reason for gate in gated.gates if gate.gate == REPLAY), None)
        facts = RunFacts(replay=replay, incidents=tuple(incidents_as_json(incidents)), stop_alert=stop_alert)
        made = cls(read_days(artifacts, out, facts), out)
        made._write(made.days)
        return made

    def end(self, decision: Mapping[str, Any], runs: "Sequence[Executed]", view: "Banner") -> None:
        """Write the report with the decision and how the notebooks ended, as JSON and as Markdown, and the page of what changed.

        The pages of the notebooks are there already; `view` is the banner of the day's pages.
        """
        from deskgate.reports.daily_report.earlier_days import days_of_range
        from deskgate.reports.daily_report.markdown import MARKDOWN, as_markdown
        from deskgate.reports.pages.changes_page import write_changes_page
        from deskgate.reports.pages.link import day_links

        facts = replace(
            self.days.facts,
            decision=decision,
            incidents=tuple(decision["incidents"]),
            notebooks={run.notebook.stem: run.error for run in runs},
        )
        days = replace(self.days, today=replace(self.days.today, decision=decision), facts=facts)
        report = self._write(days)
        (self._folder / MARKDOWN).write_text(as_markdown(report), encoding="utf-8")
        nav = day_links(run.output.stem for run in runs)
        write_changes_page(days, days_of_range(days.today.artifacts, self.out), decision, nav, view=view)

    @property
    def _folder(self) -> Path:
        return self.days.today.artifacts.folder

    def _write(self, days: "ReportDays") -> "DailyReport":
        from deskgate.reports.daily_report.report import REPORT, report_of

        report = report_of(days)
        content = json.dumps(report.as_json(), indent=1, ensure_ascii=False)
        (self._folder / REPORT).write_text(content + "\n", encoding="utf-8")
        return report


def incidents_as_json(incidents: "Sequence[Incident]") -> list[dict[str, str]]:
    """Return incidents as decision.json has them."""
    return [
        {"id": each.id, "title": each.title, "owner": each.owner, "todo": each.todo, "since": stamp(each.opened_at)}
        for each in incidents
    ]
