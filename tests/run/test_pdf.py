"""Printing a day's pages: with a browser made up on the spot, so that no test waits for a real one."""

from pathlib import Path

import pytest

from deskgate.config.errors import InputError, RunError
from deskgate.run.pdf import print_day, print_or_explain

PRINTS = """for each in "$@"; do case "$each" in --print-to-pdf=*) printf '%s' "%PDF" > "${each#--print-to-pdf=}";; esac; done"""


@pytest.fixture
def day(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "2026-05-04"
    folder.mkdir(parents=True)
    for name in ("03_reconciliation", "index"):
        (folder / f"{name}.html").write_text("<html></html>")
    return folder


def _browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "chromium").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_each_page_becomes_a_pdf_the_days_own_first(day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _browser(tmp_path, monkeypatch, PRINTS)
    made = print_day(day, day.parent)
    assert [file.name for file in made] == ["index.pdf", "03_reconciliation.pdf"]
    assert {file.read_text() for file in made} == {"%PDF"}
    assert print_day(day, day.parent) == made
    assert [file.name for file in (day.parent / "pdf").iterdir()] == [day.name]
    assert not list(day.glob("*.pdf"))


@pytest.mark.parametrize("script", ["echo broken >&2; exit 3", "exit 0"])
def test_browser_that_fails_leaves_the_earlier_files(
    day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    _browser(tmp_path, monkeypatch, PRINTS)
    made = print_day(day, day.parent)
    _browser(tmp_path, monkeypatch, script)
    with pytest.raises(RunError, match="did not print it, expected a PDF"):
        print_day(day, day.parent)
    assert all(file.read_text() == "%PDF" for file in made)
    assert [file.name for file in (day.parent / "pdf").iterdir()] == [day.name]


def test_day_given_as_the_folder_one_stands_in_is_printed_under_its_name(
    day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _browser(tmp_path, monkeypatch, PRINTS)
    monkeypatch.chdir(day)
    assert print_day(Path(), day.parent)[0] == day.parent / "pdf" / day.name / "index.pdf"
    with pytest.raises(InputError, match="expected a folder named by its day"):
        print_day(Path(".."), day.parent)


def test_earlier_files_are_back_where_the_new_ones_cannot_take_their_place(
    day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _browser(tmp_path, monkeypatch, PRINTS)
    made = print_day(day, day.parent)
    made[0].write_text("earlier")
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.parent.name.startswith(".partial-") and self.name == day.name:
            raise PermissionError(13, "held by another program")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(RunError, match="held by another program"):
        print_day(day, day.parent)
    assert made[0].read_text() == "earlier"
    assert [file.name for file in (day.parent / "pdf").iterdir()] == [day.name]


def test_without_a_browser_or_pages_it_says_what_to_do(
    day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"no browser to print with, .*install Chromium"):
        print_day(day, day.parent)
    _browser(tmp_path, monkeypatch, PRINTS)
    for page in day.glob("*.html"):
        page.unlink()
    with pytest.raises(InputError, match="no pages to print"):
        print_day(day, day.parent)
    assert not (day.parent / "pdf").exists()


def test_a_day_that_stands_says_where_its_pdf_is_or_why_there_is_none(
    day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _browser(tmp_path, monkeypatch, PRINTS)
    assert print_or_explain(day, day.parent) == f"2 pages as PDF in {day.parent / 'pdf' / day.name}"
    _browser(tmp_path, monkeypatch, "exit 3")
    assert "no PDF: " in (says := print_or_explain(day, day.parent))
    assert "print it from a browser" in says
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert "install Chromium" in print_or_explain(day, day.parent)
