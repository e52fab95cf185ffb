"""Whoever acts is named and gives a reason; a name is one person however it is typed."""

import pytest

from deskgate.config.errors import InputError
from deskgate.config.people import folded, require_reason


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("Ann Lee", "  ann   LEE ", True),
        ("Ann", "\uff21\uff4e\uff4e", True),
        ("Ann", "Anne", False),
    ],
)
def test_name_is_folded(name: str, other: str, expected: bool) -> None:
    assert (folded(name) == folded(other)) is expected


@pytest.mark.parametrize(
    ("by", "why", "option", "named"),
    [("", "x", "--why", "--by"), ("ann", " \t", "--why", "--why"), ("ann", "", "--note", "--note")],
)
def test_missing_person_or_reason_is_refused(by: str, why: str, option: str, named: str) -> None:
    with pytest.raises(InputError, match=f"^{named} is empty, expected who does this and why; give both$"):
        require_reason(by, why, option)


def test_person_with_a_reason_is_accepted() -> None:
    require_reason("ann", "new host")
