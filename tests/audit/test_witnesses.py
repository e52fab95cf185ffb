"""What checkpoints from elsewhere show of a chain."""

from dataclasses import replace
from pathlib import Path

import pytest

from deskgate.audit.checkpoint import checkpoint, checkpoint_line
from deskgate.audit.keys import make_key
from deskgate.audit.trail import Trail
from deskgate.audit.witnesses import given_witnesses
from deskgate.config.desk import Audit
from deskgate.config.errors import InputError

from .decided import AT, Decided


def test_cut_off_end_is_found_by_the_decision_that_it_recorded(decided: Decided) -> None:
    for size in range(5, -1, -1):
        decided.cut(size)
        assert decided.found()[0] == ("cut off", size + 1)


def test_missing_chain_is_cut_off_wholly(decided: Decided) -> None:
    decided.trail.chain.file.unlink()
    assert decided.found()[0] == ("cut off", 1)
    assert decided.found(decided.alerts[-1])[0] == ("cut off", 1)


def test_end_that_was_cut_off_with_its_decision_is_found_by_an_alert(decided: Decided) -> None:
    decided.cut(4)
    decided.file(6).unlink()
    assert decided.found() == []
    assert decided.found(decided.alerts[-1]) == [("cut off", 5)]


def test_chain_computed_anew_is_found_after_the_last_checkpoint_that_fits(decided: Decided) -> None:
    decided.cut(2)
    for file in (decided.file(5), decided.file(6)):
        file.unlink()
    for number in range(4):
        decided.trail.chain.append("breach", {"forged": number}, AT)
    assert decided.found() == []
    assert decided.found(*decided.alerts) == [("changed", 3), ("changed", 3)]


def test_checkpoint_of_another_key_or_changed_is_found(decided: Decided, tmp_path: Path) -> None:
    other, _ = make_key(tmp_path / "other.pem", [])
    forged = checkpoint(decided.trail.chain, other)
    last = decided.alerts[-1]
    assert decided.found(forged) == [("changed", None)]
    assert decided.found(replace(last, size=5)) == [("changed", None)]
    decided.desk = decided.desk.model_copy(
        update={"audit": Audit(public_key=other.public_key, former_keys=[decided.public_key])}
    )
    assert decided.found(forged, last) == []


def test_desk_without_a_key_says_that_nothing_vouches_for_checkpoints(decided: Decided) -> None:
    decided.desk = decided.desk.model_copy(update={"audit": Audit()})
    assert decided.found() == []
    assert "deskgate audit key" in decided.notes()
    decided.cut(2)
    assert ("cut off", 3) in decided.found()


def test_unsigned_checkpoint_is_found_until_a_signed_one_vouches_for_it(decided: Decided) -> None:
    signing = decided.trail
    decided.trail = Trail(decided.trail.chain)
    decided.decide(7)
    assert decided.found() == [("changed", None)]
    signing.record_key(AT)
    assert decided.found() == []


def test_chain_and_decisions_computed_anew_without_the_key_are_found(decided: Decided) -> None:
    decided.forge()
    assert decided.found() == [("changed", None)] * 3
    # A record of the key that the key did not sign vouches for nothing.
    held = checkpoint(decided.trail.chain, None).as_json()
    for body in ({}, {"checkpoint": held}, {"checkpoint": held | {"signed_by": decided.alerts[0].signed_by}}):
        decided.trail.chain.append("key", {"public_key": decided.public_key, **body}, AT)
        assert ("changed", None) in decided.found()


def test_unsigned_checkpoints_of_before_the_key_are_as_they_were(tmp_path: Path) -> None:
    decided = Decided(tmp_path)
    key = decided.trail.key
    decided.forge()
    Trail(decided.trail.chain, key).record_key(AT)
    assert decided.found() == []


def test_file_without_a_checkpoint_or_of_another_desk_is_refused(decided: Decided, tmp_path: Path) -> None:
    for text in ("nothing", checkpoint_line(replace(decided.alerts[0], name="other").as_json())):
        (tmp_path / "text").write_text(text)
        with pytest.raises(InputError, match="expected"):
            given_witnesses(tmp_path / "text", "desk")
    with pytest.raises(InputError, match="not readable"):
        given_witnesses(tmp_path / "nowhere", "desk")
