"""Text that was read from a desk moves no cursor, turns no direction and makes no row of its own."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.config.plain_text import one_line, plain_text
from hostile import TEXTS


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("clean", [plain_text, one_line])
def test_no_control_character_is_left(text: str, clean: object) -> None:
    assert callable(clean)
    hidden = [char for char in clean(text) if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t"]
    assert hidden == []


def test_what_was_hidden_is_shown() -> None:
    assert plain_text("a\x1b[31mb\u202ec\r\n\td") == "a\\u001b[31mb\\u202ec\\u000d\n\td"
    assert one_line("a\r\n\tb\u2028c") == "a b c"


def test_long_run_of_spaces_is_read_once() -> None:
    padded = f"a{' ' * 300_000}b"
    assert one_line(padded) == padded


@pytest.mark.slow
@given(st.text())
def test_json_stays_the_same_document(text: str) -> None:
    assert json.loads(plain_text(json.dumps({text: text}, ensure_ascii=False))) == {text: text}


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_is_left_alone(text: str) -> None:
    assert plain_text(text) == text
