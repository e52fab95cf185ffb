"""What is said of an operator's action on a break: its effect, or why it has none."""

from typing import Any

import pytest

from break_rows import HOUR, done, seen
from deskgate.run.break_effects import effect_of
from desks import END, frame

GONE = seen(3, there=False)


@pytest.mark.parametrize(
    ("action", "sightings", "others", "expected"),
    [
        (
            "accept",
            [seen(0)],
            [],
            "it is left out of what counts, until its amounts change or a run no longer finds it; a day that",
        ),
        ("accept", [seen(0)], [], "does not see it: run it again with --as-of 2026-05-05T02:00:00Z or later"),
        ("accept", [seen(0), seen(2)], [], "run the day again that was judged as of 2026-05-05T02:00:00Z"),
        ("accept", [seen(0), GONE], [], "no effect: the run as of 2026-05-05T03:00:00Z no longer found it"),
        ("accept", [seen(0), seen(1, there=False)], [], "it is left out if it comes back with the same amounts"),
        ("accept", [seen(0)], [done(4, "resolve")], "no effect after 2026-05-05T04:00:00Z: ann did resolve it then"),
        ("note", [seen(0)], [], "it is explained from then on and counts as before"),
        ("note", [seen(0)], [done(1, "accept")], "it stays accepted"),
        ("note", [seen(0), GONE], [], "no effect: the run as of 2026-05-05T03:00:00Z no longer found it"),
        ("own", [seen(0)], [], "no verdict changes by it"),
        ("own", [seen(0)], [done(3, "own", "cid")], "no effect: since 2026-05-05T03:00:00Z it is assigned to cid"),
        ("resolve", [seen(0)], [], "counts in each day whose records still show it"),
        (
            "resolve",
            [seen(0)],
            [done(1, "accept")],
            "the acceptance of 2026-05-05T01:00:00Z has ended, so that it counts again",
        ),
        (
            "resolve",
            [seen(0), seen(3)],
            [],
            "no effect on the list: the run as of 2026-05-05T03:00:00Z found it afterwards",
        ),
    ],
)
def test_action_of_two_oclock(
    action: str, sightings: list[dict[str, Any]], others: list[dict[str, Any]], expected: str
) -> None:
    of_another = [{**row, "break_id": "c"} for row in (seen(5, there=False), *others)][:1]
    rows = frame("break_sightings", *sightings, *of_another)
    actions = frame("break_actions", done(2, action), *others)
    assert expected in effect_of(action, "b", END + 2 * HOUR, rows, actions)
