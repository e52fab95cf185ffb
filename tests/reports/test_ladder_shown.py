"""The ladder as a command and a page show it, and that nobody moves on by a decision that does not hold any more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from deskgate.audit.open_runs import begin_run
from deskgate.reports.ladder_table import NO_RUNG, ladder_frame, ladder_markdown
from deskgate.reports.pages.day_page import write_day_page
from deskgate.run.incidents import open_incident
from deskgate.run.ladder import ladder_after
from deskgate.store.tables import Store
from published_ladder import BLOCKER, NOW, SPOILED, TODAY, Published, a_desk
from report_inputs import VERDICTS, decision


def test_ladder_after_a_day_is_what_the_command_shows(published: Published) -> None:
    on, found = ladder_after(a_desk(published.out), published.out, None, now=NOW)
    assert (on, [each["says"] for each in found]) == (TODAY, ["may move on"])
    assert ladder_frame(found).row(0)[:5] == ("b1", "paper", "2026-05-01", "ann", "may move on to testnet or micro")
    assert "- **b1** paper since 2026-05-01 (ann): **may move on to testnet or micro**" in ladder_markdown("t", found)
    assert ladder_after(a_desk(published.out, rung=None), published.out, str(SPOILED), now=NOW) == (SPOILED, [])
    assert NO_RUNG in ladder_markdown("t", [])


def _fail_day_after(published: Published) -> None:
    published.publish(TODAY + timedelta(days=1), 0, decision="HOLD", blockers=[BLOCKER])
    (published.folder(TODAY + timedelta(days=1)) / "artifacts.json").unlink()


def _open_incident(published: Published) -> None:
    store = Store.open(published.out / "store", "fleet")
    open_incident(store, published.trail, title="key leaked", by="ann", effective_at=NOW, recorded_at=NOW)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (lambda _: None, "it expired at 2026-05-24T00:00:00Z"),
        (_fail_day_after, "the later day 2026-05-23 has 1 blockers"),
        (lambda it: begin_run(it.out, TODAY + timedelta(days=1), NOW), "a run of 2026-05-23 began"),
        (_open_incident, "key leaked"),
    ],
)
def test_nobody_moves_on_by_a_decision_that_does_not_hold_any_more(
    published: Published, later: Callable[[Published], object], words: str
) -> None:
    later(published)
    now = NOW + timedelta(days=1) if "expired" in words else NOW
    desk = a_desk(published.out)
    _, (found,) = ladder_after(desk, published.out, None, now=now)
    assert (found["says"], found["missing"][0]["status"]) == ("stays", "INSUFFICIENT")
    assert words in found["missing"][0]["sentence"]
    assert "run `deskgate daily`" in found["missing"][0]["sentence"]
    _, (of_the_day,) = ladder_after(desk, published.out, str(TODAY), now=now)
    assert of_the_day["says"] == "may move on"


def test_page_of_the_day_has_a_line_a_bot(published: Published) -> None:
    _, found = ladder_after(a_desk(published.out), published.out, None, now=NOW)
    contents: dict[str, dict[str, Any]] = {"declared": {"ladder": found}, "none": {"ladder": []}, "before": {}}
    pages = {
        name: write_day_page(published.out, decision(**content), VERDICTS, []).read_text()
        for name, content in contents.items()
    }
    assert "may move on to testnet or micro" in pages["declared"]
    assert "No bot declares a rung" in pages["none"]
    assert 'id="ladder"' not in pages["before"]
