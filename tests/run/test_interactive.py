"""Interactive copies of a published day, on request: made, linked, made again; refused where the day is not to be relied on."""

from pathlib import Path

import pytest

from deskgate.config.errors import InputError
from deskgate.run.interactive import write_interactive
from report_inputs import write_notebook
from whole_desks import IngestedDesk

from .day_runs import DAY

STEM = "03_reconciliation"


@pytest.fixture
def folder(day: IngestedDesk) -> Path:
    """A published day with one notebook and its page."""
    folder = day.out / str(DAY)
    write_notebook(folder / f"{STEM}.ipynb", "# Title")
    for name in (STEM, "index"):
        (folder / f"{name}.html").write_text('<main id="content">\n<!--copies-->')
    return folder


def test_copies_are_linked_and_the_same_when_they_are_made_again(folder: Path) -> None:
    made = write_interactive(folder, folder.parent)
    assert [file.name for file in made] == [f"{STEM}.interactive.html"]
    assert f'<a href="{STEM}.interactive.html">' in (folder / f"{STEM}.html").read_text(encoding="utf-8")
    first = made[0].read_bytes()
    assert write_interactive(folder, folder.parent) == made
    assert made[0].read_bytes() == first


def test_day_that_was_changed_or_has_no_page_has_no_copies(folder: Path) -> None:
    with pytest.raises(InputError, match="not a day of"):
        write_interactive(folder, folder.parent.parent)
    page = folder / f"{STEM}.html"
    page.unlink()
    with pytest.raises(InputError, match="no notebook has a page there"):
        write_interactive(folder, folder.parent)
    page.touch()
    (folder / "verdicts.json").write_text("[]")
    with pytest.raises(InputError, match=r"verdicts\.json was changed"):
        write_interactive(folder, folder.parent)
    assert not list(folder.glob("*.interactive.html"))
