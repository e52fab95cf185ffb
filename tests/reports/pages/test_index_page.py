import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deskgate.reports.pages.later import Later
from desks import frame
from report_inputs import decision, index_of, of_before


def _record(out: Path, day: str, content: str) -> None:
    (out / day).mkdir()
    (out / day / "decision.json").write_text(content)


def whole(day: str, breaks: bytes | None = None) -> str:
    """Return a decision whose ids fit, with breaks.csv as its evidence where one is given."""
    evidence = [] if breaks is None else [{"path": "breaks.csv", "sha256": sha256(breaks).hexdigest()}]
    return json.dumps(of_before(decision(date=day, evidence=evidence)))


def test_index_lists_days_newest_first_and_drops_none(tmp_path: Path) -> None:
    _record(tmp_path, "2026-05-02", whole("2026-05-02"))
    _record(tmp_path, "2026-05-03", "{broken")
    _record(tmp_path, "2026-05-04", whole("2026-05-04"))
    _record(tmp_path, "2026-05-01", whole("2026-05-04"))
    (tmp_path / "2026-04-30").mkdir()
    for name in ("store", "2026-13-01", ".staging"):
        (tmp_path / name).mkdir()
    page = index_of(tmp_path)
    days = ["2026-05-04", "2026-05-03", "2026-05-02", "2026-05-01", "2026-04-30"]
    places = [page.index(f'<th scope="row">{day}') for day in days]
    assert places == sorted(places)
    assert page.count("</span> not to be relied on") == 3
    assert page.count("<b>not to be relied on</b>") == 3
    assert "its date is 2026-05-04, expected 2026-05-01" in page
    assert "<summary>May 2026: 2 HOLD, 2 not to be relied on</summary>" in page
    assert "<summary>April 2026: 1 not to be relied on</summary>" in page


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '{"decision": "GO"}',
        '{"decision": "MAYBE", "blockers": []}',
        '{"decision": "GO", "blockers": [1]}',
        "\xff",
    ],
)
def test_unreadable_newest_day_stands_on_top(tmp_path: Path, content: str) -> None:
    (tmp_path / "2026-05-04").mkdir()
    (tmp_path / "2026-05-04" / "decision.json").write_bytes(content.encode("latin-1"))
    page = index_of(tmp_path)
    assert "The newest day, 2026-05-04, has no decision that can be relied on" in page


def test_index_shows_a_day_that_was_changed_since_its_run(tmp_path: Path) -> None:
    _record(tmp_path, "2026-05-03", whole("2026-05-03", breaks=b"id"))
    (tmp_path / "2026-05-03" / "breaks.csv").write_bytes(b"id")
    _record(tmp_path, "2026-05-04", whole("2026-05-04").replace('"HOLD"', '"GO"'))
    page = index_of(tmp_path)
    assert "The newest day, 2026-05-04, has no decision that can be relied on" in page
    assert (page.count("decision.json was changed"), page.count("breaks.csv was changed")) == (2, 0)
    (tmp_path / "2026-05-03" / "breaks.csv").write_bytes(b"")
    assert index_of(tmp_path).count("2026-05-03/breaks.csv was changed") == 1


def test_index_of_nothing_says_so(tmp_path: Path) -> None:
    assert "No day has been run yet." in index_of(tmp_path / "new")


@pytest.mark.parametrize(("word", "colour"), [("GO", "fail"), ("HOLD", "waived")])
def test_what_a_decision_rests_on_stands_in_its_banner_on_the_index(tmp_path: Path, word: str, colour: str) -> None:
    told = {"gate": "smoke", "subject": "b2", "until": "2026-05-06T00:00:00Z", "author": "ann", "approver": "bob"}
    rests: dict[str, Any] = {
        "decision": word,
        "waivers": [{**told, "id": "w", "reason": "<b>closed</b>"}],
        "accepted": [{"id": "x"}],
        "evidence": [],
    }
    (tmp_path / "2026-05-04").mkdir()
    (tmp_path / "2026-05-04" / "decision.json").write_text(json.dumps(of_before(decision(**rests))))
    at = datetime(2026, 5, 4, tzinfo=UTC)
    when = {"effective_at": at, "recorded_at": at}
    granted = {"waiver_id": "w", "step": "grant", "reason": "x", **told, **when}
    kept: dict[str, Any] = {
        "waivers": frame("waivers", granted | {"until": at + timedelta(days=2)}),
        "break_actions": frame(
            "break_actions", {"break_id": "x", "action": "accept", "by": "ann", "text": "x", **when}
        ),
    }
    index = index_of(tmp_path, replace(Later.read(tmp_path), **kept))
    assert index.count(f'<p class="rests {colour}">') == 2
    assert (
        "1 waiver (smoke of b2, from ? until 2026-05-06T00:00:00Z, recorded at ?, by ann, approved by bob: &lt;b&gt;closed"
        in index
    )
    assert "and 1 accepted break (" in index


def test_go_on_the_index_says_which_bots_go_down(tmp_path: Path) -> None:
    ladder = [{"bot": "b1", "rung": "micro", "says": "goes down", "to": ["paper"], "why": "a reason"}]
    folder = tmp_path / "2026-05-04"
    folder.mkdir()
    content = decision(decision="GO", blockers=[], evidence=[], ladder=ladder)
    (folder / "decision.json").write_text(json.dumps(of_before(content)))
    page = index_of(tmp_path)
    assert "b1: the ladder says it goes down" in page
    assert "May move on: none" in page


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [(None, "1 cause blocks a GO; no stop condition holds."), ("{}", "b1 fails “Fill ratio”: ")],
)
def test_banner_of_the_index_counts_causes_as_the_days_pages_do(
    tmp_path: Path, manifest: str | None, sentence: str
) -> None:
    _record(tmp_path, "2026-05-04", whole("2026-05-04"))
    if manifest:
        # Of another version: its causes cannot be read.
        (tmp_path / "2026-05-04" / "artifacts.json").write_text(manifest)
    banner = index_of(tmp_path).split('<p class="first">')[1]
    assert banner.startswith(sentence)
