import gc

import pytest

from deskgate.sources.event_lines.columns import columns, digest, without_gc
from deskgate.sources.event_lines.message import Shape, json_object

SHAPE = Shape("a", "b")


def test_numbers_keep_their_digits() -> None:
    texts = ["0.10", "1e-7", "0." + "1" * 58, "123456789012345678901234567890", "-0.0", "true"]
    messages = [SHAPE.read(f'{{"a": {text}}}'.encode()).message for text in texts]
    assert columns(messages, {"x": ("a",)})["x"].to_list() == [*texts]


def test_first_key_with_a_value_counts() -> None:
    messages = [SHAPE.read(text).message for text in (b'{"a": 1, "b": 2}', b'{"a": "", "b": 2}', b'{"b": [2]}', b"{}")]
    assert columns(messages, {"x": ("a", "b"), "y": ("b",)}).rows() == [
        ("1", "2"),
        ("2", "2"),
        ("[2]", "[2]"),
        (None, None),
    ]


def test_digest_does_not_see_spacing_or_order() -> None:
    one, other, third = (
        json_object(text) for text in (b'{"a":1,"b":{"c":1.0,"d":2}}', b'{"b": {"d": 2, "c": 1.0}, "a": 1}', b'{"a":1}')
    )
    assert digest("t", one) == digest("t", other)
    assert len({digest("t", one), digest("u", one), digest("t", third)}) == 3


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_collector_state_is_restored(was_on: bool) -> None:
    (gc.enable if was_on else gc.disable)()
    try:
        with without_gc():
            assert not gc.isenabled()
        assert gc.isenabled() == was_on
    finally:
        gc.enable()
