"""`deskgate baseline`: it is frozen by somebody for a reason, and shows what moved since."""

from pathlib import Path

import pytest

from .commands import refused, replaced, run


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("ann", " ")])
def test_freeze_needs_somebody_and_a_reason(small: Path, tmp_path: Path, by: str, why: str) -> None:
    refused(
        run("baseline", "freeze", "--desk", small, "--out", tmp_path / "out", "--by", by, "--why", why),
        tmp_path / "out",
    )


def test_baseline_shows_what_moved(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    assert run("baseline", "show", *at).exit_code == 1
    assert run("baseline", "freeze", *at, "--by", "ann", "--why", "start").exit_code == 0
    assert "nothing changed since" in run("baseline", "freeze", *at, "--by", "ann", "--why", "again").output
    assert run("baseline", "show", *at).exit_code == 0
    replaced(next((small / "bot1" / "conf" / "controllers").glob("*.yml")), "id:", "id :")
    moved = run("baseline", "show", *at)
    assert moved.exit_code == 1
    assert "changed" in moved.output
