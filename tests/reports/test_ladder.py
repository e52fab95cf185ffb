"""The ladder's days are read from their folders: verified, held to the audit trail, and named where they are left out."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.bot import Mode
from deskgate.gates.ladder.rule import Says
from deskgate.reports.ladder_table import NO_RUNG, ladder_frame, ladder_markdown
from deskgate.reports.pages.day_page import write_day_page
from deskgate.run.ladder import ladder_after
from ladder_days import FIRST
from published_ladder import BLOCKER, DAYS, TODAY, Published, a_desk
from report_inputs import VERDICTS, decision


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "out")


SPOILED = FIRST + timedelta(days=3)


def _remove(published: Published) -> None:
    published.folder(SPOILED).rename(published.out / ".gone")


def _tear(published: Published) -> None:
    (published.folder(SPOILED) / "views/ladder.parquet").write_bytes(b"PAR1")


def _unrecord(published: Published) -> None:
    published.publish(SPOILED, 3, recorded=False)


def _again(**changes: Any) -> Callable[[Published], object]:
    return lambda published: published.publish(SPOILED, 3, **changes)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_remove, "not on record"),
        (_tear, "not judged, changed since it was run"),
        (_unrecord, "not judged, changed since it was run"),
        (
            _again(failures=[{"notebook": "04_parity", "error": "e"}], decision="HOLD"),
            "the step 04_parity of its run failed",
        ),
        (_again(provisional=True, decision="HOLD"), "looked at before the day was over"),
        (_again(decision="STOP", blockers=[BLOCKER]), "blocked, b1: Fills missing"),
        (_again(decision="HOLD", blockers=[BLOCKER | {"subject": "portfolio"}]), "blocked, portfolio: Fills missing"),
        (_again(decision="STOP", blockers=[BLOCKER | {"subject": "b2"}]), "the desk was on STOP"),
    ],
)
def test_day_that_is_no_good_day_of_the_bot_does_not_count(
    published: Published, spoil: Callable[[Published], object], words: str
) -> None:
    assert published.stands().days.counting == DAYS
    spoil(published)
    standing = published.stands()
    assert standing.days.counting == DAYS - 1
    assert [words in gap and str(SPOILED) in gap for gap in standing.gaps] == [True]


@pytest.mark.parametrize(
    "changes", [{"bots": {"b1": "live"}}, {"bots": {}}, {"ladder": [{"bot": "b1", "rung": "micro"}]}]
)
def test_day_of_another_mode_or_rung_starts_the_count_anew(published: Published, changes: dict[str, Any]) -> None:
    published.publish(SPOILED, 3, **changes)
    standing = published.stands()
    assert (standing.says, standing.days.counting, standing.days.first) == (Says.STAYS, 18, SPOILED + timedelta(days=1))


def test_bot_moves_on_after_good_days_and_hold_of_another_bot_costs_nothing(published: Published) -> None:
    assert published.stands().says is Says.MOVES
    published.publish(SPOILED, 3, decision="HOLD", blockers=[BLOCKER | {"subject": "b2", "stop": False}])
    assert published.stands().says is Says.MOVES
    incident = BLOCKER | {"subject": "portfolio", "gate": "operations"}
    published.publish(SPOILED, 3, decision="HOLD", blockers=[incident])
    assert published.stands().says is Says.MOVES


def test_rung_before_is_that_of_the_last_day_on_record(published: Published) -> None:
    live: dict[str, Any] = {"bots": {"b1": "live"}}
    for number in range(DAYS):
        published.publish(FIRST + timedelta(days=number), number, **live)
    size = a_desk(published.out, rung="size", mode=Mode.LIVE)
    assert "no day of micro is on record" in published.stands(size).notes[0]
    published.publish(FIRST - timedelta(days=2), 0)
    standing = published.stands(size)
    assert (standing.says, standing.missing[0].metric) == (Says.DOWN, "rung")
    published.publish(FIRST - timedelta(days=1), 0, **live, ladder=[{"bot": "b1", "rung": "micro"}])
    assert published.stands(size).says is Says.STAYS


def test_rung_that_is_dated_back_over_days_of_another_one_skips_nothing(published: Published) -> None:
    published.publish(TODAY, DAYS - 1, bots={"b1": "live"})
    standing = published.stands(a_desk(published.out, rung="size", mode=Mode.LIVE))
    assert (standing.says, standing.missing[0].metric, standing.days.counting) == (Says.DOWN, "rung", 1)


def test_ladder_after_a_day_is_what_the_command_shows(published: Published) -> None:
    on, found = ladder_after(a_desk(published.out), published.out, None)
    assert (on, [each["says"] for each in found]) == (TODAY, ["may move on"])
    assert ladder_frame(found).row(0)[:5] == ("b1", "paper", "2026-05-01", "ann", "may move on to testnet or micro")
    assert "- **b1** paper since 2026-05-01 (ann): **may move on to testnet or micro**" in ladder_markdown("t", found)
    assert ladder_after(a_desk(published.out, rung=None), published.out, str(SPOILED)) == (SPOILED, [])
    assert NO_RUNG in ladder_markdown("t", [])


def test_page_of_the_day_has_a_line_a_bot(published: Published) -> None:
    _, found = ladder_after(a_desk(published.out), published.out, None)
    contents: dict[str, dict[str, Any]] = {"declared": {"ladder": found}, "none": {"ladder": []}, "before": {}}
    pages = {
        name: write_day_page(published.out, decision(**content), VERDICTS, []).read_text()
        for name, content in contents.items()
    }
    assert "may move on to testnet or micro" in pages["declared"]
    assert "No bot declares a rung" in pages["none"]
    assert 'id="ladder"' not in pages["before"]
