"""Checkpoints: what is signed, and that one is found again in every place that it is left in."""

import html
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import NO_KEY, Checkpoint, checkpoint, checkpoint_line, find_checkpoints
from deskgate.audit.keys import Key, make_key
from deskgate.audit.record import FIRST

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return make_key(tmp_path / "key.pem", [])[0]


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain.open(tmp_path / "out", 'desk "1" <b>')


def test_checkpoint_says_size_and_last_hash(chain: Chain, key: Key) -> None:
    assert checkpoint(chain, None) == Checkpoint(chain.name, 0, FIRST)
    last = [chain.append("drill", {}, AT) for _ in range(3)][-1]
    made = checkpoint(chain, key)
    assert (made.size, made.head, made.signed_by) == (3, last.hash, key.id)
    assert made.is_signed_by(key.public_key)
    assert checkpoint(chain, key) == made


def test_signature_is_of_name_size_and_head(chain: Chain, key: Key) -> None:
    made = checkpoint(chain, key)
    for other in (replace(made, name="x"), replace(made, size=1), replace(made, head="ab" * 32)):
        assert not other.is_signed_by(key.public_key)
    assert not replace(made, signature=None).is_signed_by(key.public_key)


def test_checkpoint_says_in_words_whether_it_is_signed(chain: Chain, key: Key) -> None:
    assert checkpoint(chain, None).as_json()["statement"] == NO_KEY
    assert key.id in checkpoint(chain, key).as_json()["statement"]


def test_checkpoint_is_found_where_it_was_left(chain: Chain, key: Key) -> None:
    made = checkpoint(chain, key)
    line = checkpoint_line(made.as_json())
    for text in (
        json.dumps({"decision": "GO", "checkpoint": made.as_json()}, indent=1),
        json.dumps(made.as_json()),
        f"2 critical breaks\n{line}\n",
        f"<footer><p>{html.escape(line)}</p></footer>",
    ):
        assert find_checkpoints(text) == [made]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"checkpoint": null}', 'audit checkpoint {"size":1}', "audit checkpoint {no json}"]
)
def test_text_without_one_has_none(text: str) -> None:
    assert find_checkpoints(text) == []
