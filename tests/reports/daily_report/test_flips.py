"""What a flipped verdict means: worse, better, or waived, which is neither."""

from pathlib import Path

import pytest

from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.changes import changes_section
from deskgate.reports.daily_report.flips import direction, flipped_verdicts

from .hand_made import GOOD, failing, pair, said

STOPS = "fail, stops the desk"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("fail", "pass", "better"),
        (STOPS, "fail", "better"),
        ("insufficient", "fail", "worse"),
        ("waived", "pass", "better"),
        ("pass", "waived", "worse"),
        *((before, "waived", "waived") for before in (STOPS, "fail", "insufficient", "not judged")),
        *((before, "not judged", "worse") for before in (STOPS, "fail", "insufficient", "waived", "pass")),
        ("not judged", "pass", "better"),
        ("not judged", "fail", "worse"),
        # Of another version.
        ("warned", "pass", "worse"),
    ],
)
def test_direction(before: str, now: str, expected: str) -> None:
    assert direction(before, now) == expected


def test_fail_that_is_dropped_stands_first_and_one_that_is_waived_got_no_better(tmp_path: Path) -> None:
    before = [failing(), failing(check="other"), failing(check="third")]
    now = [GOOD, failing(Status.WAIVED, check="other"), failing(Status.PASS, check="third")]
    days = pair(tmp_path, {"verdicts": [*before, GOOD]}, {"verdicts": now})
    assert days.before is not None
    found = flipped_verdicts(days.before, days.today).select("now", "direction").rows()
    assert found == [("not judged", "worse"), ("waived", "waived"), ("pass", "better")]
    text = said(changes_section(days), "Verdicts that flipped")
    assert text == "Got worse: 1; got better: 1; no better, but waived: 1."
