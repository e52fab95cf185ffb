"""What a GO rests on and was withdrawn later: waivers and accepted breaks."""

from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.chain import Chain
from deskgate.reports.pages.later import Later
from report_inputs import decision, index_of
from reports.pages.published_day import ACCEPTED, GO, WAIVER, published, record


@pytest.mark.parametrize(
    ("table", "told", "steps", "says"),
    [
        (
            "waivers",
            {"waivers": [WAIVER]},
            ("grant", "revoke"),
            "the waiver of parity of b1 that it rests on was revoked at 2026-05-05 07:00 UTC by cid: &lt;b&gt;no",
        ),
        (
            "break_actions",
            {"accepted": [ACCEPTED]},
            ("accept", "resolve"),
            "the acceptance of the break b (fee_mismatch of b1) that it rests on was withdrawn at 2026-05-05 07:00 UTC by cid: &lt;b&gt;no",
        ),
    ],
)
def test_go_says_that_what_it_rests_on_was_withdrawn(
    tmp_path: Path, table: str, told: dict[str, Any], steps: tuple[str, str], says: str
) -> None:
    record(tmp_path, table, steps[0], -1)
    page = published(tmp_path, **GO | told)
    shown = page.read_bytes()
    Later.read(tmp_path).mark(page.parent)
    assert page.read_bytes() == shown
    record(tmp_path, table, steps[1], 1)
    Later.read(tmp_path).mark(page.parent)
    assert Later.read(tmp_path).verify(page.parent) == []
    index = index_of(tmp_path)
    assert (index.count(says), page.read_text(encoding="utf-8").count(says)) == (2, 1)
    assert "✗ This decision does not hold" in page.read_text(encoding="utf-8")
    assert "2026-05-04: its GO does not hold" in index
    assert '<section class="banner' not in index


def test_break_that_is_accepted_again_is_not_withdrawn(tmp_path: Path) -> None:
    record(tmp_path, "break_actions", "accept", -1)
    page = published(tmp_path, **GO | {"accepted": [ACCEPTED]})
    record(tmp_path, "break_actions", "resolve", 1)
    Later.read(tmp_path).mark(page.parent)
    record(tmp_path, "break_actions", "accept", 2)
    # What stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    Later.read(tmp_path).mark(page.parent)
    assert "does not hold" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "hours", "says"),
    [
        ({"waivers": [WAIVER | {"id": "x"}]}, 1, "is not on record"),
        ({"accepted": [ACCEPTED | {"id": "x"}]}, 1, "is not on record"),
        ({"waivers": [WAIVER]}, 1, "was revoked"),
        # It was revoked when the decision had expired already.
        ({"waivers": [WAIVER]}, 24, None),
        ({"waivers": [WAIVER], "decision": "HOLD"}, 1, None),
        ({}, 1, None),
    ],
)
def test_go_alone_is_held_to_what_it_rests_on_until_it_expires(
    tmp_path: Path, changes: dict[str, Any], hours: int, says: str | None
) -> None:
    record(tmp_path, "waivers", "grant", -1)
    record(tmp_path, "waivers", "revoke", hours)
    found = Later.read(tmp_path).withdrawn(decision(**GO | changes))
    assert [each for each in found if says and says in each] == found
    assert bool(found) == bool(says)


def test_damaged_trail_shows_nothing_that_a_go_rests_on(tmp_path: Path) -> None:
    record(tmp_path, "waivers", "grant", -1)
    Chain.open(tmp_path, "fleet").file.write_text("{}\n")
    (says,) = Later.read(tmp_path).withdrawn(decision(**GO | {"waivers": [WAIVER]}))
    assert "cannot be read in the audit trail" in says
