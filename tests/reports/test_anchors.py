from pathlib import Path

import pytest

from deskgate.checks.registry import GATES
from deskgate.reports.anchors import ANCHOR, break_anchor, break_links, verdict_anchor, verdict_href
from deskgate.run.daily import NOTEBOOKS

HOSTILE = ["<img src=x onerror=alert(1)>", "a b", "a.b", "=cmd|'x'", "\u202ebot", "é" * 10_000, "\ud800", ""]


def test_verdict_has_a_page_and_a_row() -> None:
    assert verdict_href("operations", "alerts", "portfolio") == "06_promotion_gates.html#v-operations-alerts-portfolio"


def test_break_without_a_row_on_the_page_leads_to_the_file_that_has_it(tmp_path: Path) -> None:
    assert break_links(tmp_path)("aa") == "breaks.csv"
    (tmp_path / "03_reconciliation.html").write_text('<tr id="b-aa"><td>')
    assert [break_links(tmp_path)(each) for each in ("aa", "ab")] == ["03_reconciliation.html#b-aa", "breaks.csv"]


def test_each_gate_is_shown_on_a_notebook_that_runs() -> None:
    assert {verdict_href(gate, "x", "y").split(".")[0] for gate in GATES} <= set(NOTEBOOKS)


@pytest.mark.parametrize("name", HOSTILE)
def test_anchor_of_any_name_is_plain_and_short(name: str) -> None:
    assert ANCHOR.fullmatch(verdict_anchor("soak", "silence", name))
    assert ANCHOR.fullmatch(break_anchor(name))


def test_names_that_differ_have_anchors_that_differ() -> None:
    names = [*HOSTILE, "a_b", "a-b", "a", "b"]
    assert len({verdict_anchor("soak", "silence", name) for name in names}) == len(names)
