"""Values of configuration files, key by key, without secrets."""

import json
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.settings import HIDDEN, read_settings, settings_changes

YAML = """
leverage: 5
enabled: true
spreads: [0.001, 0.002]
risk: {max_position: "0.5", stop: null}
"""


def read(folder: Path, name: str, text: str) -> dict[str, str]:
    (folder / name).write_text(text)
    return read_settings({name: folder / name})[name]


def test_nested_keys_and_lists_are_flat_texts(tmp_path: Path) -> None:
    assert read(tmp_path, "a.yml", YAML) == {
        "leverage": "5",
        "enabled": "true",
        "spreads[0]": "0.001",
        "spreads[1]": "0.002",
        "risk.max_position": "0.5",
        "risk.stop": "null",
    }
    assert read(tmp_path, "a.toml", "[risk]\nx = 1.5\n") == {"risk.x": "1.5"}


def test_suite_is_read_by_the_names_of_its_entries_and_without_prose(tmp_path: Path) -> None:
    entry: dict[str, Any] = {"severity": "critical", "kwargs": {"max_value": 0.1}}
    about = {"entry": "loss", "title": "T", "why": "W", "what_to_do": "D"}
    text = json.dumps({"expectations": [{**entry, "meta": about}]})
    assert read(tmp_path, "a.json", text) == {
        "expectations[loss].severity": "critical",
        "expectations[loss].kwargs.max_value": "0.1",
        "expectations[loss].meta.entry": "loss",
    }


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("api_key", "abc", HIDDEN),
        ("bitget_perpetual_secret_key", "abc", HIDDEN),
        ("passphrase", "abc", HIDDEN),
        ("telegram_token", "abc", HIDDEN),
        ("password_env", "DESK_PASSWORD", "DESK_PASSWORD"),
        ("public_key", "ed25519:abc", "ed25519:abc"),
        ("urls", ["tgram://123:abc/456"], f"tgram://{HIDDEN}"),
        ("connector_name", "bitget_perpetual", "bitget_perpetual"),
        ("secret", {"value": "abc"}, HIDDEN),
        ("credentials", {"login": {"key": "abc"}}, HIDDEN),
        ("auth", "user:abc", HIDDEN),
        ("author", "ann", "ann"),
        ("url", "user:abc@host", HIDDEN),
        ("test", "redis-cli -u redis://:abc@host ping", HIDDEN),
        ("dsn", "host=db password=abc", HIDDEN),
        ("command", ["q.py -p abc"], HIDDEN),
        ("environment", ["CONFIG_PASSWORD=abc"], HIDDEN),
    ],
)
def test_secrets_are_not_kept(tmp_path: Path, key: str, value: Any, shown: str) -> None:
    assert list(read(tmp_path, "a.json", json.dumps({key: value})).values()) == [shown]


def test_listed_assignment_is_a_key_and_its_value(tmp_path: Path) -> None:
    assert read(tmp_path, "a.yml", "environment: [LEVEL=5]") == {"environment.LEVEL": "5"}


def test_file_that_cannot_be_read_as_values_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a: [")
    (tmp_path / "b.py").write_text("x = 1")
    assert read_settings({"a": tmp_path / "a.yml", "b": tmp_path / "b.py", "c": tmp_path / "none.yml"}) == {}


def test_changes_are_told_by_key_and_only_of_files_that_both_have() -> None:
    before = {"a": {"x": "1", "y": "2"}, "gone": {"z": "1"}}
    now = {"a": {"x": "3", "w": "4"}, "new": {"z": "1"}}
    assert [str(each) for each in settings_changes(before, now)] == [
        "a: w absent -> 4",
        "a: x 1 -> 3",
        "a: y 2 -> absent",
    ]
