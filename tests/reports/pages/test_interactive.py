"""The interactive copy of a notebook's page: what may run in it, and what of the data is in it."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from deskgate.reports import charts
from deskgate.reports.pages import interactive
from deskgate.reports.pages.banner import banner
from deskgate.reports.pages.interactive import write_copy
from deskgate.reports.pages.later import Later
from report_inputs import decision, display, write_notebook
from reports.pages.published_day import GO, opened, published

HOSTILE = "</script><script>alert(1)</script><!--scripts-->deskgate-policy"


def copy(tmp_path: Path, *outputs: object) -> str:
    notebook = write_notebook(tmp_path / "03_reconciliation.ipynb", "# Title", outputs=outputs)
    made = decision()
    return write_copy(notebook, made, banner(made), [notebook.stem], Later.read(tmp_path)).read_text(encoding="utf-8")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(interactive, "_bundle", lambda: "window.vegaEmbed=1;")
    frame = pl.DataFrame({"kind": [HOSTILE], "severity": ["critical"]})
    chart = display(**{"application_vnd.vegalite.v5+json": charts.breaks_by_kind(frame).to_dict()})
    return copy(tmp_path, chart, display(text_html=f"<p>{HOSTILE}</p>"))


def test_policy_names_each_script_that_runs_and_no_other(page: str) -> None:
    runs = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    digests = {f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in runs}
    assert len(digests) == 2
    assert set(policy.partition("script-src ")[2].split()) == digests
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy


def test_data_ends_no_script_and_is_none(page: str) -> None:
    assert page.count("<script") == 3
    (data,) = re.findall(r'<script type="application/json" id="chart1">(.*?)</script>', page, flags=re.DOTALL)
    assert "\\u003c/script\\u003e" in data
    assert "<" not in data


def test_chart_has_a_name_and_the_static_page_is_linked(page: str) -> None:
    assert '<div role="img" aria-label="' in page
    assert '<a href="03_reconciliation.html">03_reconciliation.html</a>' in page


def test_copy_says_at_once_why_its_decision_does_not_hold(tmp_path: Path) -> None:
    day = published(tmp_path, **GO).parent
    notebook = write_notebook(day / "03_reconciliation.ipynb", "# Title")
    opened(tmp_path)
    made = decision(**GO)
    text = write_copy(notebook, made, banner(made), [notebook.stem], Later.read(tmp_path)).read_text(encoding="utf-8")
    assert text.count("This decision does not hold while an incident is open") == 1


def test_page_without_a_chart_has_no_bundle(tmp_path: Path) -> None:
    assert copy(tmp_path, display(text_plain="'a'")).count("<script") == 1


def test_chart_that_asks_for_data_from_outside_is_not_drawn(tmp_path: Path) -> None:
    spec = {"mark": "point", "data": {"url": "https://a.example/x.json"}}
    page = copy(tmp_path, display(**{"application_vnd.vegalite.v5+json": spec}))
    assert "This chart could not be drawn" in page
    assert "a.example/x.json" not in page.partition("could not be drawn")[2].partition("</main>")[2]
