"""The report of a published day: only what its run wrote, and what is known since of its decision."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.open_runs import begin_run
from deskgate.config.errors import InputError
from deskgate.reports.pages.later import Later
from deskgate.run.published_report import changes_since, published_report
from desks import desk
from report_inputs import decision, of_before
from reports.daily_report.hand_made import MONDAY, published
from reports.pages.published_day import opened

FILES = ("daily_report.md", "daily_report.json")
BEFORE, AFTER = datetime(2026, 5, 5, tzinfo=UTC), datetime(2026, 5, 30, tzinfo=UTC)


def _day(out: Path, listed: tuple[str, ...], content: dict[str, Any]) -> Path:
    folder = published(out, desk="desk").folder
    for name in FILES:
        (folder / name).write_text(f"# {name}")
    pages = [{"path": name, "sha256": sha256(f"# {name}".encode()).hexdigest()} for name in listed]
    held = json.loads((folder / "decision.json").read_text()) | content | {"pages": pages}
    (folder / "decision.json").write_text(json.dumps(of_before(held)))
    return folder


@pytest.mark.parametrize("listed", [FILES[:1], FILES[1:], ()])
def test_file_that_no_run_wrote_is_refused(tmp_path: Path, listed: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="not among the pages of"):
        published_report(desk(), _day(tmp_path, listed, {}), BEFORE)


def test_report_is_what_the_run_wrote_with_what_is_known_since(tmp_path: Path) -> None:
    go = {"decision": "GO", "expires_at": "2026-05-06T00:00:00Z"}
    folder = _day(tmp_path, FILES, go)
    assert published_report(desk(), folder, BEFORE).since == ()
    found = published_report(desk(), folder, AFTER, as_json=True)
    assert (found.text, found.since) == ("# daily_report.json", ("the GO expired at 2026-05-06 00:00 UTC",))


def _begin(out: Path) -> None:
    begin_run(out, MONDAY, BEFORE)


@pytest.mark.parametrize(
    ("happens", "words"), [(_begin, "and has not ended"), (opened, "key <b>leaked</b>"), (lambda _: None, None)]
)
def test_go_that_something_holds_up_says_what(
    tmp_path: Path, happens: Callable[[Path], object], words: str | None
) -> None:
    go = decision(decision="GO", blockers=[], incidents=[], waivers=[]) | {"date": date(2026, 5, 4).isoformat()}
    happens(tmp_path)
    found = list(changes_since(go, Later.read(tmp_path), BEFORE))
    assert [words in each for each in found if words] == ([True] if words else [])
    assert bool(found) == bool(words)


def test_ended_waiver_of_a_go_is_named_and_a_hold_never_expires(tmp_path: Path) -> None:
    waiver = {"gate": "soak", "subject": "b1", "until": "2026-05-06T00:00:00Z"}
    go = decision(decision="GO", blockers=[], waivers=[waiver], incidents=[], expires_at="2026-05-06T00:00:00Z")
    later = Later.read(tmp_path)
    assert list(changes_since(go, later, AFTER)) == [
        "the waiver of soak of b1 that the GO rests on ended at 2026-05-06 00:00 UTC",
        "the GO expired at 2026-05-06 00:00 UTC",
    ]
    assert list(changes_since(go | {"decision": "HOLD"}, later, AFTER)) == []
