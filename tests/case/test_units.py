"""Numbers as readers say them: a share in per cent, anything else as it is."""

import pytest

from deskgate.case.findings import NAMED, named
from deskgate.case.units import for_readers


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.98, "share", (98.0, "%")),
        (0.0, "share", (0.0, "%")),
        (0.98, "bps", (0.98, "bps")),
        (2.0, "of equity", (2.0, "of equity")),
    ],
)
def test_share_is_per_cent(value: float, unit: str, expected: tuple[float, str]) -> None:
    assert for_readers(value, unit) == expected


@pytest.mark.parametrize(
    ("count", "ends"),
    [(1, "b0"), (NAMED, f"b{NAMED - 1}"), (NAMED + 1, f"b{NAMED - 1} and 1 more"), (30, f"and {30 - NAMED} more")],
)
def test_many_names_are_the_first_ones_and_a_number(count: int, ends: str) -> None:
    assert named([f"b{n}" for n in range(count)]).endswith(ends)
