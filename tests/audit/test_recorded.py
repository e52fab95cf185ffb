"""Published decisions, held to those that the audit trail has."""

import json
import shutil

import pytest

from deskgate.assessment.evidence import verify_day
from deskgate.audit.decision_ids import identified
from deskgate.audit.recorded import Recorded

from .decided import AT, Decided


def test_decision_that_is_gone_is_found(decided: Decided) -> None:
    decided.file(5).unlink()
    assert decided.found() == [("removed", 4)]


@pytest.mark.parametrize("content", ["", "[]", '{"checkpoint": '])
def test_decision_that_cannot_be_read_is_found(decided: Decided, content: str) -> None:
    decided.file(5).write_text(content)
    assert decided.found() == [("changed", None)]


def test_decision_that_names_another_desk_is_judged(decided: Decided) -> None:
    content = json.loads(decided.file(5).read_text())
    decided.file(5).write_text(json.dumps(identified(content | {"desk": "other", "decision": "GO"})))
    assert decided.found() == [("inserted", None)]


def test_changed_decision_is_found(decided: Decided) -> None:
    decided.change(5, decision="GO")
    assert decided.found() == [("changed", None)]


def test_decision_that_no_run_made_is_found(decided: Decided) -> None:
    decided.decide(5, recorded=False)
    decided.trail.chain.append("breach", {}, AT)
    assert decided.found() == [("inserted", None)]


def test_decision_put_back_in_place_of_a_later_one_is_found(decided: Decided) -> None:
    before = decided.file(5).read_text()
    decided.decide(5)
    assert decided.found() == []
    decided.file(5).write_text(before)
    assert decided.found() == [("changed", None)]


def test_decision_of_before_there_was_a_trail_is_noted(decided: Decided) -> None:
    decided.make_up(3)
    assert decided.found() == []
    assert "1 decision holds no checkpoint, first 2026-05-03/decision.json" in decided.notes()
    assert verify_day(decided.file(3).parent, Recorded.read(decided.out)) == []


@pytest.mark.parametrize("day", [4, 7])
def test_decision_without_a_checkpoint_of_a_day_of_the_trail_is_found(decided: Decided, day: int) -> None:
    decided.make_up(day)
    assert decided.found() == [("inserted", None)]
    (found,) = verify_day(decided.file(day).parent, Recorded.read(decided.out))
    assert "has no record in the audit trail" in found.says


def test_decision_is_not_of_before_a_trail_that_was_removed(decided: Decided) -> None:
    decided.change(5, decision="GO")
    decided.drop_checkpoint(5)
    decided.trail.chain.file.unlink()
    (found,) = verify_day(decided.file(5).parent, Recorded.read(decided.out))
    assert "has no record in the audit trail" in found.says
    assert ("inserted", None) in decided.found()
    assert "holds no checkpoint" not in decided.notes()


@pytest.mark.parametrize(("word", "found"), [("HOLD", []), ("STOP", []), ("GO", [("inserted", None)])])
def test_decision_that_could_not_be_recorded_is_no_go(
    decided: Decided, word: str, found: list[tuple[str, int | None]]
) -> None:
    decided.publish_unrecorded(7, word)
    assert decided.found() == found
    assert (f"2026-05-07/decision.json, a {word}: could not be recorded" in decided.notes()) is (not found)


def test_day_is_held_to_no_chain_whose_records_do_not_fit_each_other(decided: Decided) -> None:
    first, _, *rest = decided.lines()
    decided.trail.chain.file.write_bytes(b"".join([first, *rest]))
    (found,) = verify_day(decided.file(6).parent, Recorded.read(decided.out))
    assert "record 2 is not there" in found.says


def test_day_that_a_killed_run_set_aside_is_not_published(decided: Decided) -> None:
    shutil.copytree(decided.file(5).parent, decided.out / ".2026-05-05.old")
    decided.decide(5)
    assert decided.found() == []
