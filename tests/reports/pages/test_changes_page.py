"""The page of what changed: each number has its link, and what cannot be compared is said."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.days import DayFiles
from deskgate.reports.pages.banner import banner
from deskgate.reports.pages.changes_page import write_changes_page
from deskgate.reports.pages.link import day_links
from reports.daily_report.hand_made import GOOD, MONDAY, a_break, day, failing, pair

DECIDED: dict[str, Any] = {"decision": "HOLD", "date": "2026-05-05", "blockers": [], "desk": "<b>fleet</b>"}


def page(out: Path, before: Any, now: Any, earlier: Any = (), rows: Any = ()) -> str:
    """Return the page; `rows` are the ids of the breaks that the notebook's page of each day shows."""
    days = pair(out, before, now, decision=DECIDED)
    for each in (days.before, days.today):
        if each and rows:
            shown = "".join(f'<tr id="b-{name}"></tr>' for name in rows)
            (each.artifacts.folder / "03_reconciliation.html").write_text(shown)
    nav = day_links(["03_reconciliation"])
    return write_changes_page(days, earlier, DECIDED, nav, view=banner(DECIDED)).read_text()


def test_flips_and_breaks_link_to_their_rows(tmp_path: Path) -> None:
    was = {"verdicts": [GOOD], "breaks": [a_break("old"), a_break("gone")]}
    now = {"verdicts": [GOOD, failing()], "breaks": [a_break("old"), a_break("new", value_quote="")]}
    shown = page(tmp_path, was, now, rows=("old", "new", "gone"))
    assert 'href="03_reconciliation.html#v-reconciliation-position_drift-b1">Positions</a>' in shown
    assert '<a href="03_reconciliation.html#b-new">new</a>' in shown
    assert f'<a href="../{MONDAY}/03_reconciliation.html#b-gone">gone</a>' in shown
    assert "1 new</a>" in shown
    assert ">unknown</td>" in shown
    assert f"Compared with {MONDAY}" in shown
    assert "<b>fleet" not in shown


def test_break_has_the_command_that_looks_into_it(tmp_path: Path) -> None:
    was = {"breaks": [a_break("old"), a_break("gone")]}
    shown = page(tmp_path, was, {"breaks": [a_break("old"), a_break("new"), a_break("<b>$(x)")]})
    today = "2026-05-05"
    for name, on in (("old", today), ("new", today), ("gone", MONDAY), ("&#39;&lt;b&gt;$(x)&#39;", today)):
        assert f"<code>deskgate lab --date {on} --break {name}</code>" in shown
    assert "--break" not in page(tmp_path / "none", {}, {})


def test_break_that_the_notebooks_page_leaves_out_leads_to_the_file(tmp_path: Path) -> None:
    shown = page(tmp_path, {"breaks": [a_break("gone")]}, {"breaks": [a_break("new")]}, rows=("other",))
    assert '<a href="breaks.csv">new</a>' in shown
    assert f'<a href="../{MONDAY}/breaks.csv">gone</a>' in shown


def test_without_a_day_before_nothing_is_compared_and_it_is_said(tmp_path: Path) -> None:
    shown = page(tmp_path, None, {"verdicts": [GOOD]})
    assert shown.count("Nothing to compare with.") == 3
    assert "No earlier day of the last 30 can be used: under 5 days there is no usual range." in shown


def test_one_day_is_no_range(tmp_path: Path) -> None:
    earlier = [DayFiles(day(tmp_path / "x", MONDAY, verdicts=[GOOD]))]
    shown = page(tmp_path, {"verdicts": [GOOD]}, {"verdicts": [GOOD]}, earlier)
    assert "Only 1 earlier day" in shown
    assert "None: each verdict is as it was" in shown


def test_check_that_is_no_longer_judged_is_worse_and_a_waived_one_not_better(tmp_path: Path) -> None:
    was = {"verdicts": [GOOD, failing(), failing(check="other")]}
    shown = page(tmp_path, was, {"verdicts": [GOOD, failing(Status.WAIVED, check="other")]})
    assert '<span aria-hidden="true">▼</span> not judged, worse</td>' in shown
    assert '<span aria-hidden="true">~</span> waived</td>' in shown
    assert "better</td>" not in shown


def test_number_that_is_not_known_today_is_not_said_to_be_within_its_range(tmp_path: Path) -> None:
    earlier = [DayFiles(day(tmp_path / "x", MONDAY - timedelta(days=n), verdicts=[GOOD])) for n in range(5)]
    unknown = replace(GOOD, observed=None, status=Status.INSUFFICIENT)
    shown = page(tmp_path, {"verdicts": [GOOD]}, {"verdicts": [unknown]}, earlier)
    assert "None of the 0 numbers of this day that have a range lies beyond it." in shown
    assert f"Not known on this day, though they have a range: {GOOD.subject}: {GOOD.title}." in shown
