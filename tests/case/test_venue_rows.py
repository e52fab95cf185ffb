"""What the venue's exports say of an account, without the files that are no evidence."""

import pytest

from deskgate.case.venue_rows import venue_rows
from desks import case, sources


@pytest.mark.parametrize(
    ("leg", "is_derived", "quarantined", "expected"),
    [
        ("exchange", False, 0, ["BTC"]),
        ("exchange", True, 0, []),
        ("exchange", False, 1, []),
        ("local", False, 0, []),
    ],
)
def test_rows_of_the_venue_and_of_evidence_alone(
    leg: str, is_derived: bool, quarantined: int, expected: list[str]
) -> None:
    source = {**sources("exchange")[0], "derived": is_derived, "quarantined": quarantined}
    of = case(balances=[{"leg": leg, "token": "BTC", "path": source["path"]}], sources=[source])
    assert venue_rows(of, of.frames["balances"])["token"].to_list() == expected
