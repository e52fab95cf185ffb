"""The documents that are generated from the registry and the suites are up to date."""

import shutil
from pathlib import Path

import pytest

from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.registry import SPECS
from deskgate.config.errors import InputError
from deskgate.config.paths import ROOT, SUITES
from deskgate.gates import reference
from deskgate.gates.suites import load_suites


@pytest.mark.parametrize("file", reference.documents(), ids=lambda file: file.name)
def test_document_is_not_stale(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == reference.documents()[file], "run `make docs`"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for name in (reference.PAGE, reference.RUNBOOK, reference.VENUES):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(SUITES, tmp_path / "expectations")
    return tmp_path


def test_changed_suite_makes_both_documents_stale(copy: Path) -> None:
    suite = copy / "expectations" / "soak.json"
    suite.write_text(suite.read_text().replace("Minutes in hard stop", "Minutes of hard stop"))
    assert reference.write(copy, copy / "expectations") == [copy / reference.PAGE, copy / reference.RUNBOOK]
    assert "Minutes of hard stop" in (copy / reference.PAGE).read_text()
    assert "Minutes of hard stop" in (copy / reference.RUNBOOK).read_text()
    assert reference.write(copy, copy / "expectations") == []


def test_runbook_keeps_what_stands_around_its_tables(copy: Path) -> None:
    before = (copy / reference.RUNBOOK).read_text()
    (copy / reference.RUNBOOK).write_text("above\n" + before + "below\n")
    reference.write(copy, copy / "expectations")
    assert (copy / reference.RUNBOOK).read_text() == "above\n" + before + "below\n"


def test_runbook_without_its_marks_is_an_error(copy: Path) -> None:
    (copy / reference.RUNBOOK).write_text("# Runbook\n")
    with pytest.raises(InputError, match=r"runbook\.md: expected one line"):
        reference.write(copy, copy / "expectations")


def test_metric_that_no_entry_judges_is_listed_as_such() -> None:
    spec = MetricSpec("new", "a|b", EVERY_BOT, "What is new.")
    page = reference.metrics_page(load_suites(SUITES), {**SPECS, "soak": {"new": spec}})
    assert "| `new` | a\\|b | every judged bot | What is new. | not judged |  |  |  |" in page


def test_every_metric_and_entry_is_in_the_reference() -> None:
    page, suites = reference.metrics_page(load_suites(SUITES)), load_suites(SUITES)
    tables = reference.runbook_tables(suites)
    assert all(f"| `{name}` |" in page for specs in SPECS.values() for name in specs)
    entries = [entry.meta.entry for suite in suites.values() for entry in suite.expectations]
    assert all(f"(`{name}`)" in page and f"`{name}`" in tables for name in entries)
