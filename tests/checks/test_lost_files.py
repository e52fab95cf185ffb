"""Which lost files block, by leg and by when the day is judged."""

import json
from datetime import timedelta
from typing import Any

import pytest

from deskgate.checks import lost_files
from desks import DAY, END, case, values

EARLY, LATE = END + timedelta(days=2), END + timedelta(days=2, minutes=1)


def lost(leg: str, lies_at: str | None = None) -> dict[str, Any]:
    about = {"bytes_read": 1_000, "records": 7, "now": "it is no longer there"}
    return {"path": f"b1/{leg}", "leg": leg, "lies_at": lies_at, **about}


def look(*found: dict[str, Any], days: int = 0, late_s: int = 0) -> dict[str, Any]:
    content = json.dumps({"day": str(DAY + timedelta(days=days)), "lost": found})
    about = {"effective_at": END, "recorded_at": END + timedelta(seconds=late_s)}
    return {"kind": "files", "subject": "desk", "ok": not found, "content": content, **about}


@pytest.mark.parametrize(
    ("probes", "as_of", "own", "other"),
    [
        ([], END, None, None),
        ([look()], END, 0, 0),
        # Another day's look says nothing of this one.
        ([look(days=1)], END, None, None),
        ([look(lost("local"), lost("events"))], EARLY, 2, 0),
        ([look(lost("local"), lost("events"))], LATE, 0, 2),
        ([look(lost("events", "events.jsonl.1"))], END, 0, 1),
        ([look(lost("exchange"))], EARLY, 0, 1),
        ([look(lost("exchange"))], LATE, 0, 0),
        # The last look counts, also where the file has come back.
        ([look(lost("local"), late_s=1), look(late_s=2), look(lost("local"), days=1, late_s=3)], END, 0, 0),
        ([look(late_s=1), look(lost("local"), late_s=2)], END, 1, 0),
    ],
)
def test_lost_files_by_leg_and_time(
    probes: list[dict[str, Any]], as_of: Any, own: float | None, other: float | None
) -> None:
    found = values(lost_files.check(case(as_of=as_of, probes=probes)).metrics, "portfolio")
    assert found == {"own_files_lost": own, "other_files_lost": other}


def test_each_file_is_named_with_what_was_read_of_it() -> None:
    own, _ = lost_files.check(case(probes=[look(*[lost("local")] * 6)])).metrics
    one = "b1/local: 1,000 bytes with 7 records were read, it is no longer there"
    assert own.note == f"{'; '.join([one] * 3)} and 3 more"
