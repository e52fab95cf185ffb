import pytest

from deskgate.sources.ccxt.exports import exact


@pytest.mark.parametrize(
    ("unified", "candidates", "expected"),
    [
        ("0.1", ["0.1000"], "0.1000"),
        ("0.3", ["0.2", "0.3000000000000000001"], "0.3000000000000000001"),
        ("0.1", ["-0.10"], "0.10"),
        ("-0.1", ["0.10"], "-0.10"),
        ("0.1", ["0.2", None, "x"], "0.1"),
        ("x", ["0.1"], "x"),
        (None, ["0.1"], None),
    ],
)
def test_exact_takes_the_venues_text_of_the_same_number(
    unified: str | None, candidates: list[str | None], expected: str | None
) -> None:
    assert exact(unified, *candidates) == expected
