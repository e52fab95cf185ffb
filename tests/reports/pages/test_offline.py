"""The pages in a real browser without a network: no request, no error, no serious fault that axe-core finds."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from browser import PHONE, Browser, Visit, browser
from deskgate.reports import charts
from deskgate.reports.pages.banner import banner
from deskgate.reports.pages.day_page import write_day_page
from deskgate.reports.pages.interactive import write_copy
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.notebook_content import read_content
from deskgate.reports.pages.notebook_page import to_html
from report_inputs import VERDICTS, decision, display, index_of, write_notebook


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def faults(visit: Visit) -> list[object]:
    """Return all that a page of ours never shows."""
    return [*visit.messages, *visit.requests, *visit.violations, *([visit.active] if visit.active else [])]


@pytest.mark.slow
def test_notebook_page_is_complete_without_a_network(tmp_path: Path, chromium: Browser) -> None:
    chart = charts.verdict_strip(VERDICTS).to_dict()
    hostile = "<img src='https://a.example/x.png'><script src='https://b.example/y.js'></script>text"
    shown = (display(**{"application_vnd.vegalite.v5+json": chart}), display(text_html=hostile))
    notebook = write_notebook(tmp_path / "a.ipynb", "# Title", "![](https://c.example/z.png)", outputs=shown)
    assert (
        faults(
            chromium.visit(to_html(read_content(notebook), tmp_path / "a.html", decision(), view=banner(decision())))
        )
        == []
    )


@pytest.mark.slow
def test_interactive_copy_draws_its_charts_without_a_network_and_evaluates_nothing(
    tmp_path: Path, chromium: Browser
) -> None:
    frame = pl.DataFrame({"kind": ["<img src=x onerror=alert(1)>"], "severity": ["critical"]})
    chart = display(**{"application_vnd.vegalite.v5+json": charts.breaks_by_kind(frame).to_dict()})
    notebook = write_notebook(tmp_path / "03_reconciliation.ipynb", "# Title", outputs=(chart,))
    visit = chromium.visit(
        write_copy(notebook, decision(), banner(decision()), [notebook.stem], Later.read(tmp_path)), PHONE
    )
    assert (visit.messages, visit.requests, visit.violations, visit.overflow_px) == ([], [], [], 0)
    assert "could not be drawn" not in visit.text
    # A text of the chart itself.
    assert "breaks (count)" in visit.text
    # The chart's data, the two scripts of ours, and the empty form that Vega makes for its controls.
    assert visit.active == 4


# In light a day's own pages are looked at, in tests/cli.
@pytest.mark.parametrize("dark", [pytest.param(False, marks=pytest.mark.long), True])
def test_day_page_and_index_are_complete_without_a_network(tmp_path: Path, chromium: Browser, dark: bool) -> None:
    day = tmp_path / "2026-05-04"
    day.mkdir()
    (day / "decision.json").write_text(json.dumps(decision()))
    pl.DataFrame({"kind": ["x"]}).write_csv(day / "breaks.csv")
    page = write_day_page(day, decision(), VERDICTS, [])
    index_of(tmp_path)
    for each in (page, tmp_path / "index.html"):
        visit = chromium.visit(each, PHONE, dark=dark)
        assert (faults(visit), visit.overflow_px) == ([], 0)


@pytest.mark.slow
def test_browser_reports_what_a_page_does(tmp_path: Path, chromium: Browser) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<html><img src='https://a.example/x.png'><p onclick='f()' style='width:2000px;color:#bbb'>text</p>"
        "<script>alert(1); throw new Error('x')</script></html>"
    )
    visit = chromium.visit(page)
    assert visit.requests == ["https://a.example/x.png"]
    assert {"dialog: 1", "x"} <= set(visit.messages)
    # The image, the script and the handler.
    assert visit.active == 3
    assert visit.overflow_px > 700
    assert {line.split(":")[0] for line in visit.violations} >= {"color-contrast", "html-has-lang", "image-alt"}
