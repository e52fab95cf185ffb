"""What a pattern would match if it were there, against what pathlib finds."""

from pathlib import Path

import pytest

from deskgate.config.patterns import covers

PATHS = ("a.csv", "data/a.csv", "data/deep/a.csv", "data/deep/b.sqlite", "data.csv/x")


@pytest.mark.parametrize(
    "pattern",
    ["a.csv", "*.csv", "data/*.csv", "data/**/*.csv", "**/*.csv", "*/deep/*", "data", "da*", "**/deep", "x/*"],
)
def test_pattern_covers_what_it_finds_and_what_lies_in_it(tmp_path: Path, pattern: str) -> None:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    places = set(tmp_path.glob(pattern))
    expected = [path for path in PATHS if places & {tmp_path / path, *(tmp_path / path).parents}]
    assert [path for path in PATHS if covers(pattern, path)] == expected
