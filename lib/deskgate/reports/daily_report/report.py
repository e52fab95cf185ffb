"""The seven sections of a day's report, computed from the day's files and those of the days before it."""

import json
from pathlib import Path

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.assessment.replay import suites_of
from deskgate.config.errors import InputError
from deskgate.config.instants import stamp
from deskgate.reports.daily_report.changes import changes_section
from deskgate.reports.daily_report.days import ReportDays, RunFacts
from deskgate.reports.daily_report.earlier_days import read_days
from deskgate.reports.daily_report.numbers import numbers_section
from deskgate.reports.daily_report.risks import risks_section
from deskgate.reports.daily_report.rollback import rollback_section
from deskgate.reports.daily_report.section import DailyReport
from deskgate.reports.daily_report.tasks import tasks_section
from deskgate.reports.daily_report.touched import touched_section
from deskgate.reports.daily_report.validation import validation_section

__all__ = ["REPORT", "compute_report", "load_report", "report_of"]

# The computed sections, beside the pages that show them.
REPORT = "daily_report.json"


def report_of(days: ReportDays) -> DailyReport:
    """Return the report of a day from the days that it looks at."""
    inputs = days.today.artifacts.inputs
    sections = (
        changes_section(days),
        touched_section(days),
        validation_section(days),
        numbers_section(days),
        risks_section(days),
        rollback_section(days),
        tasks_section(days, suites_of(days.today.artifacts)),
    )
    known = days.today.decision or {}
    word, expires_at = days.today.word if known else None, known.get("expires_at")
    return DailyReport(inputs.desk, inputs.date.isoformat(), stamp(inputs.as_of), word, sections, expires_at)


def compute_report(artifacts: DayArtifacts, out: Path, facts: RunFacts | None = None) -> DailyReport:
    """Return the report of a day; see `read_days`."""
    return report_of(read_days(artifacts, out, facts))


def load_report(folder: Path) -> DailyReport | None:
    """Return the report that a run wrote into a day's folder; None where it wrote none.

    Raises
    ------
    InputError
        The file is not readable as one.
    """
    file = folder / REPORT
    try:
        return DailyReport.from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{file}: not readable as a daily report, {error}; run `deskgate daily` for that day again"
        ) from error
