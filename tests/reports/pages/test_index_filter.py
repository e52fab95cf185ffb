import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from browser import Browser, browser
from deskgate.reports.pages import index_filter
from deskgate.reports.pages.day_summary import DaySummary
from deskgate.reports.pages.index_filter import calendar_filter, classes, filter_rules
from deskgate.reports.pages.index_page import write_index
from deskgate.reports.pages.later import Later
from report_inputs import decision

OLD = DaySummary(
    "2026-05-03",
    subjects={"b0": "FAIL", "portfolio": "PASS"},
    gates={"soak": "WAIVED", "risk": "FAIL"},
    pairs={"b0": ["WAIVED", "FAIL"], "portfolio": ["", "PASS"]},
)
NEW = DaySummary(
    "2026-05-04",
    subjects={"<b>": "REMARK", "portfolio": "INSUFFICIENT"},
    gates={"soak": "PASS"},
    pairs={"<b>": ["REMARK"], "portfolio": ["INSUFFICIENT"]},
)


def test_cell_has_a_class_for_what_is_not_most_frequent() -> None:
    picked = calendar_filter([NEW, OLD, replace(OLD, name="2026-05-02")])
    assert picked.subjects == {"<b>": "s0", "portfolio": "s1", "b0": "s2"}
    assert picked.gates == {"soak": "g0", "risk": "g1"}
    assert picked.patterns["s1"] == {("PASS", "", "PASS"): "", ("INSUFFICIENT", "INSUFFICIENT", ""): "s1a"}
    assert (classes(OLD, picked), classes(NEW, picked)) == ("", " s0a s1a s2a g0a g1a")


def test_unknown_status_is_shown_as_a_failure() -> None:
    day = DaySummary("2026-05-04", subjects={"b1": "MAYBE"}, gates={"soak": "MAYBE"}, pairs={"b1": ["PARTIAL"]})
    (rule,) = filter_rules(calendar_filter([day])).splitlines()
    assert '--says:"fail"' in rule
    assert "main:has(#s0:checked):has(#g0:checked) .v" in rule


def test_rules_name_ids_and_no_text_of_a_desk() -> None:
    rules = filter_rules(calendar_filter([NEW, OLD, OLD]))
    assert (
        "main:has(#s2:checked):has(#any-g:checked) .v:not(.s2a),main:has(#s2:checked):has(#g1:checked) .v:not(.s2a),"
        in rules
    )
    assert '{--chosen:var(--fail);--sign:"✗";--says:"fail"}' in rules
    assert "<" not in rules
    assert filter_rules(calendar_filter([])) == ""


@pytest.mark.parametrize("limit", ["_MOST_PAIRS", "_LONGEST_RULES"])
def test_too_many_pairs_are_kept_apart(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(index_filter, limit, 5)
    picked = calendar_filter([NEW, OLD])
    assert (picked.together, picked.pairs) == (False, 6)
    assert "main:has(#s2:checked) .s2a,main:has(#g1:checked) .g1a{--chosen:var(--fail)" in filter_rules(picked)
    assert ":has(#any-g:checked)" not in filter_rules(picked)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    (out / NEW.name).mkdir()
    (out / NEW.name / "decision.json").write_text(json.dumps(decision()))
    days = [replace(each, decision=decision(date=each.name)) for each in (NEW, OLD)]
    return write_index(out, Later.read(out), days)


# What is chosen -> what the cells of the older and of the newer day say.
CHOSEN = {
    (): ["none", "none"],
    ("s2",): ["fail", "no verdict"],
    ("g0",): ["waived", "pass"],
    ("s2", "g0"): ["waived", "no verdict"],
    ("g1", "s1"): ["pass", "no verdict"],
    ("s1", "g0"): ["no verdict", "insuf\u00adficient"],
    ("s2", "g0", "any-s"): ["waived", "pass"],
    ("s2", "g0", "any-s", "any-g"): ["none", "none"],
}


@pytest.mark.slow
def test_bot_and_gate_are_chosen_together(index: Path, chromium: Browser) -> None:
    says = "getComputedStyle(cell, '::after').content.replaceAll('\"', '')"
    ask = f"[...document.querySelectorAll('td.v > *')].map(cell => {says})"
    found = chromium.after_choosing(index, list(CHOSEN), ask)
    assert dict(zip(CHOSEN, found, strict=True)) == CHOSEN
