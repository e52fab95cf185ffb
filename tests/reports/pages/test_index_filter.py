from deskgate.reports.pages.day_summary import DaySummary
from deskgate.reports.pages.index_filter import choices, classes, filter_rules

OLD = DaySummary("2026-05-03", subjects={"b0": "FAIL", "portfolio": "PASS"}, gates={"soak": "WAIVED"})
NEW = DaySummary("2026-05-04", subjects={"<b>": "REMARK", "portfolio": "INSUFFICIENT"}, gates={"soak": "PASS"})


def test_cell_has_a_class_for_each_choice_that_it_has_a_status_of() -> None:
    picked = choices([NEW, OLD])
    assert (picked.subjects, picked.gates) == ({"<b>": "s0", "portfolio": "s1", "b0": "s2"}, {"soak": "g0"})
    assert classes(NEW, picked) == " s0r s1i g0p"
    assert classes(OLD, picked) == " s2f s1p g0w"
    # Of a bot that was not judged there is no class: the page says so, and never that it passed.
    assert "s0" not in classes(OLD, picked)


def test_unknown_status_is_shown_as_a_failure() -> None:
    day = DaySummary("2026-05-04", subjects={"b1": "MAYBE"})
    assert classes(day, choices([day])) == " s0f"


def test_rules_name_ids_and_no_text_of_a_desk() -> None:
    rules = filter_rules(choices([NEW, OLD]))
    assert "main:has(#s0:checked) .s0f,main:has(#s1:checked) .s1f," in rules
    assert '{--chosen:var(--fail);--sign:"✗";--says:"fail"}' in rules
    assert "<" not in rules
    assert filter_rules(choices([])) == ""
