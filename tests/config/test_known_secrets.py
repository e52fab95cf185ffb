"""Known secrets are found however they are spelled, and wherever the pieces end that content is read in."""

import html
import json
import tracemalloc
from io import BytesIO
from urllib.parse import quote

import markupsafe
import pytest

from deskgate.config import known_secrets
from deskgate.config.known_secrets import KnownSecrets

ALLOWED = b" # pragma: allowlist secret"


ODD = "a\"b\\c/d&e<f>g'hé😀"


def lines(text: bytes, *secrets: str) -> set[int]:
    return set(KnownSecrets(secrets or ("s/e cret+",)).search(BytesIO(text)).lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", set()),
        (b"s/e cret", set()),
        (b"s/e cret+", {1}),
        (b"\n\ns/e cret+\n", {3}),
        (b"s%2Fe%20cret%2B", {1}),
        (b"s%2fe%20cret+", {1}),
        (b"S/e cret+", set()),
        # Of each secret the first place counts.
        (b"s/e cret+\ns/e cret+", {1}),
        (b"\xff\xfes/e cret+\xff", {1}),
    ],
)
@pytest.mark.parametrize("piece", [1, 2, 5, 7, 1 << 20])
def test_secret_is_found_in_each_spelling(
    monkeypatch: pytest.MonkeyPatch, text: bytes, expected: set[int], piece: int
) -> None:
    monkeypatch.setattr(known_secrets, "_CHUNK", piece)
    assert lines(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        ODD,
        quote(ODD, safe=""),
        json.dumps(ODD),
        json.dumps(ODD, ensure_ascii=False),
        json.dumps(ODD).replace("00e9", "00E9"),
        json.dumps(ODD).replace("/", "\\/").replace("<", "\\u003c").replace("&", "\\u0026"),
        html.escape(ODD),
        str(markupsafe.escape(ODD)),
        html.escape(json.dumps(ODD)),
        ODD.encode("ascii", "xmlcharrefreplace").decode(),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_secret_is_found_as_pages_and_json_write_it(monkeypatch: pytest.MonkeyPatch, text: str, piece: int) -> None:
    monkeypatch.setattr(known_secrets, "_CHUNK", piece)
    assert lines(f"x\nkey = {text} end".encode(), ODD) == {2}
    assert lines(f"x\nkey = {text} end".replace("b", "B").encode(), ODD) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"s/e cret+" + ALLOWED, set()),
        (b"s/e cret+" + ALLOWED + b"\n\ns/e cret+", {3}),
        (b"s/e cret+\n" + ALLOWED, {1}),
    ],
)
def test_line_that_a_person_has_allowed_holds_none(text: bytes, expected: set[int]) -> None:
    assert lines(text) == expected


def test_each_secret_is_found() -> None:
    assert lines(b"one\ntwo\nthree\n", "one", "three", "", "four") == {1, 3}
    assert KnownSecrets(()).search(BytesIO(b"text")).lines == frozenset()


@pytest.mark.parametrize("size", [0, 1, 4, 100])
def test_end_is_that_of_the_content(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(known_secrets, "_CHUNK", 3)
    text = b"a\nbc\nd\n\nef"
    seen = KnownSecrets(("x",)).search(BytesIO(text), end_size=size)
    end = text[len(text) - min(size, len(text)) :]
    assert (seen.end, seen.lines_before_end) == (end, text.count(b"\n") - end.count(b"\n"))


def test_long_line_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = 1 << 16
    monkeypatch.setattr(known_secrets, "_CHUNK", piece)
    known, content = KnownSecrets(["secret"]), BytesIO(b"x" * (100 * piece - 5) + b"secret")
    tracemalloc.start()
    try:
        found = known.search(content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.lines == {1}
    # Some copies of one piece at a time; the line is 100 pieces long.
    assert piece < most < 10 * piece
