"""A whole report: its seven sections as JSON, as Markdown and as HTML."""

import json
from pathlib import Path

import polars as pl
import pytest

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.config.errors import InputError
from deskgate.reports.daily_report.earlier_days import read_days
from deskgate.reports.daily_report.markdown import as_markdown
from deskgate.reports.daily_report.report import REPORT, compute_report, load_report, report_of
from deskgate.reports.daily_report.section import DailyReport, Part, Section
from deskgate.reports.daily_report.shown import SectionView
from deskgate.reports.pages.banner import banner
from deskgate.reports.pages.notebook_content import read_content
from deskgate.reports.pages.notebook_page import to_html
from report_inputs import decision, display, write_notebook

from .hand_made import TUESDAY, a_break, day, failing, published

NAMES = ["changes", "touched", "validation", "numbers", "risks", "rollback", "tasks"]
HOSTILE = "<script>alert(1)</script> | [x](javascript:1) `x` *b*\n# heading"


def _stop_day(out: Path) -> DayArtifacts:
    published(out)
    return day(out / ".staging", TUESDAY, verdicts=[failing(stop=True)], breaks=[a_break("x")])


def _one_part(part: Part) -> DailyReport:
    return DailyReport("fleet", "2026-05-05", "2026-05-06T00:00:00Z", "STOP", (Section("tasks", "Tasks", (part,)),))


def test_each_section_has_content_on_a_first_day_and_on_a_stop_day(tmp_path: Path) -> None:
    for report in (
        compute_report(day(tmp_path / "first", TUESDAY), tmp_path / "none"),
        compute_report(_stop_day(tmp_path), tmp_path),
    ):
        assert [section.name for section in report.sections] == NAMES
        assert all(part.says or part.rows is not None for section in report.sections for part in section.parts)
        text = as_markdown(report)
        assert [line for line in text.splitlines() if line.startswith("## ")] == [
            f"## {number}. {section.title}" for number, section in enumerate(report.sections, start=1)
        ]


def test_json_gives_the_same_report_and_the_same_markdown(tmp_path: Path) -> None:
    report = compute_report(_stop_day(tmp_path), tmp_path)
    again = DailyReport.from_json(json.loads(json.dumps(report.as_json())))
    assert again.as_json() == report.as_json()
    assert as_markdown(again) == as_markdown(report)


def test_report_of_the_same_days_is_the_same(tmp_path: Path) -> None:
    days = read_days(_stop_day(tmp_path), tmp_path)
    assert report_of(days).as_json() == report_of(days).as_json()


def test_hostile_names_are_text_in_markdown_and_html(tmp_path: Path) -> None:
    rows = pl.DataFrame({"what": [HOSTILE], "why": [HOSTILE]})
    for part in (Part(HOSTILE, (HOSTILE, HOSTILE), rows), Part("x", (HOSTILE,), rows, listed=True)):
        report = _one_part(part)
        lines = as_markdown(report).splitlines()
        assert not [line for line in lines if line.startswith("# heading")]
        assert not [line for line in lines if "<script" in line.replace("\\<", "") or "| [x]" in line]
        view = SectionView(report.sections[0])
        notebook = write_notebook(tmp_path / "08.ipynb", outputs=(display(text_html=view._repr_html_()),))
        page = to_html(read_content(notebook), tmp_path / "08.html", decision(), view=banner(decision())).read_text()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "javascript:1)" not in page.replace("](javascript:1)", "")


def test_markdown_says_what_the_decision_means_and_cuts_long_tables() -> None:
    text = as_markdown(_one_part(Part("Rows", rows=pl.DataFrame({"n": [1.0, 2.0, None]}), limit=2)))
    assert text.startswith("# STOP: fleet, 2026-05-05\n\nAs of 2026-05-06T00:00:00Z. STOP: a stop condition holds")
    assert "| ---: |\n| 1 |\n| 2 |\n\n2 of 3 rows." in text


def test_go_says_until_when_and_a_report_of_an_earlier_version_does_not() -> None:
    go = DailyReport("fleet", "2026-05-05", "2026-05-06T00:00:00Z", "GO", (), "2026-05-07T06:00:00Z")
    assert as_markdown(DailyReport.from_json(go.as_json())).startswith("# GO until 2026-05-07 06:00 UTC: fleet")
    older = {name: value for name, value in go.as_json().items() if name != "expires_at"}
    assert as_markdown(DailyReport.from_json(older)).startswith("# GO: fleet")


def test_numbered_list_leaves_out_what_a_row_lacks() -> None:
    rows = pl.DataFrame({"what": ["a", "b"], "over_the_cap": [5.0, None]})
    part = Part("", rows=rows, listed=True)
    assert as_markdown(_one_part(part)).splitlines()[-3:] == ["1. **a**", "   - over the cap: 5", "2. **b**"]
    html = SectionView(Section("tasks", "Tasks", (part,)))._repr_html_()
    assert html.count("over the cap: ") == 1


def test_report_is_read_where_a_run_wrote_it_and_refused_where_it_is_torn(tmp_path: Path) -> None:
    assert load_report(tmp_path) is None
    report = _one_part(Part("", ("nothing",)))
    (tmp_path / REPORT).write_text(json.dumps(report.as_json()))
    assert load_report(tmp_path) == report
    for torn in ("", "{", "[]", '{"sections": 1}', '{"desk": "x"}'):
        (tmp_path / REPORT).write_text(torn)
        with pytest.raises(InputError, match="not readable as a daily report"):
            load_report(tmp_path)


def test_unknown_section_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="expected one of tasks"):
        _one_part(Part("", ("x",))).section("taks")
