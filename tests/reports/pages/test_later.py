"""What is said of a published day later, and that nothing else was written into its pages."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.marks import MARK, MARK_END, without_marks
from deskgate.audit.open_runs import begin_run, end_run, note_failure, open_runs
from deskgate.audit.trail import Trail
from deskgate.reports.pages.copies import COPIES
from deskgate.reports.pages.later import Later
from deskgate.run.incidents import write_step
from report_inputs import decision, index_of
from reports.pages.published_day import AT, GO, opened, published


def test_run_that_has_not_ended_stands_over_the_decision_before_it(tmp_path: Path) -> None:
    page = published(tmp_path)
    shown = page.read_bytes()
    begin_run(tmp_path, date(2026, 5, 4), datetime(2026, 5, 5, 6, tzinfo=UTC))
    begin_run(tmp_path, date(2026, 5, 5), datetime(2026, 5, 5, 7, tzinfo=UTC))
    note_failure(tmp_path, date(2026, 5, 5), "<b>: not readable")
    index = index_of(tmp_path)
    words = (
        "a run of 2026-05-04 began at 2026-05-05 06:00:00 UTC and has not ended, it is under way, was killed or hangs"
    )
    assert index.count(words) == 2
    assert index.count("began at 2026-05-05 07:00:00 UTC and has not ended: &lt;b&gt;: not readable") == 2
    assert '<section class="banner' not in index
    assert Later.read(tmp_path).verify(page.parent) == []
    for _ in range(2):
        Later.read(tmp_path).mark(page.parent)
    marked = page.read_bytes()
    assert Later.read(tmp_path).verify(page.parent) == []
    assert marked.decode().count(words) == 1
    assert marked.index(b"has not ended") < marked.index(b"<h1>fleet")
    assert without_marks(marked) == without_marks(shown)
    assert b"nobody has signed" in marked
    # A byte that is no text hides no mark.
    page.write_bytes(shown.replace(b"<h1>", b"\xff<h1>"))
    Later.read(tmp_path).mark(page.parent)
    assert b"has not ended" in page.read_bytes()
    end_run(tmp_path, date(2026, 5, 4))
    end_run(tmp_path, date(2026, 5, 5))
    assert "has not ended" not in index_of(tmp_path)


def test_run_whose_file_cannot_be_read_has_begun(tmp_path: Path) -> None:
    begin_run(tmp_path, date(2026, 5, 4), datetime(2026, 5, 5, 6, tzinfo=UTC))
    (tmp_path / ".runs" / "2026-05-04.json").write_text("{")
    assert "began at an unknown time and has not ended" in str(open_runs(tmp_path)["2026-05-04"])


def test_go_says_that_an_incident_is_open_until_it_is_closed(tmp_path: Path) -> None:
    page = published(tmp_path, **GO)
    shown = page.read_bytes()
    store, trail, made = opened(tmp_path)
    Later.read(tmp_path).mark(page.parent)
    index = index_of(tmp_path)
    says = f"incident {made} is open since 2026-05-05 06:00 UTC: key &lt;b&gt;leaked&lt;/b&gt;"
    assert (index.count(says), page.read_text(encoding="utf-8").count(says)) == (2, 1)
    assert "its GO does not hold while an incident is open" in index
    assert '<section class="banner' not in index
    assert Later.read(tmp_path).verify(page.parent) == []
    write_step(store, trail, made, "close", "ann", "withdrawn", {}, effective_at=AT, recorded_at=AT)
    # What stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    Later.read(tmp_path).mark(page.parent)
    assert page.read_bytes() == shown
    assert '<section class="banner' in index_of(tmp_path)


@pytest.mark.parametrize(
    ("changes", "after", "count"),
    [(GO, 0, 1), (GO, 23, 1), (GO, 24, 0), (GO, -100, 1), ({}, 0, 0), (GO | {"decision": "STOP"}, 0, 0)],
)
def test_go_alone_is_held_to_incidents_of_before_it_expired(
    tmp_path: Path, changes: dict[str, Any], after: int, count: int
) -> None:
    opened(tmp_path, AT + timedelta(hours=after))
    assert len(Later.read(tmp_path).open_incidents(decision(**changes))) == count


def test_incident_that_the_go_knows_is_not_said_twice(tmp_path: Path) -> None:
    _, _, made = opened(tmp_path)
    assert Later.read(tmp_path).open_incidents(decision(**GO) | {"incidents": [{"id": made}]}) == []


def test_incident_that_cannot_be_read_holds_a_go(tmp_path: Path) -> None:
    row = {"row_id": "x", "incident_id": "y", "step": "open"}
    Chain.open(tmp_path, "fleet").append("incident", {"table": "incidents", "rows": [row]}, AT)
    (says,) = Later.read(tmp_path).open_incidents(decision(**GO))
    assert "cannot be read" in says


@pytest.mark.parametrize("left", ["", "{}\n", "cut off", None])
def test_damaged_trail_closes_no_incident(tmp_path: Path, left: str | None) -> None:
    held = Trail(Chain.open(tmp_path, "fleet")).checkpoint().as_json()
    page = published(tmp_path, **GO, checkpoint=held | {"size": 2})
    opened(tmp_path)
    Later.read(tmp_path).mark(page.parent)
    trail = Chain.open(tmp_path, "fleet").file
    first = trail.read_text().splitlines(keepends=True)[0]
    trail.unlink() if left is None else trail.write_text(first if left == "cut off" else left)
    Later.read(tmp_path).mark(page.parent)
    says = "This decision does not hold while an incident is open"
    assert says in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["GO", "<style>.banner{display:none}</style>", '<ul class="pages">\n<li>risk: ann, 2026-05-05 06:00 UTC</li>'],
)
def test_page_holds_nothing_between_the_marks_but_what_deskgate_writes(tmp_path: Path, text: str) -> None:
    page = published(tmp_path)
    assert Later.read(tmp_path).verify(page.parent) == []
    page.write_text(page.read_text(encoding="utf-8").replace("<h1>", f"{MARK}{text}{MARK_END}<h1>"), encoding="utf-8")
    (found,) = Later.read(tmp_path).verify(page.parent)
    assert "2026-05-04/index.html was changed" in found.says
    assert "index.html was changed" in index_of(tmp_path)


def test_mark_in_a_file_that_is_no_page_is_a_change(tmp_path: Path) -> None:
    page = published(tmp_path)
    (page.parent / "verdicts.json").write_text(f"[{MARK}{MARK_END}]")
    (found,) = Later.read(tmp_path).verify(page.parent)
    assert "2026-05-04/verdicts.json was changed" in found.says


def test_next_day_is_linked_once_it_is_published(tmp_path: Path) -> None:
    page = published(tmp_path)
    after = tmp_path / "2026-05-05" / "index.html"
    after.parent.mkdir()
    after.touch()
    Later.read(tmp_path).mark(page.parent)
    assert '<a rel="next" href="../2026-05-05/index.html">' in page.read_text(encoding="utf-8")
    assert Later.read(tmp_path).verify(page.parent) == []
    after.unlink()
    # What stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    Later.read(tmp_path).mark(page.parent)
    assert 'rel="next"' not in page.read_text(encoding="utf-8")


def test_interactive_copies_are_linked_while_they_are_there(tmp_path: Path) -> None:
    page = published(tmp_path)
    notebook = page.with_name("03_reconciliation.html")
    notebook.write_bytes(page.read_bytes())
    notebook.with_suffix(".ipynb").write_text("{}")
    shown, link = page.read_bytes(), '<a href="03_reconciliation.interactive.html">'
    copy = notebook.with_suffix(".interactive.html")
    copy.write_text(f'<main id="content">\n{COPIES.anchor}')
    Later.read(tmp_path).mark(page.parent)
    assert [each.read_text(encoding="utf-8").count(link) for each in (page, notebook, copy)] == [1, 1, 0]
    assert Later.read(tmp_path).verify(page.parent) == []
    copy.unlink()
    Later.read(tmp_path).mark(page.parent)
    assert (page.read_bytes(), notebook.read_bytes()) == (shown, shown)
