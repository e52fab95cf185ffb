"""Verifying a whole trail: as it was written, while it is written, and beside the store's rows."""

from pathlib import Path

import pytest

from deskgate.audit import chain as chain_module
from deskgate.audit.chain import Chain
from deskgate.config.errors import RunError
from deskgate.run.freeze import anchor
from deskgate.store.tables import Store

from .decided import AT, Decided


def test_trail_as_it_was_written_is_intact(decided: Decided) -> None:
    assert decided.found(*decided.alerts) == []
    assert "shows only against a checkpoint that lies elsewhere" in decided.notes()


def test_row_that_a_killed_write_left_out_is_noted(decided: Decided, tmp_path: Path) -> None:
    kept, lost = Store.open(tmp_path / "a", "desk"), Store.open(tmp_path / "b", "desk")
    for why in ("first", "second"):
        anchor(kept, decided.trail, by="ann", why=why, effective_at=AT, recorded_at=AT)
    decided.store = lost
    # The one of the record before is none that a kill leaves.
    assert decided.found() == [("removed", 7)]
    assert "1 of the rows of record 8 not in the store" in decided.notes()


def test_verifying_waits_for_a_write_that_is_going_on(decided: Decided, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "LOCK_TIMEOUT_S", 0.0)
    with Chain(decided.trail.chain.file, "desk").lock(), pytest.raises(RunError, match="busy"):
        decided.found()


def test_unfinished_last_line_is_noted(decided: Decided) -> None:
    with decided.trail.chain.file.open("ab") as end:
        end.write(b'{"at":')
    assert decided.found() == []
    assert "the last line is unfinished (6 bytes)" in decided.notes()
