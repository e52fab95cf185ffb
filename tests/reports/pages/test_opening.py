"""The banner says the same on all pages of a day."""

from pathlib import Path

import pytest

from deskgate.reports.pages.blockers import Blocker
from deskgate.reports.pages.changes_page import write_changes_page
from deskgate.reports.pages.day_page import write_day_page
from deskgate.reports.pages.link import day_links
from deskgate.reports.pages.notebook_content import read_content
from deskgate.reports.pages.notebook_page import to_html
from deskgate.reports.pages.opening import opening, read_opening
from deskgate.reports.pages.wording import Cell
from report_inputs import VERDICTS, decision, write_notebook
from reports.daily_report.hand_made import GOOD, pair

NAV = day_links(["03_reconciliation"])


def _said(page: Path) -> tuple[str, str]:
    """Return the first sentence of a page's banner and its facts."""
    text = page.read_text(encoding="utf-8")
    facts = text[text.index('<dl class="facts">') :].split("</dl>")[0]
    return text[text.index('<p class="first">') :].split("</p>")[0], facts


def test_pages_of_a_day_have_one_banner(tmp_path: Path) -> None:
    made = decision(blockers=[decision()["blockers"][0] | {"stop": True}], decision="STOP")
    days = pair(tmp_path, None, {"verdicts": [GOOD]}, decision=made)
    folder = days.today.artifacts.folder
    notebook = write_notebook(folder / "03_reconciliation.ipynb", "# Title", parameters="day: str = ''")
    view = read_opening(folder, made, tmp_path)
    said = _said(to_html(read_content(notebook), folder / "03_reconciliation.html", made, nav=NAV, view=view))
    assert said[0].endswith("1 stop condition holds; 1 cause blocks a GO in all.")
    assert "<dt>since</dt><dd>2026-05-04" in said[1]
    assert _said(write_changes_page(days, (), made, NAV, view=view)) == said
    assert _said(write_day_page(folder, made, VERDICTS, [], out=tmp_path)) == said


@pytest.mark.parametrize(
    ("stops", "sentence"),
    [
        ([], "Every critical check passed or is waived."),
        ([False], "1 cause blocks a GO; no stop condition holds."),
        ([True, True, False], "2 stop conditions hold; 3 causes block a GO in all."),
    ],
)
def test_causes_are_counted_where_something_blocks(stops: list[bool], sentence: str) -> None:
    blockers = [Blocker(Cell("stop", "", ""), each, "", "", (), "", ()) for each in stops]
    view = opening(decision(decision="GO", blockers=[]), blockers, [])
    assert view.sentence == sentence
    assert dict(view.facts)["since"] == "—"
