"""The word behind a count: of one its singular, of any other number its plural."""

import pytest

from deskgate.config.plural import count_of, plural


@pytest.mark.parametrize(
    ("number", "word"), [(0, "days"), (1, "day"), (1.0, "day"), (1.5, "days"), (2, "days"), (-1, "days")]
)
def test_one_alone_is_singular(number: float, word: str) -> None:
    assert plural(number, "day") == word


@pytest.mark.parametrize(("number", "words"), [(1, "entry blocks"), (3, "entries block")])
def test_plural_that_takes_no_s_is_given(number: int, words: str) -> None:
    assert plural(number, "entry blocks", "entries block") == words


@pytest.mark.parametrize(
    ("number", "spec", "words"),
    [(1, "", "1 day"), (2, "", "2 days"), (3734, "", "3734 days"), (3734, ",", "3,734 days")],
)
def test_count_stands_before_its_words(number: int, spec: str, words: str) -> None:
    assert count_of(number, "day", spec=spec) == words
