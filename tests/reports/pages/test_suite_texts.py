import json
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from deskgate.assessment.artifacts import SUITES, DayArtifacts
from deskgate.config.errors import InputError
from deskgate.reports.pages.suite_texts import SuiteTexts, check_id, suite_texts
from report_inputs import day_inputs

META = {"entry": "loss", "title": "Loss", "why": "Money.", "what_to_do": "Pause."}
CONTENT = {
    "risk": {"meta": {"title": "Risk", "notebook": "05_risk"}, "expectations": [{"meta": META}]},
    "other": {"meta": {}},
}


def _day(folder: Path) -> DayArtifacts:
    content = json.dumps(CONTENT).encode()
    (folder / SUITES).write_bytes(content)
    digests = {SUITES: sha256(content).hexdigest()}
    inputs = day_inputs(date(2026, 5, 4))
    return DayArtifacts(folder=folder, inputs=inputs, metrics_files={}, view_files={}, digests=digests)


def test_texts_are_those_of_the_day_and_a_suite_of_another_version_has_none(tmp_path: Path) -> None:
    found = suite_texts(_day(tmp_path))
    assert (found.titles, found.notebooks) == ({"risk": "Risk"}, {"risk": "05_risk"})
    entries = found.runbook([("risk", "loss"), ("risk", "loss"), ("other", "x")])
    assert [(each.id, each.why, each.what_to_do) for each in entries] == [("risk-loss", "Money.", "Pause.")]


def test_day_without_suites_has_no_texts_and_changed_ones_are_refused(tmp_path: Path) -> None:
    assert suite_texts(None) == SuiteTexts()
    day = _day(tmp_path)
    (tmp_path / SUITES).write_text("{}")
    with pytest.raises(InputError, match="was changed since"):
        suite_texts(day)


def test_id_of_any_name_is_plain() -> None:
    assert check_id("a b", '"x>y') == "a-b--x-y"
