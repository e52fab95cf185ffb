import pytest

from deskgate.audit.marks import without_marks
from deskgate.reports.pages.neighbours import NEIGHBOURS, PLACE, is_neighbours_line, neighbours_line

DAYS = ["2026-05-01", "2026-05-04", "2026-05-05"]
PAGE = f"<main>{NEIGHBOURS}<h1>a</h1>{NEIGHBOURS}".encode()


@pytest.mark.parametrize(
    ("day", "linked"),
    [
        ("2026-05-04", ["2026-05-01", "2026-05-05"]),
        ("2026-05-01", ["2026-05-04"]),
        ("2026-05-05", ["2026-05-04"]),
        # Its own page cannot be read: its neighbours are the same.
        ("2026-05-02", ["2026-05-01", "2026-05-04"]),
    ],
)
def test_line_links_the_nearest_days_with_a_page(day: str, linked: list[str]) -> None:
    line = neighbours_line(day, DAYS)
    assert [each for each in DAYS if f'href="../{each}/index.html"' in line] == linked
    assert "\n" not in line
    assert is_neighbours_line(line.encode(), day)


def test_only_day_has_no_links() -> None:
    assert neighbours_line("2026-05-04", ["2026-05-04"]) == ""
    assert PLACE.put(PAGE, "") == PAGE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-05-01", "2026-05-06"),
        ("2026-05-01", "2026-05-99"),
        ("../", "https://a.example/"),
        ("</nav>", "</nav>GO"),
        ("←", "↑"),
    ],
)
def test_line_with_anything_else_is_none_of_ours(old: str, new: str) -> None:
    assert not is_neighbours_line(neighbours_line("2026-05-04", DAYS).replace(old, new).encode(), "2026-05-04")


def test_line_of_an_earlier_version_is_ours() -> None:
    arrow = '<span aria-hidden="true">←</span>'
    link = f'<a rel="prev" href="../2026-05-01/index.html">{arrow} 2026-05-01</a>'
    assert is_neighbours_line(f'<nav class="neighbours" aria-label="Other days">{link}</nav>'.encode(), "2026-05-04")


def test_links_are_written_once_and_the_page_stays_as_published() -> None:
    first = PLACE.put(PAGE, neighbours_line("2026-05-04", DAYS[:2]))
    second = PLACE.put(first, neighbours_line("2026-05-04", DAYS))
    assert (first.count(b"rel="), second.count(b"rel=")) == (1, 2)
    assert without_marks(second) == PAGE


def test_page_without_a_place_for_links_is_left_alone() -> None:
    assert PLACE.put(b"<main><h1>a</h1>", neighbours_line("2026-05-04", DAYS)) == b"<main><h1>a</h1>"
